import mongoose from 'mongoose';
import type { ContactRecord } from '../../src/people/contacts/store/model.ts';
import type { ConversationRecord } from '../../src/inbox/conversations/model.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';

const { ObjectId } = mongoose.Types;
type ObjectId = mongoose.Types.ObjectId;

export interface Owner {
  readonly clientId: ObjectId;
  readonly channelId: ObjectId;
  /** One digit that keeps the ids of owners apart. */
  readonly mark: string;
}

export interface ListSizes {
  readonly messages: number;
  /** Also the number of contacts. */
  readonly conversations: number;
}

const batchSize = 5_000;
const firstMoment = Date.UTC(2026, 0, 1);
const statuses = ['open', 'pending', 'closed'] as const;

/** Grows with the index, so that the order of a list is known in advance. */
const idOf = (kind: 'a' | 'b' | 'c' | 'd', { mark }: Owner, index: number): ObjectId =>
  ObjectId.createFromHexString(`${kind}${mark}${index.toString(16).padStart(22, '0')}`);

/** Two items share each moment, so that the id decides their order. */
const momentOf = (index: number): Date => new Date(firstMoment + Math.floor(index / 2) * 1_000);

/** The position of item `index` in a list with the newest first. */
export const messagePosition = (owner: Owner, index: number) => ({
  key: momentOf(index),
  id: idOf('a', owner, index),
});
export const conversationPosition = (owner: Owner, index: number) => ({
  key: momentOf(index),
  id: idOf('b', owner, index),
});

/** Writes the lists of one owner directly into the database, in chronological order as in production. */
export async function storeLists(
  db: mongoose.mongo.Db,
  owner: Owner,
  { messages, conversations }: ListSizes,
): Promise<void> {
  await Promise.all([
    insertAll(db.collection<MessageDoc>('messages'), messages, (index) =>
      makeMessage(owner, index, conversations),
    ),
    (async () => {
      await insertAll(db.collection<ContactRecord>('contacts'), conversations, (index) =>
        makeContact(owner, index),
      );
      await insertAll(db.collection<ConversationRecord>('conversations'), conversations, (index) =>
        makeConversation(owner, index),
      );
    })(),
  ]);
}

async function insertAll<Doc extends mongoose.mongo.Document>(
  collection: mongoose.mongo.Collection<Doc>,
  count: number,
  make: (index: number) => mongoose.mongo.OptionalUnlessRequiredId<Doc>,
): Promise<void> {
  for (let first = 0; first < count; first += batchSize) {
    const length = Math.min(batchSize, count - first);
    await collection.insertMany(
      Array.from({ length }, (_, offset) => make(first + offset)),
      { ordered: false },
    );
  }
}

/** The stored document of a message that was sent, delivered and read. */
function makeMessage(owner: Owner, index: number, conversations: number): MessageDoc {
  const at = momentOf(index);
  const later = (ms: number) => new Date(at.getTime() + ms);
  const entry = (status: string, ms: number) => ({ key: `${status}:${index}`, status, timestamp: later(ms) });
  const place = index % conversations;
  const attempt = { number: 1, startedAt: later(20), endedAt: later(90), outcome: 'accepted' } as const;
  const parameters = ['Ana', String(index)].map((text) => ({ type: 'text' as const, text }));
  return {
    _id: idOf('a', owner, index),
    clientId: owner.clientId,
    conversationId: idOf('b', owner, place),
    channelId: owner.channelId,
    contactId: idOf('c', owner, place),
    direction: 'outbound',
    senderType: 'agent',
    messageType: 'template',
    to: phoneOf(place),
    content: {
      text: `Hello Ana, your order ${index} is on its way.`,
      template: {
        name: 'order_update',
        language: { code: 'en_US' },
        components: [{ type: 'body', parameters }],
      },
    },
    templateName: 'order_update',
    status: 'read',
    timestamp: at,
    providerMessageId: `wamid.${owner.mark}${String(index).padStart(40, '0')}`,
    statusHistory: [
      entry('queued', 0),
      entry('sending', 20),
      entry('sent', 90),
      entry('delivered', 240),
      entry('read', 490),
    ],
    dispatch: { attempt: 1, isCalling: false, attempts: [attempt] },
  };
}

function makeContact(owner: Owner, index: number): ContactRecord {
  const phoneNumber = phoneOf(index);
  const at = momentOf(index);
  return {
    _id: idOf('c', owner, index),
    clientId: owner.clientId,
    phoneNumber,
    identityKeys: [`phone:${phoneNumber}`],
    name: `Ana Souza ${index}`,
    nameKey: `ana souza ${index}`,
    tags: [],
    optInStatus: 'opted-in',
    customFields: {},
    consentLog: [],
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
}

function makeConversation(owner: Owner, index: number): ConversationRecord {
  const at = momentOf(index);
  return {
    _id: idOf('b', owner, index),
    clientId: owner.clientId,
    leadId: idOf('d', owner, index),
    contactId: idOf('c', owner, index),
    channelId: owner.channelId,
    status: statuses[index % statuses.length] ?? 'open',
    lastMessageAt: at,
    windowExpiresAt: new Date(at.getTime() + 86_400_000),
    unreadCount: index % 4 === 0 ? 2 : 0,
    createdAt: at,
    version: 1,
    history: [],
  };
}

const phoneOf = (index: number): string => `+1555${String(index).padStart(7, '0')}`;
