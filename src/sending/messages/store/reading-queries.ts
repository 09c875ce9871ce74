import type { ClientSession, Types } from 'mongoose';
import type { PlacedMessage } from '../../../inbox/conversations/order.ts';
import type { FoundMessage, ReadableMessages } from '../../../inbox/conversations/readable-messages.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import type { MessageDoc } from './model.ts';

type Placed = Pick<
  MessageDoc,
  '_id' | 'timestamp' | 'direction' | 'senderType' | 'arrival' | 'afterArrival' | 'ordinal'
>;

const fields = {
  ...{ timestamp: 1, direction: 1, senderType: 1, arrival: 1, afterArrival: 1, ordinal: 1 },
} as const;

const newestFirst = { timestamp: -1, _id: -1 } as const;

/** Messages before one without numbers among which one with numbers is looked for. */
const maxBefore = 50;
/** Messages of earlier versions that one request numbers. */
const maxNumbered = 100;

/** A thread is short between the message and what came after it; clocks of our processes differ by less. */
const maxSkewMs = 60_000;

const writtenByContact = { direction: 'inbound', senderType: 'contact' } as const;

const isBehind = ({ timestamp, _id }: Pick<Placed, '_id' | 'timestamp'>): ScopedFilter<MessageDoc> => ({
  timestamp: { $gte: timestamp },
  $or: [{ timestamp: { $gt: timestamp } }, { _id: { $gte: _id } }],
});

const isBefore = ({ timestamp, _id }: Pick<Placed, '_id' | 'timestamp'>): ScopedFilter<MessageDoc> => ({
  timestamp: { $lte: timestamp },
  $or: [{ timestamp: { $lt: timestamp } }, { _id: { $lt: _id } }],
});

/** What is read, and what came after a message. */
export const createReadingQueries = (messages: TenantCollection<MessageDoc>) => {
  const placed = createPlaces(messages);
  return {
    ...createUnreadCounts(messages),
    ...createNumbering(messages),
    ...createNewerQueries(messages),
    ...createMarkableQueries(messages),

    async findInConversation(
      scope: ClientScope,
      {
        conversationId,
        messageId: _id,
      }: { readonly conversationId: Types.ObjectId; readonly messageId: Types.ObjectId },
      session?: ClientSession,
    ): Promise<FoundMessage | null> {
      const options = { projection: fields, session };
      const found = await messages.findOne<Placed>(scope, { _id, conversationId }, options);
      return found === null ? null : placed(scope, conversationId, found, session);
    },

    async findLastIn(
      scope: ClientScope,
      conversationId: Types.ObjectId,
      session?: ClientSession,
    ): Promise<FoundMessage | null> {
      const options = { projection: fields, sort: newestFirst, session };
      const found = await messages.findOne<Placed>(scope, { conversationId }, options);
      return found === null ? null : placed(scope, conversationId, found, session);
    },

    /** By number, or in the thread if none has one. */
    async findLastArrival(
      scope: ClientScope,
      conversationId: Types.ObjectId,
      session?: ClientSession,
    ): Promise<FoundMessage | null> {
      const found =
        (await messages.findOne<Placed>(
          scope,
          { conversationId, arrival: { $exists: true } },
          { projection: fields, sort: { arrival: -1 }, session },
        )) ??
        (await messages.findOne<Placed>(
          scope,
          { conversationId, ...writtenByContact, isImported: { $ne: true } },
          { projection: fields, sort: newestFirst, session },
        ));
      return found === null ? null : placed(scope, conversationId, found, session);
    },
  } satisfies Partial<ReadableMessages>;
};

/** Gives a message without numbers those of the numbered one before it. */
const createPlaces =
  (messages: TenantCollection<MessageDoc>) =>
  async (
    scope: ClientScope,
    conversationId: Types.ObjectId,
    { _id, timestamp, arrival, afterArrival, ordinal }: Placed,
    session?: ClientSession,
  ): Promise<FoundMessage> => {
    const own = { _id, timestamp, isArrival: arrival !== undefined, isUncounted: ordinal === undefined };
    if (ordinal !== undefined || arrival !== undefined)
      return { ...own, arrival: arrival ?? afterArrival ?? 0, ordinal: ordinal ?? 0 };
    const before = await messages.find<Placed>(
      scope,
      { conversationId, ...isBefore({ _id, timestamp }) },
      { projection: fields, sort: newestFirst, limit: maxBefore, session },
    );
    const known = before.find((message) => message.ordinal !== undefined);
    return { ...own, arrival: known?.arrival ?? known?.afterArrival ?? 0, ordinal: known?.ordinal ?? 0 };
  };

