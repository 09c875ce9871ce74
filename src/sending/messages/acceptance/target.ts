import type { Types } from 'mongoose';
import { notFound, type Issue } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';

/** The chat of a message. `contactId` is null for an unknown contact, who has therefore never written. */
export interface Chat {
  readonly contactId: Types.ObjectId | null;
  readonly channelId: Types.ObjectId;
}

/** The message to react or reply to; null if the request names none. Throws `not-found`. */
export async function findTarget(
  scope: ClientScope,
  id: Types.ObjectId | undefined,
  { messages }: { readonly messages: Pick<MessageRepository, 'findById'> },
): Promise<MessageDoc | null> {
  if (id === undefined) return null;
  const target = await messages.findById(scope, id);
  if (target === null) throw notFound('message');
  return target;
}

export const isInChat = (
  message: Pick<MessageDoc, 'contactId' | 'channelId'>,
  { contactId, channelId }: Chat,
): boolean =>
  contactId !== null && message.contactId.equals(contactId) && message.channelId.equals(channelId);

/** WhatsApp quotes only messages of the same chat, and by its own id. */
export function placeIssues(path: string, target: MessageDoc, chat: Chat): Issue[] {
  if (!isInChat(target, chat)) return [{ path, message: 'This message belongs to another conversation.' }];
  return target.providerMessageId === undefined
    ? [{ path, message: `WhatsApp does not have this message: it is ${target.status}.` }]
    : [];
}

/** The stored references of a reply to its target. */
export const replyFields = (
  target: MessageDoc | null,
): Pick<MessageDoc, 'repliesTo' | 'contextMessageId'> => ({
  ...(target === null ? {} : { repliesTo: target._id }),
  ...(target?.providerMessageId === undefined ? {} : { contextMessageId: target.providerMessageId }),
});
