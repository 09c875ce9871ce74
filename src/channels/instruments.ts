import type { InstrumentTable } from '../platform/metrics.ts';

export const channelInstruments = {
  channelsPaused: {
    name: 'crm_channels_paused',
    type: 'gauge',
    help: 'Paused channels, by who paused them (person, system) and by the class of the error.',
    labels: ['by', 'class'],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
