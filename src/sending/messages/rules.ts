import {
  maxProviderCalls,
  planRetry,
  ruleFor,
  type ErrorRule,
  type ProviderError,
} from '../../whatsapp/error-classes.ts';
import type { GatewayAnswer, RejectedError } from '../../whatsapp/gateway.ts';
import type { DispatchOutcome, MessageFailure, MessageStatus } from './lifecycle.ts';
import type { MessageCategory, MessageDoc } from './store/model.ts';

/** The next step of a message after a provider's answer. */
export type AfterCall =
  | { readonly kind: 'done'; readonly outcome: DispatchOutcome }
  | { readonly kind: 'retry'; readonly code: string; readonly title: string; readonly delayMs: number }
  /** Not accepted, and no call can succeed until the channel or the template recovers. */
  | {
      readonly kind: 'hold';
      readonly gate: 'channel' | 'template';
      readonly code: string;
      readonly title: string;
    };

/** The purpose of a message: its template's category, or free-form. */
export type MessageUse = MessageCategory | 'free-form';

/** Order in a backlog of the provider queue: 1 is first, 5 is last. */
const priorities: Readonly<Record<MessageUse, number>> = {
  // The person waits at a sign-in page.
  authentication: 1,
  // The person waits for an answer.
  'free-form': 2,
  utility: 3,
  marketing: 5,
};

export const priorityOf = (use: MessageUse): number => priorities[use];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Lifetime of a sign-in code; equals Meta's own time to live of authentication templates. */
const codeLifeMs = 10 * minuteMs;

export interface Deadlines {
  /** The longest wait for gates, rate limits and retries. */
  readonly dispatchTtlMs: number;
  /** The longest time with an unknown outcome before the message expires. */
  readonly unknownDeadlineMs: number;
}

/** When a message was written: `timestamp` may be a later moment of the provider's second. */
export const writtenTimeOf = ({ writtenAt, timestamp }: Pick<MessageDoc, 'timestamp' | 'writtenAt'>): Date =>
  writtenAt ?? timestamp;

/** How far ahead a message may be scheduled, in days: a year, whichever it is. */
export const maxDaysAhead = 366;

export const isTooFarAhead = (sendAt: Date, now: Date): boolean =>
  sendAt.getTime() - now.getTime() > maxDaysAhead * 24 * 60 * minuteMs;

/** A message that leaves later after its acceptance is news in its conversation. */
const maxPromptMs = minuteMs;

/** Whether a message that leaves at `at` was accepted for a later time, or was held up. */
export const leavesLate = ({ timestamp, sendAt = timestamp }: MessageDoc, at: Date): boolean =>
  sendAt > timestamp || at.getTime() - timestamp.getTime() > maxPromptMs;

/** The earlier of two times; undefined if there is neither. */
export function earlierOf(one: Date | undefined, another: Date | undefined): Date | undefined {
  if (one === undefined || another === undefined) return one ?? another;
  return one < another ? one : another;
}

/** The deadlines of a message, by category. */
export function deadlinesOf(category: MessageCategory | undefined, dispatchTtlMs: number): Deadlines {
  switch (category) {
    case 'authentication':
      return { dispatchTtlMs: Math.min(dispatchTtlMs, codeLifeMs), unknownDeadlineMs: codeLifeMs };
    case 'marketing':
      return { dispatchTtlMs, unknownDeadlineMs: 72 * hourMs };
    case 'utility':
    case undefined:
      return { dispatchTtlMs, unknownDeadlineMs: 24 * hourMs };
  }
}

/** The priority of older messages, which were stored without one. */
const defaultPriority = 3;
/** Whether the product sent the message; a phone of the business sends without it, so without a workflow. */
export const isSentByProduct = ({
  direction,
  senderType,
}: Pick<MessageDoc, 'direction' | 'senderType'>): boolean =>
  direction === 'outbound' && senderType !== 'phone';

export const priorityOrDefault = (priority: number | undefined): number => priority ?? defaultPriority;

/** From this priority on messages are bulk: nobody waits for them. */
const bulkPriority = 3;
const campaignPriority = 5;

/**
 * Messages to one person that may leave back to back. Meta allows 45; a conversation needs some, a campaign none. The
 * rest is reserved for an agent's next answers.
 */
export const burstOf = (priority: number): number => (priority >= campaignPriority ? 1 : 20);

export const isBulkPriority = (priority: number): boolean => priority >= bulkPriority;

