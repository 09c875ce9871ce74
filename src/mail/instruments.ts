import { combinationsOf, type InstrumentTable } from '../platform/metrics.ts';
import { mailKinds } from './model.ts';
import { mailOutcomes } from './rules.ts';

export const mailInstruments = {
  mails: {
    name: 'crm_mails_total',
    type: 'counter',
    help: 'Attempts to send a mail, by kind and outcome: sent, postponed, refused (by the mail server, for good), expired (given up because its time was over) or without-recipient.',
    labels: ['kind', 'outcome'],
    processes: ['api'],
    knownSeries: combinationsOf({ kind: mailKinds, outcome: mailOutcomes }),
  },
  mailsWaiting: {
    name: 'crm_mails_waiting',
    type: 'gauge',
    help: 'Mails in the outbox, by state: new, or failing (at least one attempt failed).',
    labels: ['state'],
    processes: ['worker'],
  },
  oldestNewMailAge: {
    name: 'crm_mails_oldest_new_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest mail that no process has tried to send, in seconds; 0 when there is none.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
