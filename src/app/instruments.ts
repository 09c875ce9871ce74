import { channelInstruments } from '../channels/instruments.ts';
import { consentInstruments } from '../consent/instruments.ts';
import { httpInstruments } from '../http/instruments.ts';
import { createMetrics, type InstrumentTable, type Metrics, type ProcessName } from '../platform/metrics.ts';
import { combineTables } from '../platform/registry.ts';
import { rateInstruments } from '../rates/instruments.ts';
import { sendingInstruments } from '../sending/instruments.ts';
import { webhookInstruments } from '../webhooks/instruments.ts';
import { providerInstruments } from '../whatsapp/instruments.ts';

const workerInstruments = {
  workerRunning: {
    name: 'crm_worker_running',
    type: 'gauge',
    help: 'Whether the Temporal worker of this process runs: 1 while it polls, 0 after it has stopped.',
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
  webhookInstruments,
  httpInstruments,
  workerInstruments,
);

export type CrmMetrics = Metrics<typeof instrumentTable>;

export const createCrmMetrics = (process: ProcessName): CrmMetrics =>
  createMetrics(instrumentTable, { process });
