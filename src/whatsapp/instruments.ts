import { combinationsOf, type InstrumentTable } from '../platform/metrics.ts';
import { errorLabels } from './error-labels.ts';

/** From a fast answer to the provider's time-out. */
const callBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30] as const;

export const providerInstruments = {
  providerCallSeconds: {
    name: 'crm_provider_call_seconds',
    type: 'histogram',
    help: 'Duration of provider calls that send a message, in seconds, by outcome.',
    labels: ['outcome'],
    processes: ['worker'],
    buckets: callBuckets,
    knownSeries: combinationsOf({ outcome: ['accepted', 'rejected', 'unknown', 'not-reached'] }),
  },
  providerAnswers: {
    name: 'crm_provider_answers_total',
    type: 'counter',
    help: 'Provider answers to sends, by class (accepted, held, unknown, not-reached, or the class of the refusal) and by its code.',
    labels: ['class', 'code'],
    processes: ['worker'],
    knownSeries: [
      ...['accepted', 'held', 'unknown', 'not-reached'].map((kind) => ({ class: kind, code: 'none' })),
      ...errorLabels,
    ],
  },
} as const satisfies InstrumentTable;
