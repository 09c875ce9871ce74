import { setTimeout as sleep } from 'node:timers/promises';
import {
  countWithReceipt,
  postReceipts,
  prepareReceipts,
  waitForStatus,
  type ReceiptTarget,
} from '../load/late-receipts.ts';
import { phoneOf } from '../load/lifecycle.ts';
import { runPool } from '../load/pool.ts';
import { expectEqual, verifyMessages, verifyWorkflows } from '../load/verify.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { describeRatio, percent, round, writeResult } from '../report.ts';
import type { Log } from '../stage/stage.ts';
import { median, summarizeRatios } from '../stats.ts';
import { withProductStage, type ProductStage } from './product-stage.ts';

const targets = { better: 'less', floor: 4, goal: 3, moonshot: 1.2 } as const;

/**
 * `cached`: the worker holds every workflow. `evicted`: it holds as few as it accepts. `closed`: the workflows ended
 * before the receipt. `early`: receipts arrive before the answer to the call.
 */
const kinds = ['cached', 'evicted', 'closed', 'early'] as const;
type Kind = (typeof kinds)[number];

/** The smallest cache that the worker accepts. */
const smallCache = 10;
const largeCache = 100_000;
const settleMs = 1_000;
/** The last two digits tell the sandbox to accept without receipts, or to send all receipts before the answer. */
const endings = { silent: '11', early: '10' } as const;

interface RoundFigures {
  /** Per receipt; in `early`, which also measures sends, per message with its three receipts. */
  readonly cpuMsByProcess: Readonly<Record<string, number>>;
  readonly workerAndServerCpuMs: number;
  readonly perSecond: number;
  readonly othersShare: number;
}

interface LateStage extends ProductStage {
  readonly target: ReceiptTarget;
}

/** B11: the cost of a receipt whose workflow is evicted or closed, or that comes too early; none may be lost. */
export async function benchLateReceipts(options: BenchOptions, log: Log): Promise<void> {
  const { rounds, messages: count, inFlight, profileDir } = options;
  if (count <= smallCache)
    throw new Error(`B11 needs more than ${smallCache} messages, because that many stay cached`);
  const figures = await withProductStage({ connections: inFlight, profileDir, log }, async (stage) => {
    const channel = await stage.mongo.db().collection('channels').findOne();
    const phoneNumberId = String(channel?.['phoneNumberId']);
    const { apiUrl, appSecret } = stage.product;
    const late: LateStage = { ...stage, target: { apiUrl, appSecret, phoneNumberId } };
    log(
      `B11: ${rounds} rounds of ${count} receipts; evicted means that at most ${smallCache} workflows are cached, ` +
        `so ${percent((count - smallCache) / count)} of the receipts find none; first a warm-up`,
    );
    const kept: Record<Kind, RoundFigures[]> = { cached: [], evicted: [], closed: [], early: [] };
    for (let index = 0; index <= rounds; index += 1) {
      for (const kind of kinds) {
        const figure = await measure(late, kind, { count, inFlight });
        if (index === 0) continue;
        kept[kind].push(figure);
        log(`round ${index} ${kind}: ${describeRound(figure)}`);
      }
    }
    return kept;
  });
  const costs = (kind: Kind) => figures[kind].map(({ workerAndServerCpuMs }) => workerAndServerCpuMs);
  const evicted = summarizeRatios(costs('evicted'), costs('cached'));
  const closed = summarizeRatios(costs('closed'), costs('cached'));
  log(describeRatio('B11 CPU of worker and Temporal for a receipt, evicted ÷ cached', evicted, targets));
  log(`B11 the same, closed ÷ cached: ${closed.median.toFixed(2)}`);
  const medians = Object.fromEntries(kinds.map((kind) => [kind, median(costs(kind))]));
  log(`median ms of worker and Temporal: ${JSON.stringify(medians)}; lost receipts: 0 in all rounds`);
  log(await writeResult('b11', { options, evicted, closed, medianCpuMs: medians, figures }));
}

/** Starts a fresh worker each time, so that compared workers have the same age. */
async function measure(
  stage: LateStage,
  kind: Kind,
  run: { count: number; inFlight: number },
): Promise<RoundFigures> {
  const { api, product } = stage;
  await api.logIn();
  const cache = kind === 'evicted' ? smallCache : largeCache;
  const worker = await product.start('worker', { WORKER_MAX_CACHED_WORKFLOWS: String(cache) });
  try {
    return kind === 'early'
      ? await measureEarly(stage, worker.pid, run)
      : await measureLate(stage, { kind, workerPid: worker.pid }, run);
  } finally {
    await worker.stop();
  }
}

