import type { Types } from 'mongoose';
import type { InboundItem } from '../../../whatsapp/events.ts';
import type { MessageDoc } from '../store/repository.ts';

/** How far the provider's clock may be ahead of ours. */
const maxSkewMs = 60_000;
/** WhatsApp did not exist before. */
const earliestMs = Date.UTC(2009, 0, 1);

/**
 * When a message was written: the provider's time, or `now` if that time is missing, before WhatsApp existed, or in the
 * future. A message "from 2100" must not keep the window open, sort above all others, or make a STOP the last word
 * until then.
 */
export function messageTime(timestampMs: number | null, now: Date): Date {
  if (timestampMs === null || timestampMs < earliestMs) return now;
  return timestampMs > now.getTime() + maxSkewMs ? now : new Date(timestampMs);
}

const secondMs = 1_000;

/**
 * The place in the thread of a message written at `at` that arrives at `now`. The provider's times are whole seconds and
 * mean any moment of their second, so the message stands as late in it as it can have been written: after what was sent
 * before it arrived, and in the order of arrival. Also if the provider's clock is ahead.
 */
export function threadTimes(at: Date, now: Date): Pick<MessageDoc, 'timestamp' | 'writtenAt'> {
  if (at.getTime() % secondMs !== 0) return { timestamp: at };
  const timestamp = new Date(Math.min(at.getTime() + secondMs - 1, now.getTime()));
  return timestamp.getTime() === at.getTime() ? { timestamp } : { timestamp, writtenAt: at };
}

/** The type was not recognised: the person used a feature that the Cloud API does not have. */
const unsupportedCode = '131051';

/** What a person did to an earlier message, reported as unsupported. */
const changeTypes: ReadonlySet<string> = new Set(['edit', 'revoke', 'delete', 'deleted']);

/** What WhatsApp itself puts into a thread: news of the contact, an opened chat, a file that follows. */
const ofWhatsApp: ReadonlySet<string> = new Set(['system', 'request_welcome', 'media_placeholder']);

type Judged = Pick<
  InboundItem,
  'messageType' | 'change' | 'reaction' | 'errors' | 'unsupportedType' | 'contextId'
>;

/**
 * Whether the contact wrote something to the business with this item: only that opens the customer service window,
 * counts as unread and makes a lead. What WhatsApp tells about the contact does not, nor the change of an earlier
 * message, a removed reaction, or a message that the provider could not deliver to us for a reason of its own.
 */
export function isWrittenByContact(item: Judged): boolean {
  const { messageType, change, reaction, errors = [], unsupportedType } = item;
  if (change !== undefined || changeTypes.has(messageType) || ofWhatsApp.has(messageType)) return false;
  if (reaction !== undefined) return reaction.emoji !== undefined;
  if (messageType !== 'unsupported') return true;
  if (unsupportedType !== undefined && changeTypes.has(unsupportedType)) return false;
  return errors.every(({ code }) => code === unsupportedCode);
}

/**
 * The message that an answer of the contact names by its id, among those of the channel with this id: one with the contact
 * comes first, then one of the business. Null if there is none.
 */
export const answeredOf = <Found extends Pick<MessageDoc, 'direction' | 'contactId'>>(
  found: readonly Found[],
  contactId?: Types.ObjectId,
): Found | null =>
  found.find((message) => contactId !== undefined && message.contactId.equals(contactId)) ??
  found.find(({ direction }) => direction === 'outbound') ??
  found[0] ??
  null;
