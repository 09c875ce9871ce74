import type { InstrumentTable } from '../platform/metrics.ts';

export const consentInstruments = {
  optOuts: {
    name: 'crm_opt_outs_total',
    type: 'counter',
    help: 'Opt-outs, by source.',
    labels: ['source'],
    processes: ['api', 'worker'],
  },
  optOutCancels: {
    name: 'crm_opt_out_canceled_messages_total',
    type: 'counter',
    help: 'Waiting messages canceled because their recipient opted out.',
    labels: [],
    processes: ['api', 'worker'],
  },
} as const satisfies InstrumentTable;
