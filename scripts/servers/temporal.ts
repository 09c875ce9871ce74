import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { launchServer, waitUntilReady, type RunningServer, type SpawnListener } from './server-process.ts';

export interface TemporalOptions {
  readonly binary: string;
  readonly port: number;
  readonly uiPort: number;
  readonly metricsPort?: number;
  /** Kept between starts. */
  readonly dbFile: string;
  readonly namespace: string;
  readonly logFile: string;
  /**
   * Tests make a namespace per file, and none of them schedules or runs batches: the server starts no workers for that.
   * Those of 200 idle namespaces took a fifth of a core and 580 MB.
   */
  readonly isForTests?: boolean;
  readonly onSpawn?: SpawnListener;
}

/** How long it may take to stop. */
export const temporalStopMs = 4_000;

/** The search attributes that workflows set at start; a namespace on a SQL store has room for ten of each type. */
export const keywordAttributes = [
  'ClientId',
  'ChannelId',
  'TemplateName',
  'ConversationId',
  'Kind',
  'CampaignId',
  'FailureCode',
];

const dynamicConfig = {
  'matching.enableFairness': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'frontend.rps': 20_000,
  'frontend.namespaceRPS': 20_000,
  'matching.rps': 20_000,
  'history.rps': 20_000,
};

const testConfig = { 'worker.perNamespaceWorkerCount': 0 };

const retentionSeconds = 168 * 3600;

/** Starts a Temporal development server on loopback and waits until the namespace accepts workflows. */
export async function startTemporal(options: TemporalOptions): Promise<RunningServer> {
  await mkdir(dirname(options.dbFile), { recursive: true });
  const address = `127.0.0.1:${options.port}`;
  const server = await launchServer({
    name: 'temporal',
    binary: options.binary,
    args: temporalArgs(options),
    address,
    logFile: options.logFile,
    stopTimeoutMs: temporalStopMs,
    onSpawn: options.onSpawn,
  });
  let connection: Connection | undefined;
  try {
    await waitUntilReady(server, {
      name: 'temporal',
      logFile: options.logFile,
      otherPorts: [options.uiPort],
      timeoutMs: 60_000,
      probe: async () => {
        connection ??= await Connection.connect({ address, connectTimeout: '1s' });
        await prepareNamespace(connection, options.namespace);
      },
    });
  } finally {
    await connection?.close();
  }
  return server;
}

export function temporalArgs(options: TemporalOptions): string[] {
  const config = options.isForTests === true ? { ...dynamicConfig, ...testConfig } : dynamicConfig;
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port)],
    ...['--ui-port', String(options.uiPort), '--ui-disable-news-fetch'],
    ...(options.metricsPort === undefined ? [] : ['--metrics-port', String(options.metricsPort)]),
    ...['--db-filename', options.dbFile],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    ...['--namespace', options.namespace],
    ...keywordAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...Object.entries(config).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ...['--log-format', 'json', '--log-level', 'warn'],
  ];
}

/**
 * Retention starts at one day, so it is set at every start. The query succeeds only when the server's caches know the
 * namespace and its search attributes; before that, a workflow start would be refused. (Language is a reserved word
 * of the query language, hence the backticks.)
 */
async function prepareNamespace(connection: Connection, namespace: string): Promise<void> {
  const { workflowService } = connection;
  await connection.withDeadline(Date.now() + 5_000, async () => {
    const { config } = await workflowService.describeNamespace({ namespace });
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) !== retentionSeconds) {
      await workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: { seconds: retentionSeconds as never } },
      });
    }
    const query = keywordAttributes.map((name) => `\`${name}\` = 'none'`).join(' OR ');
    await workflowService.countWorkflowExecutions({ namespace, query });
  });
}
