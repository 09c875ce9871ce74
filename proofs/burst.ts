import { readBurstOptions, usage } from './burst/options.ts';
import { formatBurst } from './burst/report.ts';
import { runBurst } from './burst/run.ts';
import { prepareCluster, withCluster } from './cluster/with-cluster.ts';
import { runProof } from './shared/run-proof.ts';

const env = { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '300' };

await runProof({
  name: 'burst',
  usage,
  readOptions: readBurstOptions,
  run: async (options, log) =>
    withCluster({ name: 'burst', binaries: await prepareCluster(log), env, log }, (cluster) =>
      runBurst(options, cluster, log),
    ),
  format: formatBurst,
});
