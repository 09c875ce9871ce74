import { type Clock, secondsBetween } from '../platform/clock.ts';
import type { Measured } from '../platform/metrics.ts';
import { labelsOfError } from '../whatsapp/error-labels.ts';
import type { sendingInstruments } from './instruments.ts';
import type { ReceiptService } from './messages/incoming/receipts.ts';
import { parseReceiptStatus } from './messages/lifecycle.ts';
import type { DispatchObserver, EndObserver, ObservedMessage } from './messages/observer.ts';
import type { MessageDoc, MessageRepository } from './messages/store/repository.ts';
import type { createSweep } from './messages/sweep.ts';

/**
 * Each observer wraps one interface and counts what passes through it, so that the wrapped code knows nothing of
 * metrics. No observer changes a result or an error.
 */

type SendingMetrics = Measured<typeof sendingInstruments>;

const defaultPriority = 3;

const priorityLabel = ({
  priority = defaultPriority,
}: Pick<ObservedMessage, 'timestamp' | 'priority'>): string => String(priority);

/** Counts newly stored outbound messages. Only the database can tell a repeated request from a new one. */
export const observeAcceptance = (
  messages: MessageRepository,
  { instruments }: SendingMetrics,
): MessageRepository => {
  const count = (message: MessageDoc) =>
    instruments.messagesAccepted.add({ kind: message.messageType, priority: priorityLabel(message) });
  const isAccepted = ({ direction, senderType }: MessageDoc): boolean =>
    direction === 'outbound' && senderType !== 'phone';
  return {
    ...messages,
    async insert(scope, message) {
      const isNew = await messages.insert(scope, message);
      if (isNew && isAccepted(message)) count(message);
      return isNew;
    },
    async insertAccepted(scope, message, session) {
      await messages.insertAccepted(scope, message, session);
      count(message);
    },
    async insertRetry(scope, message, session) {
      await messages.insertRetry(scope, message, session);
      count(message);
    },
  };
};

export const createDispatchObserver = ({ instruments }: SendingMetrics): DispatchObserver => ({
  callBegins(message) {
    const { timestamp, sendAt = timestamp, dispatch } = message;
    if (dispatch.attempt !== 1 || dispatch.startedAt === undefined) return;
    const couldLeaveAt = sendAt > timestamp ? sendAt : timestamp;
    const waited = secondsBetween(couldLeaveAt, dispatch.startedAt);
    instruments.acceptanceToCall.observe({ priority: priorityLabel(message) }, waited);
  },
  outcomeKnown({ dispatch }, outcome) {
    instruments.providerCallsPerMessage.observe({ outcome: outcome.kind }, dispatch.attempt);
    if (outcome.kind === 'rejected') {
      instruments.messagesEnded.add({ status: 'failed', cause: outcome.failure.class });
    }
    if (outcome.kind === 'unknown') instruments.messagesEnded.add({ status: 'unknown', cause: 'call' });
  },
});

export const observeEnds =
  ({ instruments }: SendingMetrics): EndObserver =>
  ({ status, cause }) =>
    instruments.messagesEnded.add({ status, cause });

/** Counts the waiting messages that an opt-out canceled. */
export const observeOptOutCancels =
  ({ instruments }: SendingMetrics) =>
  (canceledCount: number): void =>
    instruments.messagesEnded.add({ status: 'canceled', cause: 'contact-opted-out' }, canceledCount);

export const observeReceipts = (
  receipts: ReceiptService,
  { metrics, clock }: { metrics: SendingMetrics; clock: Clock },
): ReceiptService => ({
  async handle(place, statuses) {
    const outcomes = await receipts.handle(place, statuses);
    const now = clock.now();
    for (const [index, { word: given, timestampMs, error }] of statuses.entries()) {
      if (outcomes[index] !== 'done') continue;
      const word = parseReceiptStatus(given) ?? 'other';
      metrics.instruments.receipts.add({ word });
      metrics.instruments.receiptDelay.observe({ word }, secondsBetween(new Date(timestampMs), now));
      if (error !== undefined) metrics.instruments.receiptFailures.add(labelsOfError(error));
    }
    return outcomes;
  },
});

type Sweep = ReturnType<typeof createSweep>;

export const observeSweep = (sweep: Sweep, { instruments }: SendingMetrics): Sweep => ({
  async sweepOnce() {
    const count = await sweep.sweepOnce();
    instruments.sweepMessages.add({}, count);
    return count;
  },
});
