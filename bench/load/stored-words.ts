import mongoose from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { tokensOfContent } from '../../src/sending/messages/store/search.ts';
import { contactOf, conversationOf, type Owner } from './stored-conversations.ts';

const { ObjectId } = mongoose.Types;
type ObjectId = mongoose.Types.ObjectId;

const batchSize = 5_000;
/** A million messages are of the last 81 days, which a search covers. */
const gapMs = 7_000;
/** Message 0 is the latest. */
export const timeOf = (index: number, now: number): Date => new Date(now - index * gapMs);

/** Words as in a language: the first of 5,000 is in most messages, the last in few. */
const vocabulary = Array.from({ length: 5_000 }, (_, index) => wordOf(index));

function wordOf(index: number): string {
  const syllables = ['ba', 'ke', 'li', 'mo', 'nu', 'pa', 're', 'si', 'to', 'wu'];
  return Array.from(String(index + 10), (digit) => syllables[Number(digit)] ?? '').join('');
}

/** Of nearly half of the messages. */
export const commonWord = wordOf(1);
/** Of about one message in 3,000. */
export const rareWord = wordOf(4_000);
export const orderOf = (index: number): string => `INV-2026/${String(index).padStart(7, '0')}`;

/** A pseudo-random number that depends only on its arguments. */
const noise = (index: number, place: number): number => {
  const mixed = Math.imul((index + 1) ^ Math.imul(place + 1, 0x9e37_79b1), 0x85eb_ca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
};

function textOf(index: number): string {
  const words = Array.from({ length: 12 }, (_, place) => {
    const rank = Math.floor(vocabulary.length ** noise(index, place)) - 1;
    return vocabulary[rank] ?? '';
  });
  return index % 10 === 0 ? `${words.join(' ')} ${orderOf(index)}` : words.join(' ');
}

function makeMessage({ clientId, channelId }: Owner, index: number, now: number): MessageDoc {
  const content = { text: textOf(index) };
  const timestamp = timeOf(index, now);
  return {
    _id: new ObjectId(),
    ...{ clientId, channelId },
    contactId: contactOf(index),
    conversationId: conversationOf(index),
    direction: 'inbound',
    senderType: 'contact',
    messageType: 'text',
    content,
    status: 'received',
    timestamp,
    providerMessageId: `wamid.${clientId.toHexString()}.${index}`,
    statusHistory: [{ key: 'received', status: 'received', timestamp }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
    searchTokens: tokensOfContent(content),
  };
}

/** Stores the messages `from` to `to`; returns the tokens of one on the average. */
export async function storeWords(
  db: mongoose.mongo.Db,
  owner: Owner,
  { from, to, now }: { readonly from: number; readonly to: number; readonly now: number },
): Promise<number> {
  const messages = db.collection<MessageDoc>('messages');
  let tokens = 0;
  for (let first = from; first < to; first += batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, to - first) }, (_, offset) =>
      makeMessage(owner, first + offset, now),
    );
    tokens += batch.reduce((sum, { searchTokens = [] }) => sum + searchTokens.length, 0);
    await messages.insertMany(batch, { ordered: false });
  }
  return tokens / (to - from);
}
