import { auditInstruments } from '../audit/instruments.ts';
import { channelInstruments } from '../channels/instruments.ts';
import { consentInstruments } from '../consent/instruments.ts';
import { eventInstruments } from '../events/instruments.ts';
import { httpInstruments } from '../http/instruments.ts';
import { inboxInstruments } from '../inbox/instruments.ts';
import { mailInstruments } from '../mail/instruments.ts';
import { peopleInstruments } from '../people/instruments.ts';
import { createMetrics, type InstrumentTable, type Metrics, type ProcessName } from '../platform/metrics.ts';
import { combineTables } from '../platform/registry.ts';
import { rateInstruments } from '../rates/instruments.ts';
import { sendingInstruments } from '../sending/instruments.ts';
import { timerInstruments } from '../timers/instruments.ts';
import { webhookInstruments } from '../webhooks/instruments.ts';
import { providerInstruments } from '../whatsapp/instruments.ts';

const processInstruments = {
  dependencyUp: {
    name: 'crm_dependency_up',
    type: 'gauge',
    help: 'Whether the process reaches what it needs, by dependency: 1 if the check of /readyz passes, 0 if it fails.',
    labels: ['dependency'],
    processes: ['api', 'worker'],
  },
  loopFailedRounds: {
    name: 'crm_loop_failed_rounds',
    type: 'gauge',
    help: 'Failed rounds in a row of a loop of this process (docs/loops.md), by loop; 0 after a round that succeeded.',
    labels: ['loop'],
    processes: ['api', 'worker'],
  },
  loopRoundEnded: {
    name: 'crm_loop_round_ended_timestamp_seconds',
    type: 'gauge',
    help: 'When the last round of a loop of this process ended, done or failed, in seconds since 1970, by loop; until then when the loop started.',
    labels: ['loop'],
    processes: ['api', 'worker'],
  },
} as const satisfies InstrumentTable;

const workerInstruments = {
  workerRunning: {
    name: 'crm_worker_running',
    type: 'gauge',
    help: 'Whether the Temporal worker of this process runs: 1 while it polls, 0 after it has stopped.',
    labels: [],
    processes: ['worker'],
  },
  gaugesMeasured: {
    name: 'crm_gauges_measured_timestamp_seconds',
    type: 'gauge',
    help: 'When the database gauges were last measured, in seconds since 1970; until then when the process started. Older gauges are outdated.',
    labels: [],
    processes: ['worker'],
  },
  measureFailures: {
    name: 'crm_measure_failures_total',
    type: 'counter',
    help: 'Failed rounds of measuring the database gauges, which then keep their old values.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;

/**
 * Every instrument of the product. docs/metrics.md is generated from this table, and a test checks the alerts against
 * it. Labels have few values: never a phone number or the id of a client, a channel or a message.
 */
export const instrumentTable = combineTables(
  sendingInstruments,
  providerInstruments,
  rateInstruments,
  channelInstruments,
  consentInstruments,
  peopleInstruments,
  webhookInstruments,
  httpInstruments,
  eventInstruments,
  mailInstruments,
  timerInstruments,
  auditInstruments,
  inboxInstruments,
  processInstruments,
  workerInstruments,
);

export type CrmMetrics = Metrics<typeof instrumentTable>;

export const createCrmMetrics = (process: ProcessName): CrmMetrics =>
  createMetrics(instrumentTable, { process });
