import { prepareCluster, withCluster } from './cluster/with-cluster.ts';
import { runProof } from './shared/run-proof.ts';
import { readStopsOptions, usage } from './stops/options.ts';
import { formatStops } from './stops/report.ts';
import { runStops } from './stops/run.ts';

const env = { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '80' };

await runProof({
  name: 'stops',
  usage,
  readOptions: readStopsOptions,
  run: async (options, log) =>
    withCluster(
      { name: 'stops', binaries: await prepareCluster(log), env, log, hasSecondWorker: true },
      (cluster) => runStops(options, cluster, log),
    ),
  format: formatStops,
});
