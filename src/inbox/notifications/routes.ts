import { route } from '../../http/route.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import {
  ListNotificationsQuery,
  MarkNotificationsReadBody,
  NotificationPage,
  UnreadNotifications,
} from './schemas.ts';
import type { NotificationUseCases } from './use-cases.ts';
import { toNotificationView } from './view.ts';

const tag = 'Notes';
const access = ['admin', 'agent'] as const;

export const notificationRoutes = ({ notifications }: { readonly notifications: NotificationUseCases }) => [
  route({
    method: 'get',
    path: '/api/notifications',
    operationId: 'listNotifications',
    summary: 'List your notifications',
    description: 'Newest first. They are kept for 180 days.',
    tag,
    access,
    query: ListNotificationsQuery,
    replies: { 200: NotificationPage },
    async handle({ actor: { clientId, userId }, query: { limit, cursor, unread } }) {
      const filter = { userId, ...(unread === undefined ? {} : { isUnread: true as const }) };
      const order = newestFirst(cursor);
      const page = await notifications.list(scopeOf(clientId), filter, { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toNotificationView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/notifications/unread',
    operationId: 'getUnreadNotifications',
    summary: 'Count your unread notifications',
    description: 'Counted when you ask; for the number beside a bell.',
    tag,
    access,
    replies: { 200: UnreadNotifications },
    async handle({ actor: { clientId, userId } }) {
      const unreadCount = await notifications.countUnread(scopeOf(clientId), userId);
      return { status: 200, body: { unreadCount } };
    },
  }),
  route({
    method: 'post',
    path: '/api/notifications/read',
    operationId: 'markNotificationsRead',
    summary: 'Mark your notifications as read',
    description: 'Marks one and all older ones. Repeating it changes nothing.',
    tag,
    access,
    body: MarkNotificationsReadBody,
    replies: { 200: UnreadNotifications },
    problems: ['not-found'],
    async handle({ actor: { clientId, userId }, body }) {
      const unreadCount = await notifications.markRead(scopeOf(clientId), userId, body.upTo);
      return { status: 200, body: { unreadCount } };
    },
  }),
];
