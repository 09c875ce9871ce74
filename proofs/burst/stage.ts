import mongoose, { type mongo } from 'mongoose';
import type { Cluster } from '../cluster/cluster.ts';
import { createSender } from '../chaos/sender.ts';
import { changeBehaviour } from '../shared/sandbox.ts';
import { waitFor } from '../shared/wait.ts';
import type { BurstPlan } from './plan.ts';
import type { Outgoing } from './post.ts';

/** The product as it runs: an API and at least one worker. */
export type BurstTarget = Pick<Cluster, 'apiUrl' | 'sandboxUrl' | 'mongodbUri' | 'appSecret'>;

export interface BurstStage {
  readonly clientId: mongo.ObjectId;
  readonly phoneNumberId: string;
  readonly outgoing: readonly Outgoing[];
}

/** These messages are really sent, so that their workflows wait for the receipts; the others have no workflow. */
const maxSent = 200;
const sendTimeoutMs = 120_000;
const insertBatchSize = 1_000;

/** Stores the plan's outbound messages, sent and without any receipt. */
export async function setStage(plan: BurstPlan, target: BurstTarget, seed: number): Promise<BurstStage> {
  // The burst posts all receipts itself.
  await changeBehaviour(target.sandboxUrl, { receipts: 'none' });
  const sender = await createSender(target.apiUrl, `burst-${seed}`);
  const count = Math.min(maxSent, plan.outbound.length);
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
      outgoing: [...sent, ...copies].map(({ _id, providerMessageId, to }) => ({
        wamid: String(providerMessageId),
        messageId: String(_id),
        to: String(to).replace('+', ''),
      })),
    };
  } finally {
    await client.close();
  }
}

const untilSent = (database: mongo.Db, ids: readonly mongo.ObjectId[]): Promise<mongo.Document[]> =>
  waitFor(
    async () => {
      const messages = database.collection('messages');
      const sent = await messages.find({ _id: { $in: [...ids] }, status: 'sent' }).toArray();
      return sent.length === ids.length ? sent : null;
    },
    { error: `the ${ids.length} messages were not sent in time`, timeoutMs: sendTimeoutMs, pollMs: 200 },
  );

/** Copies of a message that was really sent, so that they have all its fields. */
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
  for (let from = 0; from < copies.length; from += insertBatchSize) {
    await database.collection('messages').insertMany(copies.slice(from, from + insertBatchSize));
  }
  return copies;
}
