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
      { userId, _id }: Pick<NotificationDoc, 'userId' | '_id'>,
      session: ClientSession,
    ): Promise<NotificationDoc | null> => notifications.findOne(scope, { _id, userId }, { session }),

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

    listOfNote: (
      scope: ClientScope,
      noteId: Types.ObjectId,
      session: ClientSession,
    ): Promise<NotificationDoc[]> => notifications.find(scope, { noteId }, { session }),

    insertMany: (
      scope: ClientScope,
      fresh: readonly NotificationDoc[],
      session: ClientSession,
    ): Promise<void> => notifications.insertMany(scope, fresh, { session }),

    async removeOfNote(scope: ClientScope, noteId: Types.ObjectId, session: ClientSession): Promise<void> {
      await notifications.deleteMany(scope, { noteId }, { session });
    },

    /** Marks the user's unread notifications up to this one as read; false if there was none. */
    async markRead(
      scope: ClientScope,
      { userId, _id, createdAt }: Pick<NotificationDoc, 'userId' | '_id' | 'createdAt'>,
      { readAt, session }: { readonly readAt: Date; readonly session: ClientSession },
    ): Promise<boolean> {
      const { modifiedCount } = await notifications.updateMany(
        scope,
        { userId, readAt: null, $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lte: _id } }] },
        { $set: { readAt } },
        { session },
      );
      return modifiedCount > 0;
    },
  };
}
