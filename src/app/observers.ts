import { gateNames } from '../openings/contract.ts';
import type { DispatchObserver, EndObserver, ObservedMessage } from '../sending/messages/observer.ts';
import type { MessageDoc, MessageRepository } from '../sending/messages/store/repository.ts';
import { parseReceiptStatus } from '../sending/messages/lifecycle.ts';
import type { ReceiptService } from '../sending/messages/incoming/receipts.ts';
import type { createSweep } from '../sending/messages/sweep.ts';
import type { Clock } from '../platform/clock.ts';
import type { SendRates } from '../rates/service.ts';
import type { Inbox } from '../webhooks/intake.ts';
import type { WebhookRepository } from '../webhooks/repository.ts';
import { ruleFor } from '../whatsapp/error-classes.ts';
import { errorRules } from '../whatsapp/error-table.ts';
import type { Gateway, GatewayAnswer, RejectedError } from '../whatsapp/gateway.ts';
import type { CrmMetrics } from './instruments.ts';

/**
 * Each wraps one seam of the product and counts what passes through it, so that the parts themselves know nothing of
 * metrics. None of them changes an answer or an error.
 */

const secondsBetween = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1_000);

const usualPriority = 3;

const priorityLabel = ({
  priority = usualPriority,
}: Pick<ObservedMessage, 'timestamp' | 'priority'>): string => String(priority);

/** Counts the outbound messages that are stored anew; whether a request is a repetition only the database knows. */
export const observeAcceptance = (
  messages: MessageRepository,
  { instruments }: CrmMetrics,
): MessageRepository => {
  const count = (message: MessageDoc) =>
    instruments.messagesAccepted.add({ kind: message.messageType, priority: priorityLabel(message) });
  return {
    ...messages,
    async insert(scope, message) {
      const isNew = await messages.insert(scope, message);
      if (isNew && message.direction === 'outbound') count(message);
      return isNew;
    },
    async insertRetry(scope, message, session) {
      await messages.insertRetry(scope, message, session);
      count(message);
    },
  };
};

export const createDispatchObserver = ({ instruments }: CrmMetrics): DispatchObserver => ({
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
  ({ instruments }: CrmMetrics): EndObserver =>
  ({ status, cause }) =>
    instruments.messagesEnded.add({ status, cause });

/** The class and the code of an answer as labels; a code that is not in our table is `other`, for it may be any. */
export function labelsOfAnswer(answer: GatewayAnswer): { class: string; code: string } {
  switch (answer.kind) {
    case 'accepted':
      return { class: answer.isHeld ? 'held' : 'accepted', code: 'none' };
    case 'rejected':
      return labelsOfError(answer.error);
    case 'not-reached':
    case 'unknown':
      return { class: answer.kind, code: 'none' };
  }
}

const labelsOfError = (error: Pick<RejectedError, 'code'>): { class: string; code: string } => ({
  class: ruleFor(error).class,
  code: Object.hasOwn(errorRules, error.code) ? String(error.code) : 'other',
});

/** Codes of nobody, by what their status makes of them; permissions, which are a range; a refused object, 100/33. */
const besidesKnown = [
  { class: 'message', code: 'other' },
  { class: 'retry', code: 'other' },
  { class: 'credentials', code: 'other' },
  { class: 'credentials', code: '100' },
] as const;

/**
 * Shows the counters that alerts watch as 0 from the start: what begins with its first event looks to Prometheus as if
 * nothing had happened, and a single expired token would raise no alert.
 */
export function startAtZero({ instruments }: CrmMetrics): void {
  for (const kind of ['accepted', 'held', 'unknown', 'not-reached']) {
    instruments.providerAnswers.add({ class: kind, code: 'none' }, 0);
  }
  const known = Object.keys(errorRules).map((code) => labelsOfError({ code: Number(code) }));
  for (const labels of [...known, ...besidesKnown]) {
    instruments.providerAnswers.add(labels, 0);
    instruments.receiptFailures.add(labels, 0);
  }
  for (const cause of [...gateNames, 'none', 'call']) {
    instruments.messagesEnded.add({ status: 'expired', cause }, 0);
  }
  for (const verdict of ['done', 'again', 'dead']) instruments.webhookEventsJudged.add({ verdict }, 0);
}

/** Measures every send, with a clock that never jumps. */
export const observeGateway = (gateway: Gateway, { instruments }: CrmMetrics): Gateway => ({
  ...gateway,
  async send(sender, body) {
    const startedAtMs = performance.now();
    const answer = await gateway.send(sender, body);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    instruments.providerCallSeconds.observe({ outcome: answer.kind }, seconds);
    instruments.providerAnswers.add(labelsOfAnswer(answer));
    return answer;
  },
});

export const observeReceipts = (
  receipts: ReceiptService,
  { metrics, clock }: { metrics: CrmMetrics; clock: Clock },
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

export const observeInbox = (inbox: Inbox, { instruments }: CrmMetrics): Inbox => ({
  async store(body, channelId) {
    await inbox.store(body, channelId);
    instruments.webhookEventsStored.add({});
  },
});

/** Counts what became of leased events. */
export const observeEvents = (events: WebhookRepository, { instruments }: CrmMetrics): WebhookRepository => ({
  ...events,
  async settle(token, verdicts, now) {
    const settledCount = await events.settle(token, verdicts, now);
    for (const { verdict } of verdicts) instruments.webhookEventsJudged.add({ verdict: verdict.kind });
    return settledCount;
  },
});

type Sweep = ReturnType<typeof createSweep>;

export const observeSweep = (sweep: Sweep, { instruments }: CrmMetrics): Sweep => ({
  async sweepOnce() {
    const count = await sweep.sweepOnce();
    instruments.sweepMessages.add({}, count);
    return count;
  },
});

/** Counts what the limits hold up; the sends that wait for a permit are a number of this process alone. */
export function observeRates(rates: SendRates, { instruments }: CrmMetrics): SendRates {
  let waiting = 0;
  const setWaiting = (change: 1 | -1): void => {
    waiting += change;
    instruments.ratePermitsWaiting.replace([{ labels: {}, value: waiting }]);
  };
  return {
    ...rates,
    async acquire(channel, ask) {
      setWaiting(1);
      try {
        return await rates.acquire(channel, ask);
      } finally {
        setWaiting(-1);
      }
    },
    async slowDown(channel) {
      await rates.slowDown(channel);
      instruments.rateSlowdowns.add({});
    },
    async reservePair(scope, pair, options) {
      const reservation = await rates.reservePair(scope, pair, options);
      if (!reservation.granted) instruments.pairWaits.add({});
      return reservation;
    },
    async reserveUser(scope, ask) {
      const reservation = await rates.reserveUser(scope, ask);
      if (!reservation.granted) instruments.portfolioRefusals.add({});
      return reservation;
    },
  };
}

export const observeStops =
  ({ instruments }: CrmMetrics) =>
  (source: string, canceledCount: number): void => {
    instruments.optOuts.add({ source });
    instruments.optOutCancels.add({}, canceledCount);
    instruments.messagesEnded.add({ status: 'canceled', cause: 'contact-opted-out' }, canceledCount);
  };
