import type { InstrumentTable } from '../platform/metrics.ts';

export const channelInstruments = {
  channelsPaused: {
    name: 'crm_channels_paused',
    type: 'gauge',
    help: 'Channels that do not send, by cause (person, provider) and error class.',
    labels: ['by', 'class'],
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
