import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import { touchOf, type ArrivalTouch } from './arrival-writes.ts';
import type { ConversationDoc, ConversationRecord } from './model.ts';

/** The writes of messages that do not change what people do with a conversation. */
export const createAsideWrites = (conversations: TenantCollection<ConversationRecord>) => ({
  /** A closed thread after a message that is unread, and reopens nothing; null if it is not closed. */
  receiveAside: (
    scope: ClientScope,
    _id: Types.ObjectId,
    arrival: ArrivalTouch,
    session: ClientSession,
  ): Promise<ConversationDoc | null> =>
    conversations.findOneAndUpdate(scope, { _id, status: 'closed' }, touchOf(arrival), {
      ...{ returnDocument: 'after', projection: { history: 0 }, session },
    }),

  /**
   * The thread, open or closed, after a message that nobody has to read and that is no news in the list: of the product, or
   * one that the contact wrote, which opens the window. Null if the thread is gone.
   */
  takeInAside: (
    scope: ClientScope,
    _id: Types.ObjectId,
    session: ClientSession,
    written: Partial<Pick<ArrivalTouch, 'windowExpiresAt' | 'windowFrom'>> = {},
  ): Promise<ConversationDoc | null> => {
    const { windowExpiresAt, windowFrom } = written;
    const options = { returnDocument: 'after', projection: { history: 0 }, session } as const;
    const $inc = { lastOrdinal: 1 };
    return windowExpiresAt === undefined || windowFrom === undefined
      ? conversations.findOneAndUpdate(scope, { _id }, { $inc }, options)
      : conversations.findOneAndUpdate(
          scope,
          { _id },
          { $max: { windowExpiresAt, windowFrom }, $inc },
          options,
        );
  },
});
