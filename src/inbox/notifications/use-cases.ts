import type { Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { notificationEventOf } from './events.ts';
import type { NotificationDoc, NotificationFilter, NotificationRepository } from './repository.ts';

export type { NotificationDoc, NotificationFilter } from './repository.ts';

export interface NotificationUseCaseDeps {
  readonly notifications: NotificationRepository;
  /** For the live events: nothing is audited. */
  readonly audit: Pick<AuditService, 'runInTransaction' | 'events'>;
  readonly clock: Clock;
}

export type NotificationUseCases = ReturnType<typeof createNotificationUseCases>;

/** More than these are shown as so many. */
export const maxUnreadCount = 100;

/**
 * What users do with their own notifications. Nothing of it is audited: whether somebody has read a notification
 * concerns nobody else.
 */
export function createNotificationUseCases({ notifications, audit, clock }: NotificationUseCaseDeps) {
  const countUnread = (scope: ClientScope, userId: Types.ObjectId): Promise<number> =>
    notifications.countUnread(scope, userId, maxUnreadCount);

  return {
    countUnread,

    async list(
      scope: ClientScope,
      filter: NotificationFilter & Pick<NotificationDoc, 'userId'>,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<NotificationDoc> },
    ): Promise<Page<NotificationDoc>> {
      return toPage(await notifications.list(scope, filter, order, limit + 1), limit, order.cursorOf);
    },

    /** Marks the user's notifications up to this one as read, and returns how many are unread. Idempotent. */
    async markRead(scope: ClientScope, userId: Types.ObjectId, upTo: Types.ObjectId): Promise<number> {
      await audit.runInTransaction(async (session) => {
        const last = await notifications.findOf(scope, { userId, _id: upTo }, session);
        if (last === null) throw notFound('notification');
        if (await notifications.markRead(scope, last, { readAt: clock.now(), session }))
          await audit.events.record(scope, session, notificationEventOf(last, 'read'));
      });
      return countUnread(scope, userId);
    },
  };
}
