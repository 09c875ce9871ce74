import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { rootDir } from '../../scripts/paths.ts';
import { findPrometheus } from '../../scripts/servers/prometheus.ts';
import { launchServer, waitUntilReady } from '../../scripts/servers/server-process.ts';
import { requestJson } from '../../scripts/stack/request-json.ts';
import { stablePort } from '../cluster/stable-port.ts';

interface Ports {
  readonly api: number;
  readonly worker: number;
}

/** Of the processes that are there from the start, and of those that join them. */
export interface MetricsPorts {
  readonly first: Ports;
  readonly second: Ports;
}

export interface Alert {
  readonly name: string;
  readonly client: string | null;
  /** Of its rule's expression. */
  readonly value: number;
}

export interface Prometheus {
  /** The alerts that fire now. */
  readFiring(): Promise<readonly Alert[]>;
  /** The names of the alerts that fired at any time in the last seconds. */
  readFired(seconds: number): Promise<readonly string[]>;
  /** Scrapes the second processes too, as a service discovery would. */
  addSecond(): Promise<void>;
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

const planPorts = async (): Promise<Ports> => ({ api: await stablePort(), worker: await stablePort() });

export const planMetricsPorts = async (): Promise<MetricsPorts> => ({
  first: await planPorts(),
  second: await planPorts(),
});

export const metricsPortsEnv = ({ api, worker }: Ports) => ({
  METRICS_PORT: String(api),
  WORKER_METRICS_PORT: String(worker),
});

/** Prometheus on loopback, with the alerts as they are deployed and the jobs of deploy/README.md. */
export async function startPrometheus({ binary, ports }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-prometheus-'));
  const port = await stablePort();
  const [configFile, logFile] = [join(folder, 'prometheus.yml'), join(folder, 'prometheus.log')];
  const { first, second } = ports;
  const setTargets = (all: readonly Ports[]) =>
    Promise.all(
      jobs.map((job) => writeFile(targetsFile(folder, job), targetsOf(all.map((one) => one[job])))),
    );
  await setTargets([first]);
  await writeFile(configFile, stringify(configOf(folder)));
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
        .map(({ labels, value }) => ({
          ...{ name: labels.alertname, client: labels.client ?? null },
          value: Number(value),
        }));
    },
    async readFired(seconds) {
      const range = `[${Math.ceil(seconds)}s]`;
      const query = `count by (alertname) (last_over_time(ALERTS{alertstate="firing"}${range}))`;
      const { body } = await requestJson(
        `${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`,
        {},
      );
      return (body as QueryPage).data.result.map(({ metric }) => metric.alertname).toSorted();
    },
    addSecond: async () => void (await setTargets([first, second])),
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
      readonly value: string;
      readonly labels: { readonly alertname: string; readonly client?: string };
    }[];
  };
}

interface QueryPage {
  readonly data: { readonly result: readonly { readonly metric: { readonly alertname: string } }[] };
}

const jobs = ['api', 'worker'] as const;
type Job = (typeof jobs)[number];

const targetsFile = (folder: string, job: Job): string => join(folder, `${job}.json`);

const targetsOf = (ports: readonly number[]): string =>
  JSON.stringify([{ targets: ports.map((port) => `127.0.0.1:${port}`) }]);

const configOf = (folder: string) => ({
  global: { scrape_interval: '15s', evaluation_interval: '15s' },
  rule_files: [join(rootDir, 'deploy/prometheus/alerts.yml')],
  scrape_configs: jobs.map((job) => ({
    job_name: `whatsapp-crm-${job}`,
    file_sd_configs: [{ files: [targetsFile(folder, job)], refresh_interval: '5s' }],
  })),
});
