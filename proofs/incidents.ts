import { prepareCluster, withCluster } from './cluster/with-cluster.ts';
import { readIncidentOptions, usage } from './incidents/options.ts';
import { findPrometheusOrFail, planMetricsPorts } from './incidents/prometheus.ts';
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
      METRICS_PORT: String(ports.api),
      WORKER_METRICS_PORT: String(ports.worker),
      PROVIDER_TIMEOUT_MS: '2000',
    };
    const binaries = await prepareCluster(log);
    return withCluster({ name: 'incidents', binaries, env, log, isWorkerLate: true }, (cluster) =>
      runIncidents(options, { cluster, log, prometheus: { binary, ports } }),
    );
  },
  format: formatIncidents,
});
