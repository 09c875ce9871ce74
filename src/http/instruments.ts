import { combinationsOf, type InstrumentTable } from '../platform/metrics.ts';
import { bodyPools } from './body-pools.ts';
import { victimReasons } from './body-victims.ts';

/** From a small read to the time limit of a request. */
const requestBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

export const httpInstruments = {
  requests: {
    name: 'crm_http_requests_total',
    type: 'counter',
    help: 'HTTP requests, by method, route (its pattern; "none" for unknown paths), status (499: the client disconnected) and, for 5xx, problem code.',
    labels: ['method', 'route', 'status', 'code'],
    processes: ['api'],
  },
  requestSeconds: {
    name: 'crm_http_request_seconds',
    type: 'histogram',
    help: 'Time from the head of a request to the end of its response, in seconds, by method and route.',
    labels: ['method', 'route'],
    processes: ['api'],
    buckets: requestBuckets,
  },
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
    knownSeries: combinationsOf({ pool: bodyPools, reason: ['full', ...victimReasons] }),
  },
} as const satisfies InstrumentTable;
