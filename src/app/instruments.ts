import { createMetrics, type InstrumentTable, type Metrics, type ProcessName } from '../platform/metrics.ts';

/** From a fast answer to the provider's time-out. */
const callBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30] as const;
/** From at once to a night of quiet hours. */
const waitBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200] as const;

/**
 * All that the product measures of itself, once: docs/metrics.md is made from this table, and a test holds the alerts
 * to it. Labels are words of a small set: never a phone, a client, a channel or a message.
 */
export const instrumentTable = {
  messagesAccepted: {
    name: 'crm_messages_accepted_total',
    type: 'counter',
    help: 'Messages that the API has stored to be sent; repetitions with the same idempotency key count once.',
    labels: ['kind', 'priority'],
    processes: ['api'],
  },
  messagesWaiting: {
    name: 'crm_messages_waiting',
    type: 'gauge',
    help: 'Messages that could leave and have not: queued, scheduled and due, or sending; without held ones.',
    labels: ['status'],
    processes: ['worker'],
  },
  oldestWaitingAge: {
    name: 'crm_messages_oldest_waiting_age_seconds',
    type: 'gauge',
    help: 'Since when the oldest of these could have left.',
    labels: ['status'],
    processes: ['worker'],
  },
  messagesHeld: {
    name: 'crm_messages_held',
    type: 'gauge',
    help: 'Messages that a closed gate holds back.',
    labels: ['gate'],
    processes: ['worker'],
  },
  oldestHeldAge: {
    name: 'crm_messages_oldest_held_age_seconds',
    type: 'gauge',
    help: 'Since when the oldest of these could have left, had its gate been open.',
    labels: ['gate'],
    processes: ['worker'],
  },
  messagesEnded: {
    name: 'crm_messages_ended_total',
    type: 'counter',
    help: 'Messages that ended without being sent, or as unknown: failed by class, expired by the gate that held them («call»: unknown until then), canceled by reason. Without receipts, and what people cancel one by one.',
    labels: ['status', 'cause'],
    processes: ['api', 'worker'],
  },
  messagesUnknown: {
    name: 'crm_messages_unknown',
    type: 'gauge',
    help: 'Messages of which nobody knows whether they left, by the category of their template.',
    labels: ['category'],
    processes: ['worker'],
  },
  oldestUnknownAge: {
    name: 'crm_messages_oldest_unknown_age_seconds',
    type: 'gauge',
    help: 'How long ago the oldest of these was handed to the provider.',
    labels: ['category'],
    processes: ['worker'],
  },
  messagesWithoutReceipt: {
    name: 'crm_messages_without_receipt',
    type: 'gauge',
    help: 'Messages of the last hour that the provider took over 10 minutes ago and sent no receipt for, not even «sent».',
    labels: [],
    processes: ['worker'],
  },
  acceptanceToCall: {
    name: 'crm_acceptance_to_call_seconds',
    type: 'histogram',
    help: 'From when a message could leave (accepted, or its sendAt) to its first provider call.',
    labels: ['priority'],
    processes: ['worker'],
    buckets: waitBuckets,
  },
  providerCallSeconds: {
    name: 'crm_provider_call_seconds',
    type: 'histogram',
    help: 'How long the provider took to answer a send.',
    labels: ['outcome'],
    processes: ['worker'],
    buckets: callBuckets,
  },
  providerAnswers: {
    name: 'crm_provider_answers_total',
    type: 'counter',
    help: 'Answers to sends: accepted, held, unknown, not-reached, or the class and code of the refusal.',
    labels: ['class', 'code'],
    processes: ['worker'],
  },
  providerCallsPerMessage: {
    name: 'crm_provider_calls_per_message',
    type: 'histogram',
    help: 'How many calls a message took until its outcome was known.',
    labels: ['outcome'],
    processes: ['worker'],
    buckets: [1, 2, 3, 5, 8, 13, 21, 50],
  },
  receipts: {
    name: 'crm_receipts_total',
    type: 'counter',
    help: 'Receipts that found their message, repetitions too; words that we do not know are «other».',
    labels: ['word'],
    processes: ['worker'],
  },
  receiptFailures: {
    name: 'crm_receipt_failures_total',
    type: 'counter',
    help: 'Failures that the provider reported by a receipt, after it had accepted the message.',
    labels: ['class', 'code'],
    processes: ['worker'],
  },
  receiptDelay: {
    name: 'crm_receipt_delay_seconds',
    type: 'histogram',
    help: 'From the provider’s time of a receipt, which is in whole seconds, to when it was applied.',
    labels: ['word'],
    processes: ['worker'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 21_600],
  },
  receiptsUnmatched: {
    name: 'crm_receipts_unmatched',
    type: 'gauge',
    help: 'Webhook events that wait because they speak of no message or channel that we have.',
    labels: [],
    processes: ['worker'],
  },
  webhookEventsStored: {
    name: 'crm_webhook_events_stored_total',
    type: 'counter',
    help: 'Webhook requests that were verified and stored.',
    labels: [],
    processes: ['api'],
  },
  webhookEventsJudged: {
    name: 'crm_webhook_events_processed_total',
    type: 'counter',
    help: 'What became of an event when it was processed: done, again or dead.',
    labels: ['verdict'],
    processes: ['worker'],
  },
  webhookEvents: {
    name: 'crm_webhook_events',
    type: 'gauge',
    help: 'Webhook events that are not done: pending, parked for another try, or dead.',
    labels: ['status'],
    processes: ['worker'],
  },
  oldestPendingEventAge: {
    name: 'crm_webhook_events_oldest_pending_age_seconds',
    type: 'gauge',
    help: 'How long ago the oldest event came that was not taken up yet; 0 when there is none.',
    labels: [],
    processes: ['worker'],
  },
  channelsPaused: {
    name: 'crm_channels_paused',
    type: 'gauge',
    help: 'Channels that do not send: who stopped them (person, system), and for which class of error.',
    labels: ['by', 'class'],
    processes: ['worker'],
  },
  optOuts: {
    name: 'crm_opt_outs_total',
    type: 'counter',
    help: 'People who want no more messages, by how they said so.',
    labels: ['source'],
    processes: ['api', 'worker'],
  },
  optOutCancels: {
    name: 'crm_opt_out_canceled_messages_total',
    type: 'counter',
    help: 'Messages canceled because their recipient opted out while they waited.',
    labels: [],
    processes: ['api', 'worker'],
  },
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
    help: 'How often a channel’s rate was lowered because the provider said «too many».',
    labels: [],
    processes: ['worker'],
  },
  pairWaits: {
    name: 'crm_pair_waits_total',
    type: 'counter',
    help: 'Sends put off because the same recipient had just got a message.',
    labels: [],
    processes: ['worker'],
  },
  portfolioRefusals: {
    name: 'crm_portfolio_refusals_total',
    type: 'counter',
    help: 'Sends put off because the portfolio has reached its number of new people in 24 hours.',
    labels: [],
    processes: ['worker'],
  },
  sweepMessages: {
    name: 'crm_sweep_messages_total',
    type: 'counter',
    help: 'Messages that the sweep looked after: it started their workflow, or found it at work.',
    labels: [],
    processes: ['worker'],
  },
  workerRunning: {
    name: 'crm_worker_running',
    type: 'gauge',
    help: '1 while this process polls Temporal, 0 when its Temporal worker has stopped.',
    labels: [],
    processes: ['worker'],
  },
  measureFailures: {
    name: 'crm_measure_failures_total',
    type: 'counter',
    help: 'Rounds in which the gauges of the database could not be measured: they are old then.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;

export type CrmMetrics = Metrics<typeof instrumentTable>;

export const createCrmMetrics = (process: ProcessName): CrmMetrics =>
  createMetrics(instrumentTable, { process });
