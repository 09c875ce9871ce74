import type { NotificationView } from './schemas.ts';
import type { NotificationDoc } from './use-cases.ts';

export const toNotificationView = (notification: NotificationDoc): NotificationView => ({
  id: notification._id.toHexString(),
  kind: notification.kind,
  noteId: notification.noteId.toHexString(),
  conversationId: notification.conversationId.toHexString(),
  byUserId: notification.byId.toHexString(),
  readAt: notification.readAt?.toISOString() ?? null,
  createdAt: notification.createdAt.toISOString(),
});
