import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import type { Cluster } from '../cluster/cluster.ts';
import { callsByMessage, readLedger, takenCalls } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import { changeBehaviour } from '../shared/sandbox.ts';
import { waitUntilStill } from '../shared/wait.ts';
import { auditStops, type StopsFindings, type StopTry } from './audit.ts';
import { createBusiness, type Business } from './business.ts';
import type { StopsOptions } from './options.ts';
import { planStops, stopKinds, type PlannedTry, type StopKind } from './plan.ts';

/** The product with two workers. */
export type StopsTarget = Pick<Cluster, 'apiUrl' | 'sandboxUrl' | 'mongodbUri'>;

export interface StopsReport extends StopsFindings {
  readonly options: StopsOptions;
  /** From the request of each stop to its answer. */
  readonly latenciesMs: ReadonlyMap<StopKind, readonly number[]>;
  readonly totalMs: number;
}

interface Tried {
  readonly plan: PlannedTry;
  readonly ids: readonly string[];
  readonly stopped: ReadonlySet<string>;
  readonly answeredAtMs: number;
  readonly liftedAtMs?: number;
  readonly latencyMs: number;
}

/** Longer than any cache, so that a call which should not begin has the time to. */
const pausedMs = 1_200;
const sentWhilePaused = 2;
const maxStillMs = 60_000;
const pollMs = 100;

/** Every business tries in turn, all of them at the same time. */
export async function runStops(options: StopsOptions, target: StopsTarget, log: Log): Promise<StopsReport> {
  const startedAt = performance.now();
  await changeBehaviour(target.sandboxUrl, { receipts: 'none' });
  let done = 0;
  const tried = await Promise.all(
    planStops(options).map(async (plans) => {
      const business = await createBusiness(target.apiUrl);
      const ofBusiness: Tried[] = [];
      for (const plan of plans) {
        ofBusiness.push(await tryStop(business, plan));
        done += 1;
        if (done % 100 === 0) log(`${done} of ${options.tries} tries`);
      }
      return ofBusiness;
    }),
  );
  const tries = await withEvidence(tried.flat(), target, log);
  const latenciesOf = (kind: StopKind) =>
    tried.flat().flatMap(({ plan, latencyMs }) => (plan.kind === kind ? [latencyMs] : []));
  return {
    ...auditStops(tries),
    options,
    latenciesMs: new Map(stopKinds.map((kind) => [kind, latenciesOf(kind)])),
    totalMs: performance.now() - startedAt,
  };
}

async function tryStop(business: Business, plan: PlannedTry): Promise<Tried> {
  const sending = plan.recipients.map((to) => business.send(to));
  await Promise.race(sending);
  await sleep(plan.afterMs);
  // A stop by contact or message needs all of them; a pause races with those that are still being accepted.
  const messages = await Promise.all(sending);
  const askedAt = performance.now();
  const stopped = await business.stop(plan.kind, messages);
  const answeredAtMs = Date.now();
  const latencyMs = performance.now() - askedAt;
  const ids = messages.map(({ id }) => id);
  const tried = { plan, ids, stopped, answeredAtMs, latencyMs };
  if (plan.kind !== 'pause') return tried;
  // Accepted and held; a worker that knows the pause by a cache only would call.
  const held = await Promise.all(plan.recipients.slice(0, sentWhilePaused).map((to) => business.send(to)));
  await sleep(pausedMs);
  const liftedAtMs = Date.now();
  await business.resume();
  const all = [...ids, ...held.map(({ id }) => id)];
  return { ...tried, ids: all, stopped: new Set(all), liftedAtMs };
}

async function withEvidence(
  tried: readonly Tried[],
  { sandboxUrl, mongodbUri }: StopsTarget,
  log: Log,
): Promise<readonly StopTry[]> {
  const client = new mongoose.mongo.MongoClient(mongodbUri);
  try {
    const messages = client.db().collection('messages');
    await untilNothingWaits(messages, log);
    const statuses = new Map<string, string>();
    for await (const { _id, status } of messages.find({ direction: 'outbound' }).project({ status: 1 }))
      statuses.set(String(_id), String(status));
    const calls = callsByMessage(takenCalls(await readLedger(sandboxUrl)));
    return tried.map(({ plan, ids, stopped, answeredAtMs, liftedAtMs }) => ({
      kind: plan.kind,
      answeredAtMs,
      ...(liftedAtMs === undefined ? {} : { liftedAtMs }),
      messages: ids.map((id) => ({
        id,
        isStopped: stopped.has(id),
        status: statuses.get(id) ?? 'not stored',
        calledAtMs: (calls.get(id) ?? []).map(({ at }) => Date.parse(at)),
      })),
    }));
  } finally {
    await client.close();
  }
}

const untilNothingWaits = (messages: mongo.Collection, log: Log): Promise<boolean> =>
  waitUntilStill({
    async look() {
      const unsent = { direction: 'outbound', status: { $in: ['scheduled', 'queued', 'sending'] } };
      const waiting = await messages.countDocuments(unsent);
      return { isOver: waiting === 0, state: `${waiting} messages wait` };
    },
    maxStillMs,
    pollMs,
    log,
  });