const maxSlotWaitMs = 2_000;

/**
 * The longest wait of a dispatch for a permit, while it holds one of the worker's slots; then it returns to the server.
 * For bulk about three permits' worth, so that there is always a next message, and at least half a second. Longer
 * waits would take slots from other channels and from urgent messages.
 */
export const maxPermitWaitMs = ({
  isBulk,
  sendsPerSecond,
}: {
  isBulk: boolean;
  sendsPerSecond: number;
}): number => (isBulk ? Math.min(maxSlotWaitMs, Math.max(500, 3_000 / sendsPerSecond)) : maxSlotWaitMs);

/** The metric label of why an unsent message was closed: one of a few values, none of them personal. */
export function causeOfEnd(
  status: MessageStatus,
  {
    waiting,
    failure,
  }: { waiting?: { readonly gate: string } | undefined; failure?: MessageFailure | undefined },
): string {
  switch (status) {
    case 'failed':
      return failure?.class ?? 'internal';
    case 'canceled':
      return failure?.code ?? 'none';
    case 'expired':
      return waiting?.gate ?? 'none';
    default:
      return 'call';
  }
}

const notReachedRule: ErrorRule = {
  class: 'retry',
  title: 'The provider cannot be reached',
  advice: 'Check the network and WHATSAPP_API_URL, then send it again by retry.',
};

/** The failure of a message by a provider's error, from an answer or from a `failed` receipt. */
export function toFailure(error: ProviderError & { title: string; detail: string }): MessageFailure {
  const rule = ruleFor(error);
  return failureBy(rule, { code: String(error.code), detail: detailOf(error) });
}

/** Decides the next step after call number `attempt` (from 1); `jitter` is in [0, 1). */
export function decideAfterCall(answer: GatewayAnswer, attempt: number, jitter: number): AfterCall {
  switch (answer.kind) {
    case 'accepted':
      return { kind: 'done', outcome: answer };
    case 'unknown':
      return { kind: 'done', outcome: answer };
    case 'not-reached':
      return retryOrFail(
        notReachedRule,
        { code: 'not-reached', detail: inWords(answer) },
        { attempt, jitter },
      );
    case 'rejected': {
      const { error, retryAfterMs } = answer;
      const wait = { attempt, jitter, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      return afterRejection(error, wait);
    }
  }
}

const inWords = ({ reason, code }: { readonly reason: string; readonly code?: string }): string =>
  code === undefined ? reason : `${reason} (${code})`;

/** Delay of a retry on the other endpoint: it need not wait for anything. */
const otherEndpointMs = 1_000;

/** After this many calls the endpoint is not the problem: the channel switches with the first. */
const maxEndpointTries = 5;

interface Wait {
  readonly attempt: number;
  readonly jitter: number;
  readonly retryAfterMs?: number;
}

function afterRejection(error: RejectedError, wait: Wait): AfterCall {
  const rule = ruleFor(error);
  const code = String(error.code);
  const gate = closedGateOf(rule);
  // If every opening of the gate leads to the same answer, waiting for it does not help.
  if (gate !== null && wait.attempt < maxProviderCalls)
    return { kind: 'hold', gate, code, title: rule.title };
  const isFirstEndpoint = error.endpoint !== 'marketing' && wait.attempt < maxEndpointTries;
  if (rule.class === 'marketing-endpoint' && isFirstEndpoint) {
    return { kind: 'retry', code, title: rule.title, delayMs: otherEndpointMs };
  }
  return retryOrFail(rule, { code, detail: detailOf(error) }, wait);
}

function closedGateOf(rule: ErrorRule): 'channel' | 'template' | null {
  if (rule.class === 'sender' || rule.class === 'credentials') return 'channel';
  return rule.template === 'paused' ? 'template' : null;
}

function retryOrFail(rule: ErrorRule, error: { code: string; detail: string }, wait: Wait): AfterCall {
  const delayMs = planRetry({ rule, ...wait });
  if (delayMs !== null) return { kind: 'retry', code: error.code, title: rule.title, delayMs };
  return { kind: 'done', outcome: { kind: 'rejected', failure: failureBy(rule, error) } };
}

const failureBy = (
  { class: errorClass, title, advice }: ErrorRule,
  { code, detail }: { code: string; detail: string },
): MessageFailure => ({ code, class: errorClass, title, detail, advice });

const detailOf = ({ title, detail }: { title: string; detail: string }): string =>
  detail === '' ? title : detail;
