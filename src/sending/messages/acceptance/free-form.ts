import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { reactionOf } from '../content/payload.ts';
import { freeFormContent } from '../content/stored.ts';
import { readableText } from '../content/text.ts';
import type { ContactDoc } from '../../../people/contacts/directory.ts';
import { isWindowOpen } from '../../../inbox/conversations/rules.ts';
import { AppError, type Issue } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Drafted } from './accept.ts';
import { findSeen, seenIssues, type SeenMessage } from './newer.ts';
import { draftOutbound, earliestOf, timeIssues } from './draft.ts';
import { assertNoIssues, findOrCollect, invalidInput } from './issues.ts';
import { addressOf, findRecipient } from './recipient.ts';
import type { MessageContent, MessageDoc } from '../store/repository.ts';
import { priorityOf } from '../rules.ts';
import type { SendMessageBody } from '../schemas.ts';
import { fileIssues } from './file.ts';
import { findTarget, placeIssues, replyFields, type Chat } from './target.ts';
import type { TemplateSendDeps } from './template.ts';

export interface FreeFormSend {
  readonly body: SendMessageBody;
  /** The user who sends it; absent for a message of the product. */
  readonly by?: Types.ObjectId;
  readonly now: Date;
}

/** A request that has passed all checks. */
interface CheckedFreeFormSend {
  readonly contact: ContactDoc;
  readonly address: ReturnType<typeof addressOf>;
  readonly channelId: Types.ObjectId;
  readonly target: MessageDoc | null;
  readonly seen: SeenMessage | null;
  readonly windowExpiresAt: Date | null;
}

/** Checks a free-form message, then finds or opens its conversation and composes it. Never creates a contact. */
export async function draftFreeFormMessage(
  scope: ClientScope,
  { body, by, now }: FreeFormSend,
  deps: TemplateSendDeps,
): Promise<Drafted> {
  const checked = await checkSend(scope, body, { deps, now });
  const { contact, address, channelId, target, seen, windowExpiresAt } = checked;
  const fields = {
    messageType: body.content.type,
    ...address,
    content: contentOf(body, target),
    priority: priorityOf('free-form'),
    ...repliesTo(body, target),
  };
  const sender = by === undefined ? {} : { by };
  const draft = { contact, channelId, ...sender, times: body, now, windowExpiresAt, fields };
  const message = await draftOutbound(scope, { ...draft, isTakenInLater: seen !== null }, deps);
  return { message, seen };
}

async function checkSend(
  scope: ClientScope,
  body: SendMessageBody,
  { deps, now }: { deps: TemplateSendDeps; now: Date },
): Promise<CheckedFreeFormSend> {
  const issues = timeIssues(body, now);
  const recipient = await findOrCollect(issues, () => findRecipient(scope, body, deps));
  const address = recipient && (await findOrCollect(issues, () => addressOf(recipient)));
  const namedId = body.channelId ?? recipient?.channelId;
  const channel = await findOrCollect(issues, () => deps.channels.requireForSend(scope, namedId));
  const target = await findOrCollect(issues, () => findTarget(scope, targetId(body), deps));
  const last = await findOrCollect(issues, () => findSeen(scope, body.lastSeenMessageId, deps));
  // The remaining checks concern the chat, so they need both contact and channel.
  if (!recipient || !address || !channel) throw invalidInput(issues);
  const { _id: channelId } = channel;
  const contact = recipient.contact ?? (await deps.contacts.findByPhone(scope, recipient.phoneNumber));
  const chat = { contactId: contact?._id ?? null, channelId };
  issues.push(...targetIssues(body, target, { ...chat, now }));
  if (last !== null) issues.push(...seenIssues(last.message, chat));
  issues.push(...((await findOrCollect(issues, () => fileIssues(scope, body.content, deps))) ?? []));
  const windowExpiresAt =
    contact === null ? null : await deps.conversations.windowOf(scope, { channelId, contactId: contact._id });
  const isOpen = isWindowOpen(windowExpiresAt, now);
  if (isOpen && !isWindowOpen(windowExpiresAt, earliestOf(body, now))) issues.push(tooLate(windowExpiresAt));
  assertNoIssues(issues);
  if (!isOpen || contact === null) throw await windowClosed(scope, { channelId, windowExpiresAt }, deps);
  return { contact, address, channelId, target, seen: last?.seen ?? null, windowExpiresAt };
}

const targetId = ({ content, replyTo }: SendMessageBody): Types.ObjectId | undefined =>
  content.type === 'reaction' ? Types.ObjectId.createFromHexString(content.messageId) : replyTo;

function targetIssues(
  { content, ...times }: SendMessageBody,
  target: MessageDoc | null,
  { now, ...chat }: Chat & { readonly now: Date },
): Issue[] {
  if (target === null) return [];
  const path = content.type === 'reaction' ? 'body.content.messageId' : 'body.replyTo';
  const misplaced = placeIssues(path, target, chat);
  if (misplaced.length > 0) return misplaced;
  return content.type === 'reaction' ? reactionIssues(path, target, earliestOf(times, now)) : [];
}

/** WhatsApp refuses reactions to older messages, and reports that only by a receipt. */
const maxReactedMs = 30 * 24 * 3_600_000;

function reactionIssues(path: string, { messageType, timestamp }: MessageDoc, leavesAt: Date): Issue[] {
  if (messageType === 'reaction') return [{ path, message: 'This message is a reaction itself.' }];
  const isOld = leavesAt.getTime() - timestamp.getTime() > maxReactedMs;
  return isOld ? [{ path, message: 'This message is older than 30 days.' }] : [];
}

const tooLate = (windowExpiresAt: Date | null): Issue => ({
  path: 'body.sendAt',
  message: `Must be before ${windowExpiresAt?.toISOString()}, when the customer service window closes.`,
});

async function windowClosed(
  scope: ClientScope,
  { channelId, windowExpiresAt }: { channelId: Types.ObjectId; windowExpiresAt: Date | null },
  { templates }: TemplateSendDeps,
): Promise<AppError> {
  const since =
    windowExpiresAt === null
      ? 'The contact has never written to this channel.'
      : `The customer service window closed at ${windowExpiresAt.toISOString()}.`;
  return new AppError('window-closed', `${since} Only a template can be sent now.`, {
    extensions: { templates: await templates.suggest(scope, channelId) },
  });
}

function contentOf({ content }: SendMessageBody, target: MessageDoc | null): MessageContent {
  if (content.type !== 'reaction') return freeFormContent(content);
  assert(target?.providerMessageId !== undefined, 'the target of a reaction has been checked');
  const text = readableText(content);
  return { ...(text === null ? {} : { text }), payload: reactionOf(content, target.providerMessageId) };
}

/** The stored references to the target. A reaction names it in its payload instead of the context. */
function repliesTo({ content }: SendMessageBody, target: MessageDoc | null): ReturnType<typeof replyFields> {
  if (content.type !== 'reaction') return replyFields(target);
  return target === null ? {} : { repliesTo: target._id };
}
