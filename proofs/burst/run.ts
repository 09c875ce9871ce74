import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import { auditBurst, type BurstEvidence } from './audit.ts';
import type { BurstOptions } from './options.ts';
import { planBurst, type BurstPlan } from './plan.ts';
import { postAll } from './post.ts';
import { setStage, type BurstStage, type BurstTarget } from './stage.ts';
import { watchStatuses, type StatusWatch } from './status-watch.ts';

export interface BurstReport {
  readonly options: BurstOptions;
  readonly outbound: number;
  readonly inbound: number;
  readonly contacts: number;
  readonly posts: number;
  /** POSTs that were not answered with 200 at first. */
  readonly repeats: number;
  readonly statusChanges: number;
  /** Until the last POST was answered, and until the last event was processed. */
  readonly postingMs: number;
  readonly totalMs: number;
  readonly violations: readonly string[];
}

/** Without any change for so long, what is left will never end. */
const stillMs = 60_000;

/** Makes a burst of receipts on a running product, waits until all is processed, and compares. */
export async function runBurst(
  options: BurstOptions,
  target: BurstTarget,
  log: (line: string) => void,
): Promise<BurstReport> {
  const plan = planBurst(options);
  const stage = await setStage(plan, target, options.seed);
  log(`${plan.outbound.length} messages are sent and wait for their receipts`);
  const client = new mongoose.mongo.MongoClient(target.mongodbUri);
  const database = client.db();
  const watch = await watchStatuses(database);
  try {
    const startMs = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000;
    const startedAt = performance.now();
    const { repeats } = await postAll(plan.posts, {
      url: `${target.apiUrl}/webhook/incoming`,
      appSecret: target.appSecret,
      phoneNumberId: stage.phoneNumberId,
      startMs,
      outgoing: (index) => stage.outgoing[index] ?? { wamid: '', messageId: '' },
    });
    const postingMs = performance.now() - startedAt;
    log(`all ${plan.posts.length} POSTs are answered`);
    await untilProcessed({ database, plan, stage, watch, log });
    const totalMs = performance.now() - startedAt;
    const evidence = await readEvidence(database, stage, watch);
    const unprocessed = await countUnprocessed(database);
    return {
      options,
      outbound: plan.outbound.length,
      inbound: plan.inbound.length,
      contacts: new Set(plan.inbound.map(({ from }) => from)).size,
      posts: plan.posts.length,
      repeats,
      statusChanges: watch.count(),
      postingMs,
      totalMs,
      violations: [
        ...auditBurst(plan, evidence, startMs),
        ...(unprocessed === 0 ? [] : [`${unprocessed} events are not processed`]),
      ],
    };
  } finally {
    await watch.close();
    await client.close();
  }
}

const countUnprocessed = (database: mongo.Db): Promise<number> =>
  database.collection('webhook_events').countDocuments({ status: { $ne: 'done' } });

interface Running {
  readonly database: mongo.Db;
  readonly plan: BurstPlan;
  readonly stage: BurstStage;
  readonly watch: StatusWatch;
  readonly log: (line: string) => void;
}

/** Every event is done, and the watch has seen the last change of every message. */
async function untilProcessed({ database, plan, stage, watch, log }: Running): Promise<void> {
  let [left, changes, changedAt, saidAt] = [-1, -1, performance.now(), performance.now()];
  const isSeen = () =>
    plan.outbound.every(
      ({ index, endsAs }) =>
        endsAs === 'sent' || watch.lastOf(stage.outgoing[index]?.messageId ?? '') === endsAs,
    );
  for (;;) {
    const now = performance.now();
    const open = await countUnprocessed(database);
    if (open === 0 && isSeen()) return;
    if (open !== left || watch.count() !== changes) [left, changes, changedAt] = [open, watch.count(), now];
    if (now - changedAt > stillMs)
      return log(`nothing has changed for ${stillMs / 1_000} s: ${open} events left`);
    if (now - saidAt > 10_000) {
      log(`${open} events left, ${changes} changes of a status`);
      saidAt = now;
    }
    await sleep(200);
  }
}

async function readEvidence(
  database: mongo.Db,
  { clientId, outgoing }: BurstStage,
  { stepsBack }: StatusWatch,
): Promise<BurstEvidence> {
  const messages = database.collection('messages');
  const indexes = new Map(outgoing.map(({ messageId }, index) => [messageId, index]));
  const outbound: [number, { status: string; told: string[] }][] = [];
  for await (const { _id, status, providerMessageId, statusHistory } of messages.find({
    clientId,
    direction: 'outbound',
  })) {
    const told = (statusHistory as readonly { key: string; timestamp: Date; raw?: { word?: string } }[])
      .filter(({ key }) => key.startsWith(`${providerMessageId}:`))
      .map(({ raw, timestamp }) => `${raw?.word}@${timestamp.getTime()}`);
    outbound.push([indexes.get(String(_id)) ?? -1, { status: String(status), told }]);
  }
  const inbound = await messages.find({ clientId, direction: 'inbound' }).toArray();
  const conversationIds = [...new Set(inbound.map(({ conversationId }) => String(conversationId)))];
  const contactIds = [...new Set(inbound.map(({ contactId }) => String(contactId)))];
  // By phone number and not by id: two documents for one person would have two ids.
  const contacts = await database.collection('contacts').find({ clientId }).toArray();
  const phones = new Map(contacts.map(({ _id, phoneNumber }) => [String(_id), String(phoneNumber)]));
  const conversations = await database.collection('conversations').find({ clientId }).toArray();
  return {
    outbound: new Map(outbound),
    inbound: inbound.map(({ providerMessageId }) => String(providerMessageId)),
    contacts: contactIds.map((id) => phones.get(id) ?? `without a number: ${id}`),
    conversations: conversations
      .filter(({ _id }) => conversationIds.includes(String(_id)))
      .map(({ contactId }) => phones.get(String(contactId)) ?? 'of nobody'),
    stepsBack,
  };
}
