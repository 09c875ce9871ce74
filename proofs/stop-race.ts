import { prepareCluster, withCluster } from './cluster/with-cluster.ts';
import { runProof } from './shared/run-proof.ts';
import { readStopRaceOptions, usage } from './stop-race/options.ts';
import { formatStopRace } from './stop-race/report.ts';
import { runStopRace } from './stop-race/run.ts';

const env = { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: '80' };

await runProof({
  name: 'stop-race',
  usage,
  readOptions: readStopRaceOptions,
  run: async (options, log) =>
    withCluster(
      { name: 'stop-race', binaries: await prepareCluster(log), env, log, isWorkerLate: true },
      (cluster) => runStopRace(options, cluster, log),
    ),
  format: formatStopRace,
});
