import type { InstrumentTable } from '../platform/metrics.ts';

export const inboxInstruments = {
  agentSlotsCorrected: {
    name: 'crm_agent_slots_corrected_total',
    type: 'counter',
    help: 'Open conversations by which the stored counts of agents were wrong, found and corrected by the hourly recount.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
