import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type mongo } from 'mongoose';
import { behave } from '../chaos/behave.ts';
import { createSender } from '../chaos/sender.ts';
import type { BurstPlan } from './plan.ts';
import type { Outgoing } from './post.ts';

/** The product as it runs: an API and at least one worker. */
export interface BurstTarget {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  /** With the database's name. */
  readonly mongodbUri: string;
  /** What the provider signs with. */
  readonly appSecret: string;
}

export interface BurstStage {
  readonly clientId: mongo.ObjectId;
  readonly phoneNumberId: string;
  readonly outgoing: readonly Outgoing[];
}

/** As many messages as are really sent, so that their workflows wait for the receipts; the others have no workflow. */
const mostSent = 200;
const sentWithinMs = 120_000;
const inserts = 1_000;

/** Puts the plan's outbound messages there, sent and without any receipt. */
export async function setStage(plan: BurstPlan, target: BurstTarget, seed: number): Promise<BurstStage> {
  // All receipts of the burst are its own.
  await behave(target.sandboxUrl, { receipts: 'none' });
  const sender = await createSender(target.apiUrl, `burst-${seed}`);
  const count = Math.min(mostSent, plan.outbound.length);
  await sender.sendAll(
    Array.from({ length: count }, (_, index) => ({
      index,
      digits: '01' as const,
      to: `+4917${String(index).padStart(7, '0')}01`,
    })),
  );
  const client = new mongoose.mongo.MongoClient(target.mongodbUri);
  try {
    const database = client.db();
    const ids = sender.accepted.map(({ id }) => mongoose.mongo.ObjectId.createFromHexString(id));
    const sent = await untilSent(database, ids);
    const [model] = sent;
    if (model === undefined) throw new Error('a burst needs at least one message');
    const copies = await insertCopies(database, model, { count: plan.outbound.length - count, seed });
    const channel = await database.collection('channels').findOne({ _id: model['channelId'] });
    return {
      clientId: model['clientId'] as mongo.ObjectId,
      phoneNumberId: String(channel?.['phoneNumberId']),
      outgoing: [...sent, ...copies].map(({ _id, providerMessageId }) => ({
        wamid: String(providerMessageId),
        messageId: String(_id),
      })),
    };
  } finally {
    await client.close();
  }
}

async function untilSent(database: mongo.Db, ids: readonly mongo.ObjectId[]): Promise<mongo.Document[]> {
  const deadline = Date.now() + sentWithinMs;
  for (;;) {
    const sent = await database
      .collection('messages')
      .find({ _id: { $in: [...ids] }, status: 'sent' })
      .toArray();
    if (sent.length === ids.length) return sent;
    if (Date.now() > deadline)
      throw new Error(`only ${sent.length} of ${ids.length} messages were sent in time`);
    await sleep(200);
  }
}

/** More messages like one that was really sent, whatever fields such a message has. */
async function insertCopies(
  database: mongo.Db,
  model: mongo.Document,
  { count, seed }: { count: number; seed: number },
): Promise<mongo.Document[]> {
  const { idempotencyKey: _, ...fields } = model;
  const copies = Array.from({ length: count }, (__, index) => ({
    ...fields,
    _id: new mongoose.mongo.ObjectId(),
    providerMessageId: `wamid.burst-out-${seed}-${index}`,
  }));
  for (let from = 0; from < copies.length; from += inserts) {
    await database.collection('messages').insertMany(copies.slice(from, from + inserts));
  }
  return copies;
}
