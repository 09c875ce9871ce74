import type { InstrumentTable } from '../platform/metrics.ts';

export const channelInstruments = {
  channelsPaused: {
    name: 'crm_channels_paused',
    type: 'gauge',
    help: 'Channels that do not send, by cause (person, provider) and error class.',
    labels: ['by', 'class'],
    processes: ['worker'],
  },
  clientChannelsPaused: {
    name: 'crm_client_channels_paused',
    type: 'gauge',
    help: 'Channels that the provider has paused, by client (its id), error class and code; only clients that have some, the latest pauses first.',
    labels: ['client', 'class', 'code'],
    processes: ['worker'],
  },
  channelsUnverified: {
    name: 'crm_channels_unverified',
    type: 'gauge',
    help: 'Channels without a proof of ownership, by what is missing (cause).',
    labels: ['cause'],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
