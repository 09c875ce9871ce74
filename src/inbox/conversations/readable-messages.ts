import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { PlacedMessage } from './order.ts';

export interface ReadPosition {
  readonly conversationId: Types.ObjectId;
  readonly readUpTo: number;
}

/** A message of a conversation, with its place. */
export interface FoundMessage extends PlacedMessage {
  readonly _id: Types.ObjectId;
  /** The contact wrote it, and it is counted. */
  readonly isArrival: boolean;
  /** It has no numbers: an earlier version stored it, or nobody wrote it. */
  readonly isUncounted: boolean;
}

/** The messages as reading needs them. Sending has them. */
export interface ReadableMessages {
  /** The unread messages of each conversation that has some, up to `atMost`, by the id of the conversation. */
  countUnread(
    scope: ClientScope,
    positions: readonly ReadPosition[],
    options: { readonly atMost: number; readonly session?: ClientSession },
  ): Promise<ReadonlyMap<string, number>>;
  /** Null if the conversation has no such message. */
  findInConversation(
    scope: ClientScope,
    message: { readonly conversationId: Types.ObjectId; readonly messageId: Types.ObjectId },
    session?: ClientSession,
  ): Promise<FoundMessage | null>;
  /** The latest message in the thread; null if there is none. */
  findLastIn(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    session?: ClientSession,
  ): Promise<FoundMessage | null>;
  /** The latest message that the contact wrote; null if there is none. */
  findLastArrival(
    scope: ClientScope,
    conversationId: Types.ObjectId,
    session?: ClientSession,
  ): Promise<FoundMessage | null>;
  /**
   * Numbers what the contact wrote from this message on and earlier versions did not number, at most 100 of it, below all
   * other numbers; returns the lowest new one, or null if there was nothing.
   */
  numberEarlier(
    scope: ClientScope,
    from: Pick<FoundMessage, '_id' | 'timestamp'> & { readonly conversationId: Types.ObjectId },
    session: ClientSession,
  ): Promise<number | null>;
}
