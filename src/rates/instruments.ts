import type { InstrumentTable } from '../platform/metrics.ts';

export const rateInstruments = {
  ratePermitsWaiting: {
    name: 'crm_rate_permits_waiting',
    type: 'gauge',
    help: 'Sends in this worker that wait for a permit of their channel.',
    labels: [],
    processes: ['worker'],
  },
  rateSlowdowns: {
    name: 'crm_rate_slowdowns_total',
    type: 'counter',
    help: 'Reductions of a channel’s send rate after the provider reported too many sends.',
    labels: [],
    processes: ['worker'],
  },
  pairWaits: {
    name: 'crm_pair_waits_total',
    type: 'counter',
    help: 'Sends postponed because the same recipient had just received a message.',
    labels: [],
    processes: ['worker'],
  },
  portfolioRefusals: {
    name: 'crm_portfolio_refusals_total',
    type: 'counter',
    help: 'Sends postponed because the portfolio reached its limit of new recipients in 24 hours.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
