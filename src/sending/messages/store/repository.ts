import type { ClientSession, Connection, Types } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../../platform/tenant-collection.ts';
import type { EndObserver } from '../observer.ts';
import { messageModel, type MessageDoc } from './model.ts';
import { createAnswerFacts } from './answer-facts.ts';
import { createCallQueries } from './call-queries.ts';
import { createCallWrites } from './call-writes.ts';
import { createConsentWrites } from './consent-writes.ts';
import { createDispatchWrites } from './dispatch-writes.ts';
import { createEpisodeQueries } from './episode-queries.ts';
import { createInboundWrites, type MessageIdentity } from './inbound-writes.ts';
import { createLastWordsQueries } from './last-words-queries.ts';
import { createListQueries } from './list-queries.ts';
import { createMessageMarkQueries, markMessages } from './marks.ts';
import { createReadingQueries } from './reading-queries.ts';
import { createReceiptQueries } from './receipt-queries.ts';
import { createTokenRepairs, searchMessages } from './search.ts';
import { createRetryQueries } from './retry-queries.ts';
import { createSweepQueries } from './sweep-queries.ts';
import { createTurnWrites } from './turn-writes.ts';
import { createUsageQueries } from './usage-queries.ts';
import { createWaitQueries } from './wait-queries.ts';
import { createSourceRepository } from '../sources/repository.ts';

export type { MessageChange, MessageContent, MessageDoc } from './model.ts';
export type { Claim } from './claim-writes.ts';
export type { MarkableMessage, NewerMessage } from './reading-queries.ts';
export type { ReceiptTarget } from './receipt-queries.ts';
export type { MessageFilter, MessageListItem, MessagePosition, MessageRange } from './list-queries.ts';
export type { FailedFilter } from './retry-queries.ts';
export type { HeldFilter } from './usage-queries.ts';

/** What an answer needs of the message that it quotes. */
/** Of more people whose messages have the same id, the answered one may not be found. */
const maxOfOneId = 20;

export type AnsweredMessage = Pick<
  MessageDoc,
  '_id' | 'direction' | 'contactId' | 'to' | 'recipientUserId' | 'timestamp'
> & { readonly dispatch: { readonly startedAt?: Date } };

export type MessageRepository = ReturnType<typeof createMessageRepository>;

/** All queries of the messages collection. Writes are compare-and-set on the statuses that `lifecycle.ts` allows. */
export function createMessageRepository(connection: Connection, onEnded?: EndObserver) {
  const messages = markMessages(searchMessages(openTenantCollection(messageModel, connection)));
  const writeBulk = messages.createBulkWriter();

  return {
    ...createCallQueries(messages),
    ...createCallWrites(messages),
    ...createConsentWrites(messages),
    ...createDispatchWrites(messages, writeBulk, onEnded),
    ...createInboundWrites(messages),
    ...createListQueries(messages),
    ...createMessageMarkQueries(messages),
    ...createReadingQueries(messages),
    ...createReceiptQueries(messages, writeBulk),
    ...createSourceRepository(connection),
    ...createUsageQueries(messages),
    ...createRetryQueries(messages),
    ...createSweepQueries(messages),
    ...createTokenRepairs(messages),
    ...createTurnWrites(messages),
    ...createWaitQueries(messages),
    ...createLastWordsQueries(messages),
    ...createAnswerFacts(messages),
    ...createEpisodeQueries(messages),
    ...createQuotedQueries(messages),

    findById: (
      scope: ClientScope,
      _id: Types.ObjectId,
      session?: ClientSession,
    ): Promise<MessageDoc | null> => messages.findOne(scope, { _id }, { session }),

    /** Stores a new message; false if the idempotency key or the provider's id is taken. */
    async insert(scope: ClientScope, message: MessageDoc): Promise<boolean> {
      try {
        await writeBulk(scope, [{ insertOne: { document: message } }]);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    /** As `insert`, in a transaction; throws the duplicate key error. */
    insertAccepted: (scope: ClientScope, message: MessageDoc, session: ClientSession): Promise<void> =>
      messages.insertOne(scope, message, { session }),

    findByIdempotencyKey: (scope: ClientScope, idempotencyKey: string): Promise<MessageDoc | null> =>
      messages.findOne(scope, { idempotencyKey }),
  };
}

/** The messages that an answer of a contact names. */
const createQuotedQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** The messages of a channel with this provider id, in either direction, and whom they were for: one, as a rule. */
  findAnswered: (
    scope: ClientScope,
    { channelId, providerMessageId }: Pick<MessageIdentity, 'channelId' | 'providerMessageId'>,
  ): Promise<AnsweredMessage[]> =>
    messages.find<AnsweredMessage>(
      scope,
      { providerMessageId, channelId },
      {
        limit: maxOfOneId,
        projection: {
          direction: 1,
          contactId: 1,
          to: 1,
          recipientUserId: 1,
          timestamp: 1,
          'dispatch.startedAt': 1,
        },
      },
    ),

  /** Whom the messages with these provider ids were sent to. */
  findQuoted: (
    scope: ClientScope,
    providerMessageIds: readonly string[],
  ): Promise<Pick<MessageDoc, 'contactId' | 'to' | 'recipientUserId'>[]> =>
    messages.find<Pick<MessageDoc, 'contactId' | 'to' | 'recipientUserId'>>(
      scope,
      { providerMessageId: { $in: providerMessageIds }, direction: 'outbound' },
      { projection: { contactId: 1, to: 1, recipientUserId: 1 } },
    ),
});
