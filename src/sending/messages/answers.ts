import type { AnswerReport, AnswerState } from '../../inbox/sla/answer-log.ts';
import type { Receipt } from './contract.ts';
import type { MessageStatus } from './lifecycle.ts';
import type { MessageDoc } from './store/model.ts';

type Sent = Pick<
  MessageDoc,
  '_id' | 'direction' | 'senderType' | 'messageType' | 'conversationId' | 'afterArrival'
>;

/**
 * Whether a message answers the contact: a person of the business wrote it, by the product or on the phone. A reaction
 * says nothing.
 */
export const isAnswer = ({
  direction,
  senderType,
  messageType,
}: Omit<Sent, '_id' | 'conversationId'>): boolean =>
  direction === 'outbound' &&
  (senderType === 'agent' || senderType === 'phone') &&
  messageType !== 'reaction';

const leftStatuses: ReadonlySet<MessageStatus> = new Set(['sent', 'delivered', 'read']);

/** Whether the provider took the message, and nothing went wrong since. */
export const hasLeft = (status: MessageStatus): boolean => leftStatuses.has(status);

/** The report of a message that the provider took at `at`; null if it is no answer. */
export const reportOfSent = (
  message: Sent,
  { providerMessageId, at }: { readonly providerMessageId: string; readonly at: Date },
): AnswerReport | null =>
  isAnswer(message)
    ? {
        ...{ conversationId: message.conversationId, messageId: message._id },
        ...{ providerMessageId, state: 'sent', at },
        ...(message.afterArrival === 0 ? { isUnasked: true } : {}),
      }
    : null;

/** The report of a stored message that has left, for a process that ended before it told; null if it is no answer. */
export function reportOfStored(message: MessageDoc): AnswerReport | null {
  const { status, providerMessageId, statusHistory, timestamp } = message;
  if (providerMessageId === undefined || !leftStatuses.has(status)) return null;
  const left = statusHistory.find((entry) => leftStatuses.has(entry.status as MessageStatus));
  return reportOfSent(message, { providerMessageId, at: left?.timestamp ?? timestamp });
}

type Told = Omit<Sent, 'direction'> & { readonly status: MessageStatus };

/**
 * What receipts add to what is known of an answer: that it left, if that was unknown; that it failed; that it was delivered
 * after all. Receipts of a message that has left add nothing, and cost nothing.
 */
export function reportsOfReceipts(message: Told, receipts: readonly Receipt[]): readonly AnswerReport[] {
  if (!isAnswer({ ...message, direction: 'outbound' })) return [];
  const { _id: messageId, conversationId, status } = message;
  return receipts.flatMap(({ status: told, providerMessageId, timestampMs }) => {
    const state = told === null ? null : whatIsNew(status, told);
    return state === null
      ? []
      : [{ conversationId, messageId, providerMessageId, state, at: new Date(timestampMs) }];
  });
}

function whatIsNew(status: MessageStatus, told: NonNullable<Receipt['status']>): AnswerState | null {
  if (told === 'failed') return status === 'delivered' || status === 'read' ? null : 'failed';
  if (leftStatuses.has(status)) return null;
  return told === 'sent' ? 'sent' : 'delivered';
}
