import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { payloadOf, reactionOf } from '../../content/payload.ts';
import { readableText } from '../../content/text.ts';
import type { ContactDoc } from '../../contacts/service.ts';
import { isWindowOpen } from '../../conversations/rules.ts';
import { AppError, notFound, type Issue } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { draftOutbound, earliestOf, timeIssues } from './draft.ts';
import { findRecipient, invalidRecipient } from './recipient.ts';
import type { MessageContent, MessageDoc, MessageRepository } from '../store/repository.ts';
import { priorityOf } from '../rules.ts';
import type { SendMessageBody } from '../schemas.ts';
import type { TemplateSendDeps } from './template.ts';

export interface FreeFormSendDeps extends TemplateSendDeps {
  readonly messages: MessageRepository;
}

export interface FreeFormSend {
  readonly body: SendMessageBody;
  /** The user who sends it. */
  readonly by: Types.ObjectId;
  readonly now: Date;
}

/** The chat that a message goes into: null for the contact who is not known, and so has never written. */
interface Chat {
  readonly contactId: Types.ObjectId | null;
  readonly channelId: Types.ObjectId;
}

/** Checks a free-form message, then finds or opens its conversation and writes it down. No contact is made for it. */
export async function draftFreeFormMessage(
  scope: ClientScope,
  { body, by, now }: FreeFormSend,
  deps: FreeFormSendDeps,
): Promise<MessageDoc> {
  const recipient = await findRecipient(scope, body, deps);
  const { _id: channelId } = await deps.channels.requireForSend(scope, body.channelId ?? recipient.channelId);
  const contact = recipient.contact ?? (await findByPhone(scope, recipient.phoneNumber, deps));
  const target = await findTarget(scope, body, deps);
  const issues = [
    ...timeIssues(body, now),
    ...targetIssues(body, target, { contactId: contact?._id ?? null, channelId, now }),
  ];
  const windowExpiresAt =
    contact === null ? null : await deps.conversations.windowOf(scope, { channelId, contactId: contact._id });
  const isOpen = isWindowOpen(windowExpiresAt, now);
  if (isOpen && !isWindowOpen(windowExpiresAt, earliestOf(body, now))) issues.push(tooLate(windowExpiresAt));
  if (issues.length > 0)
    throw new AppError('invalid-input', 'The message cannot be sent.', { errors: issues });
  if (!isOpen || contact === null) throw await windowClosed(scope, { channelId, windowExpiresAt }, deps);
  const fields = {
    messageType: body.content.type,
    ...addressOf(contact, recipient.phoneNumber),
    content: contentOf(body, target),
    priority: priorityOf('free-form'),
    ...repliesTo(body, target),
  };
  return draftOutbound(scope, { contact, channelId, by, times: body, now, windowExpiresAt, fields }, deps);
}

const findByPhone = async (
  scope: ClientScope,
  phoneNumber: string | undefined,
  { contacts }: FreeFormSendDeps,
): Promise<ContactDoc | null> =>
  phoneNumber === undefined ? null : contacts.findByPhone(scope, phoneNumber);

/** The message that is reacted to or answered; null when the body names none. One of another client is not found. */
async function findTarget(
  scope: ClientScope,
  { content, replyTo }: SendMessageBody,
  { messages }: FreeFormSendDeps,
): Promise<MessageDoc | null> {
  const id = content.type === 'reaction' ? Types.ObjectId.createFromHexString(content.messageId) : replyTo;
  if (id === undefined) return null;
  const target = await messages.findById(scope, id);
  if (target === null) throw notFound('message');
  return target;
}

function targetIssues(
  { content, ...times }: SendMessageBody,
  target: MessageDoc | null,
  { now, ...chat }: Chat & { readonly now: Date },
): Issue[] {
  if (target === null) return [];
  const path = content.type === 'reaction' ? 'body.content.messageId' : 'body.replyTo';
  const isHere =
    chat.contactId !== null &&
    target.contactId.equals(chat.contactId) &&
    target.channelId.equals(chat.channelId);
  if (!isHere) return [{ path, message: 'This message belongs to another conversation.' }];
  if (target.providerMessageId === undefined) {
    return [{ path, message: `WhatsApp does not know this message: it is ${target.status}.` }];
  }
  return content.type === 'reaction' ? reactionIssues(path, target, earliestOf(times, now)) : [];
}

/** WhatsApp takes no reaction to a message older than this, and tells so by a receipt only. */
const mostReactedMs = 30 * 24 * 3_600_000;

function reactionIssues(path: string, { messageType, timestamp }: MessageDoc, leavesAt: Date): Issue[] {
  if (messageType === 'reaction') return [{ path, message: 'This message is a reaction itself.' }];
  const isOld = leavesAt.getTime() - timestamp.getTime() > mostReactedMs;
  return isOld ? [{ path, message: 'This message is older than 30 days.' }] : [];
}

const tooLate = (windowExpiresAt: Date | null): Issue => ({
  path: 'body.sendAt',
  message: `Must be before ${windowExpiresAt?.toISOString()}, when the customer service window closes.`,
});

async function windowClosed(
  scope: ClientScope,
  { channelId, windowExpiresAt }: { channelId: Types.ObjectId; windowExpiresAt: Date | null },
  { templates }: FreeFormSendDeps,
): Promise<AppError> {
  const since =
    windowExpiresAt === null
      ? 'The contact has never written on this channel.'
      : `The customer service window closed at ${windowExpiresAt.toISOString()}.`;
  return new AppError('window-closed', `${since} Only a template can be sent now.`, {
    extensions: { templates: await templates.suggest(scope, channelId) },
  });
}

/** By phone where there is one: Meta then reaches people of every version of the app. */
function addressOf(
  { businessScopedUserId }: ContactDoc,
  phoneNumber: string | undefined,
): Pick<MessageDoc, 'to' | 'recipientUserId'> {
  if (phoneNumber !== undefined) return { to: phoneNumber };
  if (businessScopedUserId !== undefined) return { recipientUserId: businessScopedUserId };
  throw invalidRecipient(
    'contactId',
    'This contact has neither a phone number nor a business-scoped user id.',
  );
}

function contentOf({ content }: SendMessageBody, target: MessageDoc | null): MessageContent {
  const text = readableText(content);
  const words = text === null ? {} : { text };
  if (content.type !== 'reaction') return { ...words, payload: payloadOf(content) };
  assert(target?.providerMessageId !== undefined, 'the target of a reaction has been checked');
  return { ...words, payload: reactionOf(content, target.providerMessageId) };
}

/** What is stored of the target; a reaction names it in its own object and has no context. */
const repliesTo = (
  { content }: SendMessageBody,
  target: MessageDoc | null,
): Pick<MessageDoc, 'repliesTo' | 'contextMessageId'> => ({
  ...(target === null ? {} : { repliesTo: target._id }),
  ...(target?.providerMessageId === undefined || content.type === 'reaction'
    ? {}
    : { contextMessageId: target.providerMessageId }),
});
