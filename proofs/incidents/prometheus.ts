import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { rootDir } from '../../scripts/paths.ts';
import { findPrometheus } from '../../scripts/servers/prometheus.ts';
import { launchServer, waitUntilReady } from '../../scripts/servers/server-process.ts';
import { requestJson } from '../../scripts/stack/request-json.ts';
import { stablePort } from '../cluster/stable-port.ts';

export interface MetricsPorts {
  readonly api: number;
  readonly worker: number;
}

export interface Alert {
  readonly name: string;
  readonly client: string | null;
}

export interface Prometheus {
  /** The alerts that fire now. */
  readFiring(): Promise<readonly Alert[]>;
  stop(): Promise<void>;
}

interface PrometheusOptions {
  readonly binary: string;
  readonly ports: MetricsPorts;
}

export async function findPrometheusOrFail(): Promise<string> {
  const binary = await findPrometheus('prometheus');
  if (binary === null)
    throw new Error('There is no Prometheus here, and apt-get brings none: set PROMETHEUS.');
  return binary;
}

export const planMetricsPorts = async (): Promise<MetricsPorts> => ({
  api: await stablePort(),
  worker: await stablePort(),
});

/** Prometheus on loopback, with the alerts as they are deployed and the jobs of deploy/README.md. */
export async function startPrometheus({ binary, ports }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-prometheus-'));
  const port = await stablePort();
  const [configFile, logFile] = [join(folder, 'prometheus.yml'), join(folder, 'prometheus.log')];
  await writeFile(configFile, stringify(configOf(ports)));
  const server = await launchServer({
    name: 'prometheus',
    binary,
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    address: `127.0.0.1:${port}`,
    logFile,
    stopTimeoutMs: 10_000,
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(server, {
    ...{ name: 'prometheus', logFile, timeoutMs: 30_000 },
    async probe() {
      const { status } = await requestJson(`${url}/-/ready`, {});
      if (status !== 200) throw new Error(`/-/ready answers ${status}`);
    },
  });
  return {
    async readFiring() {
      const { body } = await requestJson(`${url}/api/v1/alerts`, {});
      return (body as AlertPage).data.alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => ({ name: labels.alertname, client: labels.client ?? null }));
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface AlertPage {
  readonly data: {
    readonly alerts: readonly {
      readonly state: string;
      readonly labels: { readonly alertname: string; readonly client?: string };
    }[];
  };
}

const configOf = ({ api, worker }: MetricsPorts) => ({
  global: { scrape_interval: '15s', evaluation_interval: '15s' },
  rule_files: [join(rootDir, 'deploy/prometheus/alerts.yml')],
  scrape_configs: [
    { job_name: 'whatsapp-crm-api', static_configs: [{ targets: [`127.0.0.1:${api}`] }] },
    { job_name: 'whatsapp-crm-worker', static_configs: [{ targets: [`127.0.0.1:${worker}`] }] },
  ],
});
