import mongoose, { type mongo } from 'mongoose';
import type { Log } from '../shared/log.ts';
import { waitUntilStill } from '../shared/wait.ts';
import { countOpenEvents } from '../shared/webhook-events.ts';
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

const maxStillMs = 60_000;

/** Posts a burst of receipts to a running product, waits until all are processed, and compares. */
export async function runBurst(options: BurstOptions, target: BurstTarget, log: Log): Promise<BurstReport> {
  const plan = planBurst(options);
  const stage = await setStage(plan, target, options.seed);
  log(`${plan.outbound.length} messages are sent and wait for receipts`);
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
      outgoing: (index) => stage.outgoing[index] ?? { wamid: '', messageId: '', to: '' },
    });
    const postingMs = performance.now() - startedAt;
    log(`all ${plan.posts.length} POSTs are answered`);
    await untilProcessed({ database, plan, stage, watch, log });
    const totalMs = performance.now() - startedAt;
    const evidence = await readEvidence(database, stage, watch);
    const unprocessed = await countOpenEvents(database);
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

interface Running {
  readonly database: mongo.Db;
  readonly plan: BurstPlan;
  readonly stage: BurstStage;
  readonly watch: StatusWatch;
  readonly log: Log;
}

/** Every event is done, and the watch has seen the last change of every message. */
async function untilProcessed({ database, plan, stage, watch, log }: Running): Promise<void> {
  const isSeen = () =>
    plan.outbound.every(
      ({ index, endsAs }) =>
        endsAs === 'sent' || watch.lastOf(stage.outgoing[index]?.messageId ?? '') === endsAs,
    );
  await waitUntilStill({
    async look() {
      const open = await countOpenEvents(database);
      return {
        isOver: open === 0 && isSeen(),
        state: `${open} events left, ${watch.count()} changes of a status`,
      };
    },
    maxStillMs,
    pollMs: 200,
    log,
  });
}

async function readEvidence(
  database: mongo.Db,
  { clientId, outgoing }: BurstStage,
  { stepsBack }: StatusWatch,
): Promise<BurstEvidence> {
  const messages = database.collection('messages');
  const indexes = new Map(outgoing.map(({ messageId }, index) => [messageId, index]));
  const outbound: [number, { status: string; events: string[] }][] = [];
  for await (const { _id, status, providerMessageId, statusHistory } of messages.find({
    clientId,
    direction: 'outbound',
  })) {
    const events = (statusHistory as readonly { key: string; timestamp: Date; raw?: { word?: string } }[])
      .filter(({ key }) => key.startsWith(`${providerMessageId}:`))
      .map(({ raw, timestamp }) => `${raw?.word}@${timestamp.getTime()}`);
    outbound.push([indexes.get(String(_id)) ?? -1, { status: String(status), events }]);
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