const createUnreadCounts = (messages: TenantCollection<MessageDoc>) => ({
  /** Reads at most `atMost` entries of an index for each conversation: numbers have no gap. */
  async countUnread(
    scope: ClientScope,
    positions: Parameters<ReadableMessages['countUnread']>[1],
    { atMost, session }: Parameters<ReadableMessages['countUnread']>[2],
  ): Promise<ReadonlyMap<string, number>> {
    if (positions.length === 0) return new Map();
    const found = await messages.aggregate<{ readonly _id: Types.ObjectId; readonly count: number }>(
      scope,
      {
        $or: positions.map(({ conversationId, readUpTo }) => ({
          ...{ conversationId, arrival: { $gt: readUpTo, $lte: readUpTo + atMost } },
        })),
      },
      [{ $group: { _id: '$conversationId', count: { $sum: 1 } } }],
      { session },
    );
    return new Map(found.map(({ _id, count }) => [_id.toHexString(), count]));
  },
});

/** What a read mark needs of a message. */
export interface MarkableMessage {
  readonly _id: Types.ObjectId;
  readonly providerMessageId: string;
  readonly writtenAt: Date;
}

const createMarkableQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** The latest message that the contact wrote since then, up to this number; one without a number is read. */
  async findMarkable(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    { upTo, since }: { readonly upTo: number; readonly since: Date },
  ): Promise<MarkableMessage | null> {
    const found = await messages.findOne<
      Pick<MessageDoc, '_id' | 'timestamp'> & { readonly providerMessageId: string }
    >(
      scope,
      {
        ...{ conversationId, ...writtenByContact, timestamp: { $gte: since }, isImported: { $ne: true } },
        // Those of reactions and calls are no ids of messages that can be marked.
        ...{ messageType: { $nin: ['reaction', 'call'] }, providerMessageId: { $exists: true } },
        $or: [{ arrival: { $lte: upTo } }, { arrival: { $exists: false } }],
      },
      { projection: { providerMessageId: 1, timestamp: 1 }, sort: newestFirst },
    );
    if (found === null) return null;
    const { _id, providerMessageId, timestamp: writtenAt } = found;
    return { _id, providerMessageId, writtenAt };
  },
});

const createNumbering = (messages: TenantCollection<MessageDoc>) => ({
  /** Places a message that came with the backlog, and now arrives live. */
  async setPlace(
    scope: ClientScope,
    _id: Types.ObjectId,
    place: Pick<MessageDoc, 'arrival' | 'ordinal'>,
    session: ClientSession,
  ): Promise<void> {
    await messages.updateOne(scope, { _id }, { $set: place }, { session });
  },

  async numberEarlier(
    scope: ClientScope,
    { conversationId, ...from }: Parameters<ReadableMessages['numberEarlier']>[1],
    session: ClientSession,
  ): Promise<number | null> {
    const unnumbered = await messages.find<Placed>(
      scope,
      {
        ...{ conversationId, ...writtenByContact, arrival: { $exists: false }, isImported: { $ne: true } },
        ...isBehind(from),
      },
      { projection: { _id: 1 }, sort: newestFirst, limit: maxNumbered, session },
    );
    if (unnumbered.length === 0) return null;
    const lowest = await messages.findOne<Placed>(
      scope,
      { conversationId, arrival: { $exists: true } },
      { projection: { arrival: 1 }, sort: { arrival: 1 }, session },
    );
    let next = Math.min(lowest?.arrival ?? 1, 1);
    for (const { _id } of unnumbered) {
      next -= 1;
      await messages.updateOne(scope, { _id }, { $set: { arrival: next } }, { session });
    }
    return next;
  },
});

/** What a person who answers has not seen. */
export interface NewerMessage {
  readonly _id: Types.ObjectId;
  readonly direction: MessageDoc['direction'];
  readonly ordinal?: number;
}

const createNewerQueries = (messages: TenantCollection<MessageDoc>) => ({
  /**
   * The latest message that the conversation took in after this one; null if there is none. The contact's are found by
   * number, those of the business in the thread behind it.
   */
  async findNewer(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    { arrival, ordinal, timestamp }: PlacedMessage,
    session: ClientSession,
  ): Promise<NewerMessage | null> {
    const options = { projection: { direction: 1, ordinal: 1 }, session } as const;
    const inbound = await messages.findOne<NewerMessage>(
      scope,
      { conversationId, arrival: { $gt: arrival } },
      { ...options, sort: { arrival: -1 } },
    );
    const since = new Date(timestamp.getTime() - maxSkewMs);
    const outbound = await messages.findOne<NewerMessage>(
      scope,
      { conversationId, timestamp: { $gte: since }, direction: 'outbound', ordinal: { $gt: ordinal } },
      { ...options, sort: newestFirst },
    );
    if (inbound === null || outbound === null) return inbound ?? outbound;
    return (inbound.ordinal ?? 0) > (outbound.ordinal ?? 0) ? inbound : outbound;
  },
});
