import { planRetry, ruleFor, type ErrorRule, type ProviderError } from '../whatsapp/error-classes.ts';
import type { TemplateDoc } from '../templates/service.ts';
import type { GatewayAnswer } from '../whatsapp/gateway.ts';
import type { DispatchOutcome, MessageFailure } from './lifecycle.ts';

/** What follows from a provider's answer: an outcome to record, or another call after a wait. */
export type AfterCall =
  | { readonly kind: 'done'; readonly outcome: DispatchOutcome }
  | { readonly kind: 'retry'; readonly code: string; readonly title: string; readonly delayMs: number };

const notReachedRule: ErrorRule = {
  class: 'retry',
  title: 'The provider cannot be reached',
  advice: 'Check the network and WHATSAPP_API_URL; it is tried again by itself.',
};

/** What a provider's error means for the message, in an answer and in a `failed` receipt alike. */
export function toFailure(error: ProviderError & { title: string; detail: string }): MessageFailure {
  const rule = ruleFor(error);
  return {
    code: String(error.code),
    class: rule.class,
    title: rule.title,
    detail: error.detail === '' ? error.title : error.detail,
    advice: rule.advice,
  };
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
      const detail = error.detail === '' ? error.title : error.detail;
      return retryOrFail(ruleFor(error), { code: String(error.code), detail }, wait);
    }
  }
}

function retryOrFail(
  rule: ErrorRule,
  error: { code: string; detail: string },
  wait: { attempt: number; jitter: number; retryAfterMs?: number },
): AfterCall {
  const delayMs = planRetry({ rule, ...wait });
  if (delayMs !== null) return { kind: 'retry', code: error.code, title: rule.title, delayMs };
  const { class: errorClass, title, advice } = rule;
  return {
    kind: 'done',
    outcome: { kind: 'rejected', failure: { ...error, class: errorClass, title, advice } },
  };
}

/** What a message is to those who wait for it: a template by its category, or the words of an agent. */
export type MessageUse = TemplateDoc['category'] | 'free-form';

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
