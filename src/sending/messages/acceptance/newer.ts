import type { Types } from 'mongoose';
import { placeOfOwn, type PlacedMessage } from '../../../inbox/conversations/order.ts';
import type { ConversationThreads, TouchedThread } from '../../../inbox/conversations/threads.ts';
import { AppError, type Issue } from '../../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { MessageDoc, MessageRepository, NewerMessage } from '../store/repository.ts';
import { findTarget, isInChat, type Chat } from './target.ts';

/** The last message that the writer of an answer has seen. */
export interface SeenMessage extends PlacedMessage {
  readonly conversationId: Types.ObjectId;
}

export interface NewerDeps {
  readonly messages: Pick<MessageRepository, 'findNewer' | 'insertAccepted'>;
  readonly conversations: Pick<ConversationThreads, 'takeIn'>;
  readonly runInTransaction: RunInTransaction;
}

/** The message that a request names as the last one seen; null if it names none. Throws `not-found`. */
export async function findSeen(
  scope: ClientScope,
  id: Types.ObjectId | undefined,
  { messages }: { readonly messages: Pick<MessageRepository, 'findById' | 'findInConversation'> },
): Promise<{ readonly message: MessageDoc; readonly seen: SeenMessage } | null> {
  const message = await findTarget(scope, id, { messages });
  if (message === null) return null;
  const { _id: messageId, conversationId } = message;
  const found = await messages.findInConversation(scope, { conversationId, messageId });
  if (found === null) return null;
  return { message, seen: { ...found, conversationId } };
}

export const seenIssues = (message: MessageDoc, chat: Chat): Issue[] =>
  isInChat(message, chat)
    ? []
    : [{ path: 'body.lastSeenMessageId', message: 'This message belongs to another conversation.' }];

/**
 * Stores an answer only if its conversation took nothing in since the message that its writer saw last; else returns
 * `newer-message`. The conversation counts the answer in the same transaction: if two users answer at once, the second
 * transaction meets a write conflict, is repeated, and finds the first answer. Null if the idempotency key is taken.
 */
export const createStoreUnlessNewer =
  ({ messages, conversations, runInTransaction }: NewerDeps) =>
  async (
    scope: ClientScope,
    message: MessageDoc,
    seen: SeenMessage,
  ): Promise<MessageDoc | AppError | null> => {
    const { conversationId, timestamp, status } = message;
    const takesTurn = status !== 'scheduled';
    try {
      return await runInTransaction(async (session) => {
        const thread = await conversations.takeIn(scope, conversationId, timestamp, { takesTurn, session });
        if (thread === null) throw new Error('The conversation of an answer is gone.');
        for (const { of, after } of placesToLook(thread, seen)) {
          const newer = await messages.findNewer(scope, of, after, session);
          if (newer !== null) throw hasNewer(newer);
        }
        const { turns: turn } = thread;
        const placed = {
          ...{ ...message, ...placeOfOwn(thread) },
          ...(takesTurn && turn !== undefined ? { turn } : {}),
        };
        await messages.insertAccepted(scope, placed, session);
        return placed;
      });
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      if (error instanceof AppError && error.code === 'newer-message') return error;
      throw error;
    }
  };

interface PlaceToLook {
  readonly of: Types.ObjectId;
  readonly after: PlacedMessage;
}

/** Where something newer may be; nowhere if the answer got the number right after the message that was seen. */
function placesToLook(thread: TouchedThread, seen: SeenMessage): readonly PlaceToLook[] {
  const ownOrdinal = thread.lastOrdinal ?? 1;
  const afterSeen = { of: seen.conversationId, after: seen };
  if (thread._id.equals(seen.conversationId)) return ownOrdinal === seen.ordinal + 1 ? [] : [afterSeen];
  // The one that was seen is closed: nothing of the present one was.
  const beginning = { arrival: 0, ordinal: 0, timestamp: new Date(0) };
  return ownOrdinal === 1 ? [afterSeen] : [afterSeen, { of: thread._id, after: beginning }];
}

function hasNewer({ _id, direction }: NewerMessage): AppError {
  const newerMessageId = _id.toHexString();
  const what =
    direction === 'inbound'
      ? `The contact wrote the message ${newerMessageId} in the meantime.`
      : `The message ${newerMessageId} was sent to the contact in the meantime.`;
  return new AppError('newer-message', what, { extensions: { newerMessageId } });
}
