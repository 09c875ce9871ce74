import type { Types } from 'mongoose';
import type { MessageOrder } from '../../../inbox/conversations/order.ts';
import { newId } from '../../../platform/ids.ts';
import { addressOfMessage, type Address } from '../../gates/recipient.ts';
import type { AutomaticRetryRule } from '../../../whatsapp/error-rule.ts';
import { earlierOf } from '../rules.ts';
import type { MessageDoc, SenderType } from '../store/model.ts';

export interface RetryDraft {
  readonly now: Date;
  /** Not before this time; absent: now. */
  readonly sendAt?: Date;
  readonly senderType?: SenderType;
  readonly createdBy?: Types.ObjectId;
  /** Its place among the answers of the conversation. */
  readonly turn?: number;
  /** Its place among all messages of the conversation. */
  readonly place?: MessageOrder;
  /** The contact's current address; without it as the original. */
  readonly address?: Address | null;
  /** A person retries this message although its contact has opted out. */
  readonly afterOptOut?: true;
}

/**
 * Composes a retry of a failed or unknown message: the same content to the same contact at its current address, as a new
 * message with its own workflow. The original keeps its status. The unique index on `retryOf` allows one retry per message.
 */
export function draftRetry(
  original: MessageDoc,
  draft: RetryDraft,
): MessageDoc & Required<Pick<MessageDoc, 'retryOf'>> {
  const { now, sendAt } = draft;
  const isLater = sendAt !== undefined && sendAt > now;
  const status = isLater ? 'scheduled' : 'queued';
  const expiresAt = endOf(original, now);
  const createdBy = draft.createdBy ?? original.createdBy;
  const afterOptOut = draft.afterOptOut ?? original.afterOptOut;
  return {
    _id: newId(),
    clientId: original.clientId,
    conversationId: original.conversationId,
    channelId: original.channelId,
    contactId: original.contactId,
    direction: 'outbound',
    senderType: draft.senderType ?? original.senderType,
    messageType: original.messageType,
    ...(draft.address ?? addressOfMessage(original)),
    ...(original.repliesTo === undefined ? {} : { repliesTo: original.repliesTo }),
    ...(original.contextMessageId === undefined ? {} : { contextMessageId: original.contextMessageId }),
    content: original.content,
    ...(original.templateName === undefined ? {} : { templateName: original.templateName }),
    ...(original.category === undefined ? {} : { category: original.category }),
    ...(original.priority === undefined ? {} : { priority: original.priority }),
    status,
    timestamp: now,
    statusHistory: [{ key: `${status}:${now.getTime()}`, status, timestamp: now }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
    ...(original.survey === undefined ? {} : { survey: original.survey }),
    retryOf: original._id,
    retryNumber: (original.retryNumber ?? 0) + 1,
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(afterOptOut === undefined ? {} : { afterOptOut }),
    ...(draft.turn === undefined ? {} : { turn: draft.turn }),
    ...draft.place,
    ...(isLater ? { sendAt } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Drops an expiry that has passed, which was the original's only; keeps the end of the offer. */
const endOf = ({ expiresAt, content }: MessageDoc, now: Date): Date | undefined =>
  earlierOf(expiresAt !== undefined && expiresAt > now ? expiresAt : undefined, offerEndOf(content));

/** When the offer of a template message ends; undefined if it has none. */
export function offerEndOf({ template }: MessageDoc['content']): Date | undefined {
  const offer = template?.components?.find((component) => component.type === 'limited_time_offer');
  const [parameter] = offer?.parameters ?? [];
  return parameter === undefined ? undefined : new Date(parameter.limited_time_offer.expiration_time_ms);
}

/**
 * When an automatic retry of a failed message may leave; null: never. Sign-in codes are not retried, because minutes
 * later the person has requested another one.
 */
export function automaticRetryTimeOf(
  failed: Pick<MessageDoc, 'retriedBy' | 'retryNumber' | 'category' | 'expiresAt' | 'sendAt' | 'timestamp'>,
  { afterMs, factor = 1, max, withinMs }: AutomaticRetryRule,
  now: Date,
): Date | null {
  const { retriedBy, retryNumber = 0, category, expiresAt, timestamp, sendAt: wanted = timestamp } = failed;
  if (retriedBy !== undefined || retryNumber >= max || category === 'authentication') return null;
  const sendAt = new Date(now.getTime() + afterMs * factor ** retryNumber);
  if (expiresAt !== undefined && expiresAt <= sendAt) return null;
  return withinMs !== undefined && sendAt.getTime() - wanted.getTime() > withinMs ? null : sendAt;
}
