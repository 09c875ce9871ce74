import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { notificationModel, type NotificationDoc } from './model.ts';

export type { NotificationDoc } from './model.ts';

export interface NotificationFilter {
  readonly isUnread?: true;
}

export type NotificationRepository = ReturnType<typeof createNotificationRepository>;

export function createNotificationRepository(connection: Connection) {
  const notifications = openTenantCollection(notificationModel, connection);

  const toQuery = ({ isUnread }: NotificationFilter): ScopedFilter<NotificationDoc> =>
    isUnread === true ? { readAt: null } : {};

  return {
    findOf: (
      scope: ClientScope,
      userId: Types.ObjectId,
      _id: Types.ObjectId,
    ): Promise<NotificationDoc | null> => notifications.findOne(scope, { _id, userId }),

    list: (
      scope: ClientScope,
      { userId, ...filter }: NotificationFilter & Pick<NotificationDoc, 'userId'>,
      order: ListOrder<NotificationDoc>,
      limit: number,
    ): Promise<NotificationDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        notifications.find(
          scope,
          { ...toQuery(filter), ...(range as ScopedFilter<NotificationDoc>), userId },
          { sort: order.sort, limit: atMost },
        ),
      ),

    /** Counts up to `atMost`. */
    countUnread: (scope: ClientScope, userId: Types.ObjectId, atMost: number): Promise<number> =>
      notifications.count(scope, { userId, readAt: null }, { limit: atMost }),

    /** The users whom the note has notified. */
    async usersToldOf(
      scope: ClientScope,
      noteId: Types.ObjectId,
      session: ClientSession,
    ): Promise<Types.ObjectId[]> {
      const found = await notifications.find(scope, { noteId }, { projection: { userId: 1 }, session });
      return found.map(({ userId }) => userId);
    },

    insertMany: (
      scope: ClientScope,
      fresh: readonly NotificationDoc[],
      session: ClientSession,
    ): Promise<void> => notifications.insertMany(scope, fresh, { session }),

    async removeOfNote(scope: ClientScope, noteId: Types.ObjectId, session: ClientSession): Promise<void> {
      await notifications.deleteMany(scope, { noteId }, { session });
    },

    /** Marks the user's unread notifications up to this one as read. */
    async markRead(
      scope: ClientScope,
      { userId, _id, createdAt }: Pick<NotificationDoc, 'userId' | '_id' | 'createdAt'>,
      readAt: Date,
    ): Promise<void> {
      await notifications.updateMany(
        scope,
        { userId, readAt: null, $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lte: _id } }] },
        { $set: { readAt } },
      );
    },
  };
}
