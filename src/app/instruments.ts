import { channelInstruments } from '../channels/instruments.ts';
import { consentInstruments } from '../consent/instruments.ts';
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
    help: '1 while this process polls Temporal, 0 after its Temporal worker has stopped.',
    labels: [],
    processes: ['worker'],
  },
  measureFailures: {
    name: 'crm_measure_failures_total',
    type: 'counter',
    help: 'Rounds in which the gauges of the database could not be measured and kept their old values.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;

/**
 * Every instrument of the product: docs/metrics.md is made from this table, and a test holds the alerts to it. Labels
 * are words of a small set: never a phone, a client, a channel or a message.
 */
export const instrumentTable = combineTables(
  sendingInstruments,
  providerInstruments,
  rateInstruments,
  channelInstruments,
  consentInstruments,
  webhookInstruments,
  workerInstruments,
);

export type CrmMetrics = Metrics<typeof instrumentTable>;

export const createCrmMetrics = (process: ProcessName): CrmMetrics =>
  createMetrics(instrumentTable, { process });
