import mongoose from 'mongoose';
import type { Receipt } from '../../src/sending/messages/contract.ts';
import type { DispatchAttempt, MessageDoc, StatusEntry } from '../../src/sending/messages/store/model.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { durableWrite, scopeOf, type ClientScope, type MongoConnection } from '../../src/platform/mongo.ts';
import { createWebhookRepository, type WebhookEventDoc } from '../../src/webhooks/repository.ts';
import { receiptBody } from './webhooks.ts';

const { ObjectId } = mongoose.Types;
type Collection<Doc extends mongoose.mongo.Document> = mongoose.mongo.Collection<Doc>;

/** `raw` is the driver with the fewest commands that leave the same document. */
export const sides = ['ours', 'raw'] as const;
export type Side = (typeof sides)[number];

/** Prepared writes of one side; each can be made once. */
export interface PreparedWrites {
  /** Makes the writes from `first` up to `end`, exclusive. */
  write(first: number, end: number): Promise<unknown>;
  /** The number of documents in their final state. */
  countWritten(): Promise<number>;
  /** One of the documents, without the fields that differ between the sides. */
  sample(): Promise<object>;
  clear(): Promise<unknown>;
}

export type WritePath = (side: Side, count: number) => Promise<PreparedWrites>;

const startMs = Date.UTC(2026, 0, 1);
const at = (index: number, laterMs = 0): Date => new Date(startMs + index * 1_000 + laterMs);
const entry = (status: string, timestamp: Date): StatusEntry => ({
  key: `${status}:${timestamp.getTime()}`,
  status,
  timestamp,
});
const wamidOf = (index: number): string => `wamid.${String(index).padStart(40, '0')}`;
const numberedId = (kind: string, index: number): mongoose.Types.ObjectId =>
  ObjectId.createFromHexString(`${kind}${index.toString(16).padStart(23, '0')}`);

/** The write paths of messages and of the webhook intake, by name; all paths of a side use the same collections. */
export function createWritePaths(connection: MongoConnection): Readonly<Record<string, WritePath>> {
  return { ...messagePaths(connection), ...webhookPaths(connection) };
}

type MessageUpdate = (messages: readonly MessageDoc[]) => Promise<unknown>;

function messagePaths(connection: MongoConnection): Record<string, WritePath> {
  const repository = createMessageRepository(connection);
  const messages = connection.collection<MessageDoc>('messages') as unknown as Collection<MessageDoc>;
  const each =
    (step: (message: MessageDoc, scope: ClientScope) => Promise<unknown>): MessageUpdate =>
    async (batch) =>
      Promise.all(batch.map((message) => step(message, scopeOf(message.clientId))));
  const bulk =
    (toWrite: (message: MessageDoc) => mongoose.mongo.AnyBulkWriteOperation<MessageDoc>) =>
    async (batch: readonly MessageDoc[]) =>
      messages.bulkWrite(batch.map(toWrite), { ordered: false, writeConcern: durableWrite });
  const path = (shape: MessageShape, ours: MessageUpdate, raw: MessageUpdate) =>
    messagePath(messages, { ...shape, updates: { ours, raw } });

  return {
    'message insert': path(
      { make: queuedMessage, isStoredBefore: false, historyLength: 1 },
      each((message, scope) => repository.insert(scope, message)),
      bulk((document) => ({ insertOne: { document } })),
    ),
    'attempt record': path(
      { make: sendingMessage, isStoredBefore: true, historyLength: 3 },
      each((message, scope) => repository.recordOutcome(scope, message._id, outcomeOf(message))),
      bulk(rawOutcome),
    ),
    receipt: path(
      { make: sentMessage, isStoredBefore: true, historyLength: 4 },
      each((message, scope) => repository.applyReceipts(scope, message._id, [receiptOf(message)])),
      bulk(rawReceipt),
    ),
  };
}

interface MessageShape {
  make(scope: ClientScope, index: number): MessageDoc;
  /** True if the messages already exist and are updated. */
  readonly isStoredBefore: boolean;
  /** The number of statuses in each history afterwards. */
  readonly historyLength: number;
}

const messagePath =
  (
    messages: Collection<MessageDoc>,
    { make, isStoredBefore, historyLength, updates }: MessageShape & { updates: Record<Side, MessageUpdate> },
  ): WritePath =>
  async (side, count) => {
    const scope = scopeOf(new ObjectId());
    const prepared = Array.from({ length: count }, (_, index) => make(scope, index));
    if (isStoredBefore) await messages.insertMany(prepared, { ordered: false });
    return {
      write: (first, end) => updates[side](prepared.slice(first, end)),
      countWritten: () => messages.countDocuments({ statusHistory: { $size: historyLength }, ...scope }),
      async sample() {
        const found = await messages.findOne(scope, { sort: { timestamp: -1 } });
        return { ...found, _id: null, clientId: null };
      },
      clear: () => messages.deleteMany(scope),
    };
  };

