import type { InstrumentTable } from '../platform/metrics.ts';

export const httpInstruments = {
  bodyBytes: {
    name: 'crm_http_body_bytes',
    type: 'gauge',
    help: 'Memory of the bodies of requests that are being received or handled, in bytes, by pool: provider, channel, user or anonymous.',
    labels: ['pool'],
    processes: ['api'],
  },
  bodiesRefused: {
    name: 'crm_http_bodies_refused_total',
    type: 'counter',
    help: 'Bodies refused with 503 for lack of memory, by pool and reason: full, slow or greedy (the last two: given up for others).',
    labels: ['pool', 'reason'],
    processes: ['api'],
  },
} as const satisfies InstrumentTable;