async function measureLate(
  stage: LateStage,
  { kind, workerPid }: { kind: Kind; workerPid: number },
  run: { count: number; inFlight: number },
): Promise<RoundFigures> {
  const { messages, target } = stage;
  const ids = await send(stage, endings.silent, run);
  await waitForStatus(messages, ids, 'sent');
  if (kind === 'closed') await closeWorkflows(stage, ids);
  const requests = await prepareReceipts(messages, ids, { word: 'delivered', target });
  const figures = await meterOf(stage, workerPid, run.count, async () => {
    await postReceipts(target, requests);
    await waitForStatus(messages, ids, 'delivered');
  });
  expectEqual(
    'messages with their receipt once',
    await countWithReceipt(messages, ids, 'delivered'),
    run.count,
  );
  // The last receipt ends every open workflow, so that none affects the next round.
  await postReceipts(target, await prepareReceipts(messages, ids, { word: 'read', target }));
  await waitForStatus(messages, ids, 'read');
  expectEqual('messages that are read once', await countWithReceipt(messages, ids, 'read'), run.count);
  if (kind !== 'closed') await verifyWorkflows(stage.temporal, ids.map(workflowIdOf));
  return figures;
}

async function measureEarly(
  stage: LateStage,
  workerPid: number,
  run: { count: number; inFlight: number },
): Promise<RoundFigures> {
  const { messages, product } = stage;
  let ids: string[] = [];
  const figures = await meterOf(stage, workerPid, run.count, async () => {
    ids = await send(stage, endings.early, run);
    await waitForStatus(messages, ids, 'read');
  });
  await verifyMessages(ids, { sandboxUrl: product.sandboxUrl, messages });
  // Not `sent`: the history may also have the product's own `sent`, from the provider's answer.
  for (const word of ['delivered', 'read'] as const) {
    expectEqual(`messages with ${word} once`, await countWithReceipt(messages, ids, word), run.count);
  }
  await verifyWorkflows(stage.temporal, ids.map(workflowIdOf));
  return figures;
}

const workflowIdOf = (messageId: string): string => `message:${messageId}`;

async function send(
  { api }: LateStage,
  ending: string,
  { count, inFlight }: { count: number; inFlight: number },
): Promise<string[]> {
  const ids: string[] = [];
  await runPool(count, inFlight, async (index) => {
    ids.push(await api.sendTemplate(phoneOf(index, ending)));
  });
  return ids;
}

/** Simulates that the receipt deadline has passed or that an operator terminated the workflow. */
async function closeWorkflows({ temporal }: LateStage, ids: readonly string[]): Promise<void> {
  await runPool(ids.length, 20, async (index) => {
    await temporal.workflow.getHandle(workflowIdOf(ids[index] ?? '')).terminate('closed by the benchmark');
  });
}

async function meterOf(
  { stage, apiProcess }: LateStage,
  workerPid: number,
  count: number,
  work: () => Promise<void>,
): Promise<RoundFigures> {
  await sleep(settleMs);
  const { temporal, mongod } = stage.pids;
  const stop = startMeter({ api: apiProcess.pid, worker: workerPid, temporal, mongod });
  const startedAt = performance.now();
  await work();
  const runMs = performance.now() - startedAt;
  await sleep(settleMs);
  const { cpuMs, othersShare } = stop();
  return {
    cpuMsByProcess: Object.fromEntries(Object.entries(cpuMs).map(([name, ms]) => [name, round(ms / count)])),
    workerAndServerCpuMs: round(((cpuMs['worker'] ?? 0) + (cpuMs['temporal'] ?? 0)) / count),
    perSecond: round((count * 1_000) / runMs, 1),
    othersShare: round(othersShare),
  };
}

function describeRound({
  workerAndServerCpuMs,
  cpuMsByProcess,
  perSecond,
  othersShare,
}: RoundFigures): string {
  const shares = Object.entries(cpuMsByProcess).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  return (
    `${workerAndServerCpuMs.toFixed(1)} ms CPU of worker and Temporal each (${shares.join(', ')}), ` +
    `${perSecond}/s; others took ${percent(othersShare)} of the machine`
  );
}
