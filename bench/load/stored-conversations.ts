import mongoose from 'mongoose';
import { identityKeysOf } from '../../src/people/contacts/rules.ts';
import type { ContactRecord } from '../../src/people/contacts/store/model.ts';
import type { ConversationRecord } from '../../src/inbox/conversations/model.ts';

const { ObjectId } = mongoose.Types;
type ObjectId = mongoose.Types.ObjectId;

/** Messages of one conversation. */
const threadLength = 20;
const batchSize = 2_000;

const idOf = (prefix: string, index: number): ObjectId =>
  ObjectId.createFromHexString(`${prefix}${index.toString(16).padStart(22, '0')}`);

const placeOf = (messageIndex: number): number => Math.floor(messageIndex / threadLength);

/** The conversation of a stored message, and the contact of both. */
export const conversationOf = (messageIndex: number): ObjectId => idOf('c0', placeOf(messageIndex));
export const contactOf = (messageIndex: number): ObjectId => idOf('c1', placeOf(messageIndex));

/** The conversation with the latest messages. */
export const latestConversation = conversationOf(0);

export interface Owner {
  readonly clientId: ObjectId;
  readonly channelId: ObjectId;
}

interface Stored {
  /** The numbers of the messages, 0 the latest. */
  readonly from: number;
  readonly to: number;
  readonly timeOf: (messageIndex: number) => Date;
}

/** Few are open, as in a business that answers; in some of those the contact waits. */
const openOneIn = 20;
const waitsOneIn = 60;
const unreadOneIn = 40;

function makeConversation(
  { clientId, channelId }: Owner,
  index: number,
  { timeOf }: Stored,
): ConversationRecord {
  const first = index * threadLength;
  const lastMessageAt = timeOf(first);
  const isOpen = index % openOneIn === 0;
  return {
    _id: conversationOf(first),
    ...{ clientId, channelId },
    contactId: contactOf(first),
    status: isOpen ? 'open' : 'closed',
    lastMessageAt,
    ...(isOpen ? {} : { closedAt: lastMessageAt }),
    ...(index % waitsOneIn === 0 ? { waitingSince: lastMessageAt } : {}),
    unreadCount: index % unreadOneIn === 0 ? 1 : 0,
    windowExpiresAt: lastMessageAt,
    changedAt: lastMessageAt,
    createdAt: timeOf(first + threadLength - 1),
    version: 1,
    history: [],
  };
}

function makeContact({ clientId }: Owner, index: number, { timeOf }: Stored): ContactRecord {
  const createdAt = timeOf(index * threadLength);
  const phoneNumber = `+1202${String(index).padStart(7, '0')}`;
  return {
    ...{ _id: contactOf(index * threadLength), clientId, phoneNumber, name: `Contact ${index}` },
    identityKeys: identityKeysOf({ phoneNumber }),
    optInStatus: 'opted-in',
    ...{ tags: [], customFields: {}, consentLog: [], createdAt, updatedAt: createdAt, version: 1 },
  };
}

/** Stores the conversations of these messages, each with its contact. */
export async function storeConversations(db: mongoose.mongo.Db, owner: Owner, stored: Stored): Promise<void> {
  const [first, end] = [placeOf(stored.from), placeOf(stored.to)];
  for (let from = first; from < end; from += batchSize) {
    const indexes = Array.from({ length: Math.min(batchSize, end - from) }, (_, offset) => from + offset);
    await db.collection<ContactRecord>('contacts').insertMany(
      indexes.map((index) => makeContact(owner, index, stored)),
      { ordered: false },
    );
    await db.collection<ConversationRecord>('conversations').insertMany(
      indexes.map((index) => makeConversation(owner, index, stored)),
      { ordered: false },
    );
  }
}
