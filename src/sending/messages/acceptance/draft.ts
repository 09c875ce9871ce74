import type { Types } from 'mongoose';
import type { ContactDoc } from '../../../people/contacts/directory.ts';
import { placeOfOwn } from '../../../inbox/conversations/order.ts';
import type { ConversationDoc, ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { GateFactsReader } from '../../gates/facts.ts';
import type { Issue } from '../../../platform/errors.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { assertGatesOpen, knownOptOut } from './gates.ts';
import { isTooFarAhead, maxDaysAhead } from '../rules.ts';
import type { SenderType } from '../store/model.ts';
import type { MessageDoc } from '../store/repository.ts';

export interface SendTimes {
  readonly sendAt?: Date | undefined;
  readonly expiresAt?: Date | undefined;
}

/** The earliest time at which a message may leave. */
export const earliestOf = ({ sendAt }: SendTimes, now: Date): Date =>
  sendAt !== undefined && sendAt > now ? sendAt : now;

export const tooFarAhead: Issue = {
  path: 'body.sendAt',
  message: `Must be within ${maxDaysAhead} days from now.`,
};

export function timeIssues(times: SendTimes, now: Date): Issue[] {
  const { sendAt, expiresAt } = times;
  const issues: Issue[] = [];
  if (sendAt !== undefined && isTooFarAhead(sendAt, now)) issues.push(tooFarAhead);
  if (expiresAt !== undefined && expiresAt <= earliestOf(times, now))
    issues.push({ path: 'body.expiresAt', message: 'Must be later than sendAt and than now.' });
  return issues;
}

export interface DraftInput {
  readonly contact: ContactDoc;
  /** Stores the contact, if it is new: called only once no gate refuses the message. */
  readonly keepContact?: (() => Promise<ContactDoc>) | undefined;
  readonly channelId: Types.ObjectId;
  /** The user who sends it; absent for a message of the product, which answers nobody. */
  readonly by?: Types.ObjectId | undefined;
  readonly times: SendTimes;
  readonly now: Date;
  /** The conversation takes the message in when it is stored, see `newer.ts`; otherwise now. */
  readonly isTakenInLater?: boolean;
  /** When the customer service window closes, if already read. */
  readonly windowExpiresAt?: Date | null;
  /** The fields that differ between kinds of messages. */
  readonly fields: Pick<MessageDoc, 'messageType' | 'content' | 'priority'> &
    Partial<
      Pick<
        MessageDoc,
        'to' | 'recipientUserId' | 'templateName' | 'category' | 'repliesTo' | 'contextMessageId'
      >
    >;
}

export interface DraftDeps {
  readonly conversations: ConversationThreads;
  readonly facts: GateFactsReader;
}

/**
 * Judges the gates, then stores a new contact, finds or opens the conversation, and composes the message. Does not
 * store the message. A refused message leaves neither contact nor conversation behind.
 */
export async function draftOutbound(
  scope: ClientScope,
  input: DraftInput,
  { conversations, facts }: DraftDeps,
): Promise<MessageDoc> {
  const { contact, keepContact, channelId, by, times, now, windowExpiresAt, fields } = input;
  const senderType: SenderType = by === undefined ? 'system' : 'agent';
  const known = {
    ...(windowExpiresAt === undefined ? {} : { windowExpiresAt }),
    ...(keepContact === undefined ? {} : { freshContact: contact }),
  };
  const judged = {
    ...fields,
    senderType,
    channelId,
    contactId: contact._id,
    ...(by === undefined ? {} : { afterOptOut: true as const }),
  };
  const read = await assertGatesOpen(facts, scope, { message: judged, now, known });
  const { _id: contactId } = keepContact === undefined ? contact : await keepContact();
  const sender = { senderType, channelId, contactId } as const;
  const { sendAt, expiresAt } = times;
  const isLater = sendAt !== undefined && sendAt > now;
  // A scheduled message has a time of its own, and a template is no part of the talk.
  const takesTurn = by !== undefined && !isLater && fields.messageType !== 'template';
  const key = { channelId, contactId };
  const isTakenInLater = input.isTakenInLater === true;
  const conversation = isTakenInLater
    ? await findThread(conversations, scope, key, now)
    : await conversations.findOrOpen(scope, key, now, { takesTurn, isMessage: true });
  const status = isLater ? 'scheduled' : 'queued';
  return {
    _id: newId(),
    ...scope,
    conversationId: conversation._id,
    ...sender,
    direction: 'outbound',
    ...(by === undefined ? {} : { ...knownOptOut(read), createdBy: by }),
    ...fields,
    status,
    timestamp: now,
    statusHistory: [{ key: `${status}:${now.getTime()}`, status, timestamp: now }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
    ...(isTakenInLater ? {} : placeOfOwn(conversation)),
    ...(takesTurn && !isTakenInLater && conversation.turns !== undefined ? { turn: conversation.turns } : {}),
    ...(isLater ? { sendAt } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** The live thread as it is; opens one if there is none. */
async function findThread(
  conversations: ConversationThreads,
  scope: ClientScope,
  key: Parameters<ConversationThreads['findLive']>[1],
  now: Date,
): Promise<ConversationDoc> {
  const live = await conversations.findLive(scope, key);
  return live?.leadId === undefined ? conversations.findOrOpen(scope, key, now) : live;
}
