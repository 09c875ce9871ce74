import type { InstrumentTable } from '../platform/metrics.ts';

export const eventInstruments = {
  eventStreams: {
    name: 'crm_event_streams',
    type: 'gauge',
    help: 'Open streams of live events of this process.',
    labels: [],
    processes: ['api'],
  },
  eventsNumbered: {
    name: 'crm_events_numbered_total',
    type: 'counter',
    help: 'Live events that got their number, and so reached the streams.',
    labels: [],
    processes: ['api'],
  },
  eventDelay: {
    name: 'crm_event_delay_seconds',
    type: 'histogram',
    help: 'Age of the oldest live event of a round when it got its number, in seconds.',
    labels: [],
    processes: ['api'],
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  },
} as const satisfies InstrumentTable;
