import { readChaosOptions, usage } from './chaos/options.ts';
import { formatChaos } from './chaos/report.ts';
import { runChaos } from './chaos/run.ts';
import { prepareCluster } from './cluster/with-cluster.ts';
import { runProof } from './shared/run-proof.ts';

await runProof({
  name: 'chaos',
  usage,
  readOptions: readChaosOptions,
  run: async (options, log) => runChaos(options, { binaries: await prepareCluster(log), log }),
  format: formatChaos,
});
