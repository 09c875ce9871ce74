import type { ClientSession, Types } from 'mongoose';
import type { EventRecorder } from '../../events/recorder.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { notificationEventOf } from './events.ts';
import type { NotificationDoc, NotificationRepository } from './repository.ts';

/** A note that mentions users. */
export type Mentioning = Pick<NotificationDoc, 'noteId' | 'conversationId' | 'byId' | 'createdAt'> & {
  readonly userIds: readonly Types.ObjectId[];
};

export type MentionNotices = ReturnType<typeof createMentionNotices>;

export interface MentionNoticeDeps {
  readonly notifications: Pick<NotificationRepository, 'listOfNote' | 'insertMany' | 'removeOfNote'>;
  readonly events: Pick<EventRecorder, 'recordMany'>;
}

/** What notes tell the users whom they mention, in the transaction of the note. */
export const createMentionNotices = ({ notifications, events }: MentionNoticeDeps) => ({
  /**
   * Notifies each user once per note for ever, and not about their own mention. Of two changes of a note at once the
   * unique index refuses the second, whose transaction is repeated.
   */
  async tell(scope: ClientScope, { userIds, ...mention }: Mentioning, session: ClientSession): Promise<void> {
    if (userIds.length === 0) return;
    const earlier = await notifications.listOfNote(scope, mention.noteId, session);
    const told = [mention.byId, ...earlier.map(({ userId }) => userId)];
    const fresh = userIds
      .filter((userId) => !told.some((other) => other.equals(userId)))
      .map((userId) => ({ _id: newId(), ...scope, userId, kind: 'mention' as const, ...mention }));
    await notifications.insertMany(scope, fresh, session);
    await events.recordMany(
      scope,
      session,
      fresh.map((one) => notificationEventOf(one, 'created')),
    );
  },

  /** Takes all notifications of a deleted note back. */
  async retract(scope: ClientScope, noteId: Types.ObjectId, session: ClientSession): Promise<void> {
    const found = await notifications.listOfNote(scope, noteId, session);
    await notifications.removeOfNote(scope, noteId, session);
    await events.recordMany(
      scope,
      session,
      found.map((one) => notificationEventOf(one, 'deleted')),
    );
  },
});