/** As stored by the request. */
function queuedMessage(scope: ClientScope, index: number): MessageDoc {
  const parameters = ['Ana', String(index)].map((text) => ({ type: 'text' as const, text }));
  const template = {
    name: 'order_update',
    language: { code: 'en_US' },
    components: [{ type: 'body' as const, parameters }],
  };
  return {
    _id: new ObjectId(),
    ...scope,
    conversationId: numberedId('b', index),
    channelId: numberedId('c', 0),
    contactId: numberedId('d', index),
    direction: 'outbound',
    senderType: 'agent',
    messageType: 'template',
    to: `+1555${String(index).padStart(7, '0')}`,
    content: { text: `Hello Ana, your order ${index} is on its way. Thank you for your trust.`, template },
    templateName: 'order_update',
    status: 'queued',
    timestamp: at(index),
    statusHistory: [entry('queued', at(index))],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
  };
}

/** During its provider call. */
function sendingMessage(scope: ClientScope, index: number): MessageDoc {
  const queued = queuedMessage(scope, index);
  return {
    ...queued,
    status: 'sending',
    statusHistory: [...queued.statusHistory, entry('sending', at(index, 20))],
    dispatch: { attempt: 1, isCalling: true, token: 'token', startedAt: at(index, 20), attempts: [] },
  };
}

function sentMessage(scope: ClientScope, index: number): MessageDoc {
  const sending = sendingMessage(scope, index);
  return {
    ...sending,
    status: 'sent',
    providerMessageId: wamidOf(index),
    statusHistory: [...sending.statusHistory, entry('sent', at(index, 90))],
    dispatch: { ...sending.dispatch, isCalling: false, attempts: [attemptOf(sending)] },
  };
}

const later = ({ timestamp }: MessageDoc, ms: number): Date => new Date(timestamp.getTime() + ms);
const indexOf = ({ timestamp }: MessageDoc): number => (timestamp.getTime() - startMs) / 1_000;

const attemptOf = (message: MessageDoc): DispatchAttempt => ({
  number: 1,
  startedAt: later(message, 20),
  endedAt: later(message, 90),
  outcome: 'accepted',
});

const outcomeOf = (message: MessageDoc) => ({
  outcome: { kind: 'accepted', providerMessageId: wamidOf(indexOf(message)), isHeld: false } as const,
  attempt: attemptOf(message),
});

function rawOutcome(message: MessageDoc): mongoose.mongo.AnyBulkWriteOperation<MessageDoc> {
  const { _id, clientId } = message;
  const sent = { ...entry('sent', later(message, 90)), raw: {} };
  return {
    updateOne: {
      filter: { _id, clientId },
      update: {
        $set: {
          status: 'sent',
          providerMessageId: wamidOf(indexOf(message)),
          'dispatch.isCalling': false,
        },
        $push: { statusHistory: sent, 'dispatch.attempts': attemptOf(message) },
      },
    },
  };
}

const receiptOf = (message: MessageDoc): Receipt => ({
  word: 'delivered',
  status: 'delivered',
  providerMessageId: wamidOf(indexOf(message)),
  timestampMs: later(message, 240).getTime(),
});

function rawReceipt(message: MessageDoc): mongoose.mongo.AnyBulkWriteOperation<MessageDoc> {
  const { _id, clientId } = message;
  const { providerMessageId, timestampMs, word } = receiptOf(message);
  const delivered: StatusEntry = {
    key: `${providerMessageId}:${word}:${timestampMs}`,
    status: word,
    timestamp: new Date(timestampMs),
    raw: { word },
  };
  return {
    updateOne: {
      filter: { _id, clientId },
      update: { $set: { status: 'delivered', providerMessageId }, $push: { statusHistory: delivered } },
    },
  };
}

function webhookPaths(connection: MongoConnection): Record<string, WritePath> {
  const repository = createWebhookRepository(connection);
  const events = connection.collection('webhook_events') as unknown as Collection<WebhookEventDoc>;
  return {
    async 'webhook insert'(side, count) {
      const prepared = Array.from({ length: count }, (_, index) => webhookEvent(index));
      const mine = { _id: { $in: prepared.map(({ _id }) => _id) } };
      return {
        write(first, end) {
          const batch = prepared.slice(first, end);
          if (side === 'ours') return Promise.all(batch.map(repository.insert));
          const writes = batch.map((document) => ({ insertOne: { document } }));
          return events.bulkWrite(writes, { ordered: false, writeConcern: durableWrite });
        },
        countWritten: () => events.countDocuments({ status: 'pending', ...mine }),
        sample: async () => ({ ...(await events.findOne(mine, { sort: { receivedAt: -1 } })), _id: null }),
        clear: () => events.deleteMany(mine),
      };
    },
  };
}

const webhookEvent = (index: number): WebhookEventDoc => ({
  _id: new ObjectId(),
  receivedAt: at(index),
  body: receiptBody({
    wamid: wamidOf(index),
    word: 'delivered',
    timestampSeconds: startMs / 1_000 + index,
    opaque: `${index.toString(16).padStart(24, '0')}:1`,
    phoneNumberId: '106540352242922',
  }),
  status: 'pending',
  attempts: 0,
  nextAttemptAt: at(index),
});
