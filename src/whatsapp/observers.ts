import type { Measured } from '../platform/metrics.ts';
import { labelsOfError } from './error-labels.ts';
import type { Gateway, GatewayAnswer } from './gateway.ts';
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
