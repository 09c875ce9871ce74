import { z } from 'zod';
import { objectIdText, openEnum } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { notificationKinds } from './model.ts';
import { maxUnreadCount } from './use-cases.ts';

export const ListNotificationsQuery = z.strictObject({
  ...pageQuery,
  unread: z
    .literal('true', { error: 'Must be true if given.' })
    .optional()
    .meta({ description: '`true` lists only unread ones' }),
});

export const MarkNotificationsReadBody = z
  .strictObject({
    upTo: objectIdText.meta({
      description: 'The newest notification that you have seen: it and all older ones become read',
    }),
  })
  .meta({ id: 'MarkNotificationsReadBody', examples: [{ upTo: '665f1f77bcf86cd799439051' }] });

export const UnreadNotifications = z
  .object({ unreadCount: z.int().meta({ description: `${maxUnreadCount} stands for that many or more` }) })
  .meta({ id: 'UnreadNotifications', examples: [{ unreadCount: 2 }] });

export const NotificationView = z
  .object({
    id: z.string(),
    kind: openEnum(notificationKinds).meta({ description: '`mention`: a note mentions you' }),
    noteId: z.string(),
    conversationId: z.string(),
    byUserId: z.string().meta({ description: 'The user who mentioned you' }),
    readAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'Notification',
    examples: [
      {
        id: '665f1f77bcf86cd799439051',
        kind: 'mention',
        noteId: '665f1f77bcf86cd799439041',
        conversationId: '665f1c2ab7e4d3a9c8b01240',
        byUserId: '665f1c2ab7e4d3a9c8b01234',
        readAt: null,
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type NotificationView = z.input<typeof NotificationView>;

export const NotificationPage = pageOf(NotificationView, 'NotificationPage');
