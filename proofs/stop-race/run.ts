import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import { requestJson } from '../../scripts/stack/request-json.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { callsByMessage, readLedger, takenCalls } from '../shared/ledger.ts';
import type { Log } from '../shared/log.ts';
import { changeBehaviour, readStats } from '../shared/sandbox.ts';
import { waitFor, waitUntilStill } from '../shared/wait.ts';
import { auditStopRace, type AcknowledgedStop, type RaceMessage, type StopRaceFindings } from './audit.ts';
import { createBusiness, type Accepted, type Business } from './business.ts';
import type { StopRaceOptions } from './options.ts';
import { planStopRace, type PlannedStop, type StopRacePlan } from './plan.ts';

/** The product without a worker, so that everything waits. */
export type StopRaceTarget = Pick<Cluster, 'apiUrl' | 'sandboxUrl' | 'mongodbUri' | 'startWorker'>;

export interface StopRaceReport extends StopRaceFindings {
  readonly options: StopRaceOptions;
  readonly accepted: number;
  /** Accepted during the stop of their contact. */
  readonly racing: number;
  readonly refused: number;
  readonly stops: number;
  readonly canceledByProofs: number;
  readonly latenciesMs: readonly number[];
  readonly totalMs: number;
}

const concurrency = 16;
const pollMs = 50;
/** When messages are sent to a contact who says STOP, counted from that. */
const racingAfterMs = [0, 0, 10, 30, 80] as const;
const maxStillMs = 90_000;

/** One run: all messages are accepted and wait, then sending begins, and contacts say STOP meanwhile. */
export async function runStopRace(
  options: StopRaceOptions,
  target: StopRaceTarget,
  log: Log,
): Promise<StopRaceReport> {
  const startedAt = performance.now();
  const plan = planStopRace(options);
  // Receipts would only slow down what is measured.
  await changeBehaviour(target.sandboxUrl, { receipts: 'none' });
  const business = await createBusiness(target.apiUrl);
  const { ids, contacts } = await acceptAll(business, plan);
  log(`${ids.length} messages to ${contacts.size} contacts wait`);
  await target.startWorker();
  const outcomes = await stopInTurn(plan.stops, { target, business, contacts, log });
  log('all stops are acknowledged');
  const racing = outcomes.flatMap(({ accepted }) => accepted.map(({ id }) => id));
  const client = new mongoose.mongo.MongoClient(target.mongodbUri);
  try {
    const messages = client.db().collection('messages');
    await untilNothingWaits(messages, log);
    const stops = outcomes.map(({ stop }) => stop);
    const evidence = await readEvidence(messages, { target, ids: [...ids, ...racing] });
    return {
      ...auditStopRace(evidence, stops),
      options,
      accepted: ids.length + racing.length,
      racing: racing.length,
      refused: outcomes.reduce((sum, { refused }) => sum + refused, 0),
      stops: stops.length,
      canceledByProofs: stops.reduce((sum, { canceledCount }) => sum + canceledCount, 0),
      latenciesMs: stops.map(({ saidAtMs, acknowledgedAtMs }) => acknowledgedAtMs - saidAtMs),
      totalMs: performance.now() - startedAt,
    };
  } finally {
    await client.close();
  }
}

async function acceptAll(business: Business, { recipients }: StopRacePlan) {
  const ids: string[] = [];
  const contacts = new Map<string, string>();
  await inParallel(recipients, concurrency, async (to) => {
    const accepted = await business.send(to);
    if (accepted === null) throw new Error(`${to} opted out before anything was sent`);
    ids.push(accepted.id);
    contacts.set(to, accepted.contactId);
  });
  return { ids, contacts };
}

interface Race {
  readonly target: StopRaceTarget;
  readonly business: Business;
  /** The ids of contacts by their numbers. */
  readonly contacts: ReadonlyMap<string, string>;
  readonly log: Log;
}

interface StopOutcome {
  readonly stop: AcknowledgedStop;
  readonly accepted: readonly Accepted[];
  readonly refused: number;
}

async function stopInTurn(stops: readonly PlannedStop[], race: Race): Promise<readonly StopOutcome[]> {
  const underWay: Promise<StopOutcome>[] = [];
  for (const { phone, afterCalls } of stops) {
    await untilCalls(race, afterCalls);
    const outcome = sayStop(phone, race);
    // Thrown below; until then a rejection must not be unhandled.
    outcome.catch(() => undefined);
    underWay.push(outcome);
    if (underWay.length % 20 === 0) race.log(`${underWay.length} contacts have said STOP`);
  }
  return Promise.all(underWay);
}

async function untilCalls({ target, log }: Race, calls: number): Promise<void> {
  const isReached = await waitUntilStill({
    async look() {
      const { calls: now } = await readStats(target.sandboxUrl);
      return { isOver: now >= calls, state: `${now} of ${calls} calls` };
    },
    maxStillMs,
    pollMs,
    log,
  });
  if (!isReached) throw new Error(`the provider never got ${calls} calls`);
}

/** Says STOP, sends to the same contact at the same time, and waits for the acknowledgement. */
async function sayStop(phone: string, { target, business, contacts }: Race): Promise<StopOutcome> {
  const saidAtMs = Date.now();
  const { phoneNumberId } = business;
  const stopping = requestJson(`${target.sandboxUrl}/sandbox/inbound`, {
    body: { phoneNumberId, from: phone, type: 'text', text: 'STOP' },
  });
  const sending = racingAfterMs.map(async (afterMs) => {
    await sleep(afterMs);
    return business.send(phone);
  });
  const { status, body } = await stopping;
  if (status !== 200 || (body as { webhookStatus?: number }).webhookStatus !== 200)
    throw new Error(`the stop of ${phone} was not taken: ${JSON.stringify(body)}`);
  const contactId = contacts.get(phone) ?? '';
  const proof = await waitFor(() => business.proofOf(contactId), {
    error: `the stop of contact ${contactId} is never acknowledged`,
    timeoutMs: maxStillMs,
    pollMs,
  });
  const answers = await Promise.all(sending);
  const accepted = answers.filter((answer) => answer !== null);
  return {
    stop: {
      phone,
      saidAtMs,
      acknowledgedAtMs: Date.parse(proof.acknowledgedAt),
      canceledCount: proof.canceledCount,
    },
    accepted,
    refused: answers.length - accepted.length,
  };
}

const untilNothingWaits = (messages: mongo.Collection, log: Log): Promise<boolean> =>
  waitUntilStill({
    async look() {
      const waiting = await messages.countDocuments({
        direction: 'outbound',
        status: { $in: ['scheduled', 'queued', 'sending'] },
      });
      return { isOver: waiting === 0, state: `${waiting} messages wait` };
    },
    maxStillMs,
    pollMs,
    log,
  });

async function readEvidence(
  messages: mongo.Collection,
  { target, ids }: { target: StopRaceTarget; ids: readonly string[] },
): Promise<readonly RaceMessage[]> {
  const calls = callsByMessage(takenCalls(await readLedger(target.sandboxUrl)));
  const stored = new Map<string, mongo.Document>();
  const fields = { to: 1, status: 1 };
  for await (const document of messages.find({ direction: 'outbound' }).project(fields))
    stored.set(String(document['_id']), document);
  return ids.map((id) => ({
    id,
    to: String(stored.get(id)?.['to']),
    status: String(stored.get(id)?.['status']),
    calledAtMs: (calls.get(id) ?? []).map(({ at }) => Date.parse(at)),
  }));
}
