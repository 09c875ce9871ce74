import {
  maxProviderCalls,
  planRetry,
  ruleFor,
  type ErrorRule,
  type ProviderError,
} from '../../whatsapp/error-classes.ts';
import type { GatewayAnswer, RejectedError } from '../../whatsapp/gateway.ts';
import type { DispatchOutcome, MessageFailure, MessageStatus } from './lifecycle.ts';
import type { MessageCategory } from './store/model.ts';

/** What follows from a provider's answer for the message. */
export type AfterCall =
  | { readonly kind: 'done'; readonly outcome: DispatchOutcome }
  | { readonly kind: 'retry'; readonly code: string; readonly title: string; readonly delayMs: number }
  /** Not taken, and no call makes sense before the channel or the template is well again. */
  | {
      readonly kind: 'hold';
      readonly gate: 'channel' | 'template';
      readonly code: string;
      readonly title: string;
    };

/** What a message is to those who wait for it: a template by its category, or the words of an agent. */
export type MessageUse = MessageCategory | 'free-form';

/** Who goes first when the provider's queue has a backlog; 1 is first, 5 is last. */
const priorities: Readonly<Record<MessageUse, number>> = {
  // Somebody looks at a sign-in page and waits.
  authentication: 1,
  // Somebody has asked and waits for an answer.
  'free-form': 2,
  utility: 3,
  marketing: 5,
};

export const priorityOf = (use: MessageUse): number => priorities[use];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How long a code for signing in is worth anything: Meta's own time to live of such a template is the same. */
const codeLifeMs = 10 * minuteMs;

export interface Deadlines {
  /** How long the message may wait for its gates, its place and its retries. */
  readonly dispatchTtlMs: number;
  /** How long its outcome may stay unknown before it counts as expired. */
  readonly unknownDeadlineMs: number;
}

/** The earlier of two ends; undefined when there is neither. */
export function earlierOf(one: Date | undefined, another: Date | undefined): Date | undefined {
  if (one === undefined || another === undefined) return one ?? another;
  return one < another ? one : another;
}

/** What is worth waiting for, by what the message is for. */
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

/** What an older message without a priority counts as. */
const defaultPriority = 3;
export const priorityOr = (priority: number | undefined): number => priority ?? defaultPriority;

/** From here on a business addresses many, and nobody waits for the answer. */
const bulkPriority = 3;
const campaignPriority = 5;

/**
 * Messages to one person that may leave one right after the other: Meta lends 45; a conversation needs some, and a
 * campaign none. The rest is kept for the agent who answers next.
 */
export const burstOf = (priority: number): number => (priority >= campaignPriority ? 1 : 20);

export const isBulkPriority = (priority: number): boolean => priority >= bulkPriority;

const maxSlotWaitMs = 2_000;

/**
 * How long a dispatch waits for its channel's rate where it holds one of the worker's slots, before it goes back to the
 * server. Of a bulk three wait, so that there is always a next one, but at least half a second's worth of them; more
 * would take the slots from other channels, and from whoever is to go first.
 */
export const maxPermitWaitMs = ({
  isBulk,
  sendsPerSecond,
}: {
  isBulk: boolean;
  sendsPerSecond: number;
}): number => (isBulk ? Math.min(maxSlotWaitMs, Math.max(500, 3_000 / sendsPerSecond)) : maxSlotWaitMs);

/** In one word why a message that has not left is closed, for those who count: of few words, none of a person. */
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

/** What a provider's error means for the message, in an answer and in a `failed` receipt alike. */
export function toFailure(error: ProviderError & { title: string; detail: string }): MessageFailure {
  const rule = ruleFor(error);
  return failureBy(rule, { code: String(error.code), detail: detailOf(error) });
}

/** Decides what follows from the answer to call number `attempt` (from 1); `jitter` is in [0, 1). */
export function decideAfterCall(answer: GatewayAnswer, attempt: number, jitter: number): AfterCall {
  switch (answer.kind) {
    case 'accepted':
      return { kind: 'done', outcome: answer };
    case 'unknown':
      return { kind: 'done', outcome: answer };
    case 'not-reached':
      return retryOrFail(notReachedRule, { code: 'not-reached', detail: answer.reason }, { attempt, jitter });
    case 'rejected': {
      const { error, retryAfterMs } = answer;
      const wait = { attempt, jitter, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      return afterRejection(error, wait);
    }
  }
}

/** The moment of a retry on the other endpoint: there is nothing to wait for. */
const otherEndpointMs = 1_000;

/** Calls after which the endpoint cannot be what is wrong: the channel learns of it with the first. */
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
  // A gate that opens again and again to the same answer is not what has to be waited for.
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
