import type { ClientSession } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc, ConversationRepository } from './repository.ts';

export type { ConversationDoc } from './repository.ts';
export type { LiveConversation, LivePlace } from './wait-writes.ts';

/** What is stored of waits. */
export type WaitStore = Pick<ConversationRepository, 'findById' | 'setWait' | 'listLive' | 'settleArrivals'>;

/** Since when contacts wait for an answer. */
export interface ConversationWaits {
  /**
   * A message of `at` that awaits an answer is being stored in this conversation, which was just written: usually the wait
   * that this write began, or the one before it, is right. Reads the messages only if it may be answered already.
   */
  followArrival(
    scope: ClientScope,
    conversation: ConversationDoc,
    at: Date,
    session: ClientSession,
  ): Promise<void>;
}

/** An earlier version closes a conversation without ending the wait. */
export const waitingSinceOf = ({
  status,
  waitingSince,
}: Pick<ConversationDoc, 'status' | 'waitingSince'>): Date | null =>
  status === 'closed' ? null : (waitingSince ?? null);
