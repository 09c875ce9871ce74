import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import { behave } from '../chaos/behave.ts';
import { messageIdOf, readLedger } from '../chaos/ledger.ts';
import { requestJson } from '../../scripts/stack/request-json.ts';
import { auditStopRace, type AcknowledgedStop, type RaceMessage, type StopRaceFindings } from './audit.ts';
import { createBusiness, type Accepted, type Business } from './business.ts';
import type { StopRaceOptions } from './options.ts';
import { planStopRace, type PlannedStop, type StopRacePlan } from './plan.ts';

/** The product without a worker, so that everything waits. */
export interface StopRaceTarget {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  /** With the database's name. */
  readonly mongodbUri: string;
  startWorker(): Promise<void>;
}

export interface StopRaceReport extends StopRaceFindings {
  readonly options: StopRaceOptions;
  readonly accepted: number;
  /** Accepted while the stop of their contact was on its way. */
  readonly racing: number;
  readonly refused: number;
  readonly stops: number;
  readonly canceledByProofs: number;
  readonly latenciesMs: readonly number[];
  readonly totalMs: number;
}

const parallel = 16;
const pollMs = 50;
/** When messages are sent to somebody who says STOP, counted from that. */
const racingAfterMs = [0, 0, 10, 30, 80] as const;
/** Without any change for so long, what is left will never end. */
const stillMs = 90_000;

/** One run: everything is accepted and waits, then the sending begins, and people say STOP while it goes on. */
export async function runStopRace(
  options: StopRaceOptions,
  target: StopRaceTarget,
  log: (line: string) => void,
): Promise<StopRaceReport> {
  const startedAt = performance.now();
  const plan = planStopRace(options);
  // Receipts would only take time from what is measured.
  await behave(target.sandboxUrl, { receipts: 'none' });
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
  const waiting = recipients.values();
  const sendInTurn = async () => {
    for (const to of waiting) {
      const accepted = await business.send(to);
      if (accepted === null) throw new Error(`${to} has opted out before anything was sent`);
      ids.push(accepted.id);
      contacts.set(to, accepted.contactId);
    }
  };
  await Promise.all(Array.from({ length: parallel }, sendInTurn));
  return { ids, contacts };
}

interface Race {
  readonly target: StopRaceTarget;
  readonly business: Business;
  /** The ids of contacts by their numbers. */
  readonly contacts: ReadonlyMap<string, string>;
  readonly log: (line: string) => void;
}

interface StopOutcome {
  readonly stop: AcknowledgedStop;
  readonly accepted: readonly Accepted[];
  readonly refused: number;
}

async function stopInTurn(stops: readonly PlannedStop[], race: Race): Promise<readonly StopOutcome[]> {
  const underWay: Promise<StopOutcome>[] = [];
  for (const { phone, afterCalls } of stops) {
    await untilCalls(race.target.sandboxUrl, afterCalls);
    const outcome = sayStop(phone, race);
    // Reported below; a rejection must not stand alone meanwhile.
    outcome.catch(() => undefined);
    underWay.push(outcome);
    if (underWay.length % 20 === 0) race.log(`${underWay.length} contacts have said STOP`);
  }
  return Promise.all(underWay);
}

async function untilCalls(sandboxUrl: string, calls: number): Promise<void> {
  let [last, changedAt] = [-1, performance.now()];
  for (;;) {
    const { body } = await requestJson(`${sandboxUrl}/sandbox/stats`, {});
    const now = (body as { calls: number }).calls;
    if (now >= calls) return;
    if (now !== last) [last, changedAt] = [now, performance.now()];
    if (performance.now() - changedAt > stillMs) throw new Error(`the sending stands still at ${now} calls`);
    await sleep(pollMs);
  }
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
  const proof = await untilAcknowledged(business, contacts.get(phone) ?? '');
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

async function untilAcknowledged(business: Business, contactId: string) {
  const deadline = performance.now() + stillMs;
  for (;;) {
    const proof = await business.proofOf(contactId);
    if (proof !== null) return proof;
    if (performance.now() > deadline)
      throw new Error(`the stop of contact ${contactId} is never acknowledged`);
    await sleep(pollMs);
  }
}

async function untilNothingWaits(messages: mongo.Collection, log: (line: string) => void): Promise<void> {
  let [last, changedAt, saidAt] = [-1, performance.now(), performance.now()];
  for (;;) {
    const waiting = await messages.countDocuments({
      direction: 'outbound',
      status: { $in: ['scheduled', 'queued', 'sending'] },
    });
    if (waiting === 0) return;
    const now = performance.now();
    if (waiting !== last) [last, changedAt] = [waiting, now];
    if (now - changedAt > stillMs) return log(`nothing has changed for ${stillMs / 1_000} s`);
    if (now - saidAt > 20_000) {
      log(`${waiting} messages wait`);
      saidAt = now;
    }
    await sleep(pollMs);
  }
}

async function readEvidence(
  messages: mongo.Collection,
  { target, ids }: { target: StopRaceTarget; ids: readonly string[] },
): Promise<readonly RaceMessage[]> {
  const calls = new Map<string, number[]>();
  for (const item of await readLedger(target.sandboxUrl)) {
    if (item.wamid === null) continue;
    const id = messageIdOf(item);
    calls.set(id, [...(calls.get(id) ?? []), Date.parse(item.at)]);
  }
  const stored = new Map<string, mongo.Document>();
  const fields = { to: 1, status: 1 };
  for await (const document of messages.find({ direction: 'outbound' }).project(fields))
    stored.set(String(document['_id']), document);
  return ids.map((id) => ({
    id,
    to: String(stored.get(id)?.['to']),
    status: String(stored.get(id)?.['status']),
    calledAtMs: calls.get(id) ?? [],
  }));
}
