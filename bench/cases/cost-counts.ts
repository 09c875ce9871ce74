import { setTimeout as sleep } from 'node:timers/promises';
import { difference, readMongoCounts, readTemporalCounts, type Counts } from '../counters.ts';
import { countEvents } from '../load/history-counts.ts';
import { runLifecycles } from '../load/lifecycle.ts';
import { verifyMessages, verifyWorkflows } from '../load/verify.ts';
import type { BenchOptions } from '../options.ts';
import { describeGrade, round, writeResult } from '../report.ts';
import type { Log } from '../stage/stage.ts';
import { sum } from '../stats.ts';
import { withLifecycleStage, type LifecycleStage } from './lifecycle-stage.ts';

const targets = {
  'workflow tasks': { better: 'less', floor: 4, goal: 3, moonshot: 2 },
  events: { better: 'less', floor: 20, goal: 16, moonshot: 12 },
  signals: { better: 'less', floor: 2, goal: 2, moonshot: 1 },
  'Mongo round trips': { better: 'less', floor: 8, goal: 4, moonshot: 1.5 },
} as const;

const contactsFirst = 100;
/** Few enough to avoid a queue, so that receipts find their workflow waiting. */
const gentleInFlight = 10;
const settleMs = 2_000;
const quietMs = 5_000;

/** Commands that are neither queries nor writes of the two programs. */
const notRoundTrips = new Set([
  'hello',
  'isMaster',
  'ping',
  'serverStatus',
  'endSessions',
  'saslStart',
  'saslContinue',
]);
/** Commands of the server's own operation. */
const internal = /^(replSet|_|logRotate|getParameter|setParameter|buildInfo|listIndexes|killCursors)/;

/** B3: counts the costly steps of one message on the healthy path. Counts have no noise. */
export async function benchCostCounts(options: BenchOptions, log: Log): Promise<void> {
  const { messages: count, profileDir } = options;
  const inFlight = Math.min(options.inFlight, gentleInFlight);
  const counted = await withLifecycleStage({ inFlight, profileDir, log }, async (stage) => {
    log(`B3: ${count} messages to ${contactsFirst} known contacts, ${inFlight} in flight`);
    await runLifecycles(stage.api, stage.messages, { count: contactsFirst, inFlight });
    const idle = await countIdle(stage);
    const ours = await countOurs(stage, { count, inFlight });
    return { ours, idlePerSecond: idle, noop: await countNoop(stage, { count, inFlight }) };
  });
  print(counted.ours, log);
  log(`no-op workflow: ${JSON.stringify(counted.noop)}`);
  log(`idle, each second: ${JSON.stringify(counted.idlePerSecond)}`);
  log(await writeResult('b3', { options, ...counted }));
}

interface MessageCounts {
  readonly headline: Readonly<Record<keyof typeof targets, number>>;
  readonly historyBytes: number;
  readonly events: Counts;
  readonly temporalRequests: Counts;
  readonly mongo: Counts;
}

async function countOurs(
  { api, messages, stage, product, mongo, temporal }: LifecycleStage,
  run: { count: number; inFlight: number },
): Promise<MessageCounts> {
  const before = {
    mongo: await readMongoCounts(mongo),
    temporal: await readTemporalCounts(stage.temporalMetricsUrl),
  };
  const { messageIds, polls } = await runLifecycles(api, messages, run);
  await sleep(settleMs);
  const raw = difference(before.mongo, await readMongoCounts(mongo));
  const requests = difference(before.temporal, await readTemporalCounts(stage.temporalMetricsUrl));
  await verifyMessages(messageIds, { sandboxUrl: product.sandboxUrl, messages });
  const workflowIds = messageIds.map((id) => `message:${id}`);
  const { events, bytes } = await verifyWorkflows(temporal, workflowIds);
  const kinds = perMessage(await countEvents(temporal, workflowIds), run.count);
  // The benchmark's own queries are not part of the product.
  const ownFinds = { ...raw, find: (raw['find'] ?? 0) - polls };
  const commands = Object.entries(ownFinds).filter(([name]) => isRoundTrip(name));
  return {
    headline: {
      'workflow tasks': kinds['workflow task completed'] ?? 0,
      events: round(events),
      signals: kinds['workflow execution signaled'] ?? 0,
      'Mongo round trips': round(sum(commands.map(([, times]) => times)) / run.count),
    },
    historyBytes: Math.round(bytes),
    events: kinds,
    temporalRequests: perMessage(requests, run.count),
    mongo: perMessage(ownFinds, run.count),
  };
}

async function countNoop({ baseline, temporal }: LifecycleStage, run: { count: number; inFlight: number }) {
  const ids = await baseline.run({ kind: 'noop', ...run, receiptDelaysMs: [] });
  const { bytes } = await verifyWorkflows(temporal, ids);
  return { events: perMessage(await countEvents(temporal, ids), run.count), historyBytes: Math.round(bytes) };
}

/** Requests of API and worker while idle. */
async function countIdle({ mongo, stage }: LifecycleStage): Promise<Record<string, number>> {
  await sleep(settleMs);
  const before = {
    ...(await readMongoCounts(mongo)),
    ...(await readTemporalCounts(stage.temporalMetricsUrl)),
  };
  await sleep(quietMs);
  const after = {
    ...(await readMongoCounts(mongo)),
    ...(await readTemporalCounts(stage.temporalMetricsUrl)),
  };
  return perMessage(difference(before, after), quietMs / 1_000);
}

const isRoundTrip = (name: string): boolean =>
  !notRoundTrips.has(name) && !internal.test(name) && !name.startsWith('documents ') && name !== 'log syncs';

const perMessage = (counts: Counts, count: number): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts)
      .map(([name, times]) => [name, round(times / count)] as const)
      .filter(([, times]) => times !== 0)
      .toSorted(([, a], [, b]) => b - a),
  );

function print({ headline, historyBytes, events, temporalRequests, mongo }: MessageCounts, log: Log): void {
  for (const name of Object.keys(targets) as (keyof typeof targets)[]) {
    log(`${name}: ${headline[name]} → ${describeGrade(headline[name], targets[name])}`);
  }
  log(`history bytes: ${historyBytes}`);
  log(`events: ${JSON.stringify(events)}`);
  log(`requests to Temporal: ${JSON.stringify(temporalRequests)}`);
  log(`Mongo: ${JSON.stringify(mongo)}`);
}
