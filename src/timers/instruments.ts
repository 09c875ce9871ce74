import type { InstrumentTable } from '../platform/metrics.ts';

export const timerInstruments = {
  timers: {
    name: 'crm_timers_total',
    type: 'counter',
    help: 'Attempts to handle a due timer, by kind and outcome: done, retried (failed, will be repeated) or gave-up.',
    labels: ['kind', 'outcome'],
    processes: ['worker'],
  },
  oldestDueTimerAge: {
    name: 'crm_timers_oldest_due_age_seconds',
    type: 'gauge',
    help: 'Time since the timer that waits longest became due, in seconds; 0 when none is due.',
    labels: [],
    processes: ['worker'],
  },
  timersFailed: {
    name: 'crm_timers_failed',
    type: 'gauge',
    help: 'Timers that were given up in the last 30 days; at most 5000 are counted.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
