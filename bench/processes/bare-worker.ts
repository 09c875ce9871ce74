/** The baseline of B1 and B3 in its own process: client and worker of workflows that do nothing. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { createLogger } from '../../src/platform/logger.ts';
import { installTemporalRuntime, startTemporalWorker } from '../../src/platform/temporal-worker.ts';
import { runPool } from '../load/pool.ts';
import type { BareActivities, BareInput, BareRun, BareSettings } from './bare-contract.ts';

const taskQueue = 'bench-crm';
const deadlineMs = 72 * 3_600_000;

const settings = JSON.parse(process.argv[2] ?? '{}') as BareSettings;
const { address, namespace, workflowBundlePath, port } = settings;
const logger = createLogger({ level: 'warn', name: 'bench' });
installTemporalRuntime(logger, { isExpectedFailure: () => false, metrics: null });
const connection = await Connection.connect({ address });
const client = new Client({ connection, namespace });

/** Messages in flight, by workflow id. */
const underWay = new Map<string, { missing: number; finish(): void }>();
let receiptDelaysMs: readonly number[] = [];

const activities: BareActivities = {
  async dispatch({ messageId }) {
    for (const [index, delayMs] of receiptDelaysMs.entries()) {
      setTimeout(() => void sendReceipt(messageId, String(index)), delayMs);
    }
    return messageId;
  },
  async applyReceipts({ messageId, receipts }) {
    const entry = underWay.get(messageId);
    if (entry === undefined) return;
    entry.missing -= receipts.length;
    if (entry.missing <= 0) entry.finish();
  },
};

async function sendReceipt(messageId: string, receipt: string): Promise<void> {
  await client.workflow.getHandle(messageId).signal('receiptsArrived', { receipts: [receipt] });
}

async function liveLifecycle(messageId: string): Promise<void> {
  const finished = new Promise<void>((finish) => {
    underWay.set(messageId, { missing: receiptDelaysMs.length, finish });
  });
  const input: BareInput = { messageId, deadlineMs, receiptsExpected: receiptDelaysMs.length };
  await client.workflow.start('bareLifecycle', { workflowId: messageId, taskQueue, args: [input] });
  await finished;
  underWay.delete(messageId);
}

async function run({ kind, prefix, count, inFlight, receiptDelaysMs: delaysMs }: BareRun): Promise<void> {
  receiptDelaysMs = delaysMs;
  await runPool(count, inFlight, async (index) => {
    const workflowId = `${prefix}${index}`;
    if (kind === 'lifecycle') await liveLifecycle(workflowId);
    else await client.workflow.execute('noop', { workflowId, taskQueue });
  });
}

const { dispatch, ...stateActivities } = activities;
const worker = await startTemporalWorker({
  address,
  namespace,
  workflowBundlePath,
  workflowQueue: taskQueue,
  providerQueue: 'bench-provider',
  stateActivities,
  providerActivities: { dispatch },
  maxConcurrentDispatches: 50,
  maxCachedWorkflows: 1_000,
  shutdownGraceMs: 1_000,
  logger,
});

const server = createServer((request, response) => {
  const answer = (status: number, body: string) => response.writeHead(status).end(body);
  if (request.method === 'GET') return void answer(200, 'ready');
  text(request)
    .then((body) => run(JSON.parse(body) as BareRun))
    .then(
      () => answer(200, 'done'),
      (error: unknown) => answer(500, String(error)),
    );
});
server.listen(port, '127.0.0.1');

process.once('SIGTERM', () => {
  void worker.stop().then(() => process.exit(0));
});
