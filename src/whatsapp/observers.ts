import type { Measured } from '../platform/metrics.ts';
import { ruleFor } from './error-classes.ts';
import { errorRules } from './error-table.ts';
import type { Gateway, GatewayAnswer, RejectedError } from './gateway.ts';
import type { providerInstruments } from './instruments.ts';

type ProviderMetrics = Measured<typeof providerInstruments>;

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

export const labelsOfError = (error: Pick<RejectedError, 'code'>): { class: string; code: string } => ({
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

/** The labels under which an error of the provider can be counted: what alerts watch must show 0 from the start. */
export const errorLabels = [
  ...Object.keys(errorRules).map((code) => labelsOfError({ code: Number(code) })),
  ...besidesKnown,
] as const;

export function startAnswersAtZero({ instruments }: ProviderMetrics): void {
  for (const kind of ['accepted', 'held', 'unknown', 'not-reached']) {
    instruments.providerAnswers.add({ class: kind, code: 'none' }, 0);
  }
  for (const labels of errorLabels) instruments.providerAnswers.add(labels, 0);
}

/** Measures every send, with a clock that never jumps. */
export const observeGateway = (gateway: Gateway, { instruments }: ProviderMetrics): Gateway => ({
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
