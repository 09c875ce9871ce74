import type { Measured } from '../platform/metrics.ts';
import { ruleFor } from './error-classes.ts';
import { errorRules } from './error-table.ts';
import type { Gateway, GatewayAnswer, RejectedError } from './gateway.ts';
import type { providerInstruments } from './instruments.ts';

type ProviderMetrics = Measured<typeof providerInstruments>;

/** The labels of an answer. Codes outside our table share the label `other`, which bounds the number of series. */
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

export const labelsOfError = (error: Pick<RejectedError, 'code'>): { class: string; code: string } => ({
  class: ruleFor(error).class,
  code: Object.hasOwn(errorRules, error.code) ? String(error.code) : 'other',
});

/** Labels of errors outside `errorRules`: unknown codes by HTTP status, the range of permissions, and 100/33. */
const otherErrorLabels = [
  { class: 'message', code: 'other' },
  { class: 'retry', code: 'other' },
  { class: 'credentials', code: 'other' },
  { class: 'credentials', code: '100' },
] as const;

/** All labels of provider errors. Series that alerts watch must exist with 0 from the start. */
export const errorLabels = [
  ...Object.keys(errorRules).map((code) => labelsOfError({ code: Number(code) })),
  ...otherErrorLabels,
] as const;

export function startAnswersAtZero({ instruments }: ProviderMetrics): void {
  for (const kind of ['accepted', 'held', 'unknown', 'not-reached']) {
    instruments.providerAnswers.add({ class: kind, code: 'none' }, 0);
  }
  for (const labels of errorLabels) instruments.providerAnswers.add(labels, 0);
}

/** Measures every send with a monotonic clock. */
export const observeGateway = (gateway: Gateway, { instruments }: ProviderMetrics): Gateway => ({
  ...gateway,
  async send(sender, body, limits) {
    const startedAtMs = performance.now();
    const answer = await gateway.send(sender, body, limits);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    instruments.providerCallSeconds.observe({ outcome: answer.kind }, seconds);
    instruments.providerAnswers.add(labelsOfAnswer(answer));
    return answer;
  },
});
