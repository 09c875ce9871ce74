import type { ClientSession, Types } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { NotificationDoc, NotificationRepository } from './repository.ts';

/** A note that mentions users. */
export type Mentioning = Pick<NotificationDoc, 'noteId' | 'conversationId' | 'byId' | 'createdAt'> & {
  readonly userIds: readonly Types.ObjectId[];
};

export type MentionNotices = ReturnType<typeof createMentionNotices>;

/** What notes tell the users whom they mention, in the transaction of the note. */
export const createMentionNotices = (
  notifications: Pick<NotificationRepository, 'usersToldOf' | 'insertMany' | 'removeOfNote'>,
) => ({
  /**
   * Notifies each user once per note for ever, and not about their own mention. Of two changes of a note at once the
   * unique index refuses the second, whose transaction is repeated.
   */
  async tell(scope: ClientScope, { userIds, ...mention }: Mentioning, session: ClientSession): Promise<void> {
    if (userIds.length === 0) return;
    const told = [mention.byId, ...(await notifications.usersToldOf(scope, mention.noteId, session))];
    const fresh = userIds
      .filter((userId) => !told.some((other) => other.equals(userId)))
      .map((userId) => ({ _id: newId(), ...scope, userId, kind: 'mention' as const, ...mention }));
    await notifications.insertMany(scope, fresh, session);
  },

  /** Takes all notifications of a deleted note back. */
  retract: (scope: ClientScope, noteId: Types.ObjectId, session: ClientSession): Promise<void> =>
    notifications.removeOfNote(scope, noteId, session),
});
