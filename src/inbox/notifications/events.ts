import type { NewEvent } from '../../events/declare.ts';
import type { NotificationDoc } from './model.ts';

/** What happens to a notification, in this order at most: that is its version. */
const verbs = ['created', 'read', 'deleted'] as const;

/** The live event of a notification, for its user alone. */
export function notificationEventOf(
  { _id: id, userId, kind, noteId, conversationId }: NotificationDoc,
  verb: (typeof verbs)[number],
): NewEvent {
  return {
    type: `notification.${verb}`,
    entity: { type: 'notification', id },
    version: verbs.indexOf(verb) + 1,
    audience: { userId },
    view: { kind, noteId: noteId.toHexString(), conversationId: conversationId.toHexString() },
  };
}
