import { prepareCluster, withCluster } from './cluster/with-cluster.ts';
import { readIncidentOptions, usage } from './incidents/options.ts';
import { findPrometheusOrFail, metricsPortsEnv, planMetricsPorts } from './incidents/prometheus.ts';
import { formatIncidents } from './incidents/report.ts';
import { runIncidents } from './incidents/run.ts';
import { runProof } from './shared/run-proof.ts';

await runProof({
  name: 'incidents',
  usage,
  readOptions: readIncidentOptions,
  async run(options, log) {
    const binary = await findPrometheusOrFail();
    const ports = await planMetricsPorts();
    const env = {
      ...metricsPortsEnv(ports.first),
      PROVIDER_TIMEOUT_MS: '2000',
    };
    const binaries = await prepareCluster(log);
    return withCluster(
      {
        ...{ name: 'incidents', binaries, env, log },
        ...{ secondEnv: metricsPortsEnv(ports.second), isWorkerLate: true, canDatabaseFail: true },
      },
      (cluster) => runIncidents(options, { cluster, log, prometheus: { binary, ports } }),
    );
  },
  format: formatIncidents,
});
