import { gateNames } from '../openings/contract.ts';
import { combinationsOf, type InstrumentTable } from '../platform/metrics.ts';
import { errorLabels } from '../whatsapp/error-labels.ts';
import { classLetters } from '../whatsapp/error-rule.ts';

/** From an immediate send to a night of quiet hours. */
const waitBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200] as const;

const receiptWords = ['sent', 'delivered', 'read', 'failed', 'other'] as const;

/** The ends that are known beforehand; the reasons of a canceled message are not. */
const knownEnds = [
  ...combinationsOf({ status: ['expired'], cause: [...gateNames, 'none', 'call'] }),
  ...combinationsOf({ status: ['failed'], cause: ['internal', ...Object.keys(classLetters)] }),
  ...combinationsOf({ status: ['unknown'], cause: ['call'] }),
] as const;

export const sendingInstruments = {
  messagesAccepted: {
    name: 'crm_messages_accepted_total',
    type: 'counter',
    help: 'Outbound messages stored by the API, by kind and priority; a repeated idempotency key counts once.',
    labels: ['kind', 'priority'],
    processes: ['api'],
  },
  messagesWaiting: {
    name: 'crm_messages_waiting',
    type: 'gauge',
    help: 'Messages that are due and not sent, by status: queued, scheduled or sending. Held messages are not counted.',
    labels: ['status'],
    processes: ['worker'],
  },
  oldestWaitingAge: {
    name: 'crm_messages_oldest_waiting_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest of these became due, in seconds, by status.',
    labels: ['status'],
    processes: ['worker'],
  },
  messagesHeld: {
    name: 'crm_messages_held',
    type: 'gauge',
    help: 'Messages held by a closed gate, by gate.',
    labels: ['gate'],
    processes: ['worker'],
  },
  oldestHeldAge: {
    name: 'crm_messages_oldest_held_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest of these became due, in seconds, by gate.',
    labels: ['gate'],
    processes: ['worker'],
  },
  clientOldestWaitingAge: {
    name: 'crm_client_messages_oldest_waiting_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest message of a client (its id) became due that is not sent and that no gate holds, in seconds, by status; only from 15 s on, the oldest first.',
    labels: ['client', 'status'],
    processes: ['worker'],
  },
  clientOldestHeldAge: {
    name: 'crm_client_messages_oldest_held_age_seconds',
    type: 'gauge',
    help: 'Time since the oldest held message of a client (its id) became due, in seconds, by gate; only from 15 s on, the oldest first.',
    labels: ['client', 'gate'],
    processes: ['worker'],
  },
  messagesEnded: {
    name: 'crm_messages_ended_total',
    type: 'counter',
    help: 'Messages that ended unsent or unknown, by status and cause: the error class of a failed one, the gate that held an expired one ("call": unknown until then), the reason of a canceled one. Receipts and single cancels are not counted.',
    labels: ['status', 'cause'],
    processes: ['api', 'worker'],
    knownSeries: knownEnds,
  },
  messagesUnknown: {
    name: 'crm_messages_unknown',
    type: 'gauge',
    help: 'Messages with an unknown outcome, by template category.',
    labels: ['category'],
    processes: ['worker'],
  },
  clientOldestUnknownAge: {
    name: 'crm_client_messages_oldest_unknown_age_seconds',
    type: 'gauge',
    help: 'Time since the provider call of the oldest message with an unknown outcome, in seconds, by client (its id) and template category; the oldest first.',
    labels: ['client', 'category'],
    processes: ['worker'],
  },
  clientMessagesWithoutReceipt: {
    name: 'crm_client_messages_without_receipt',
    type: 'gauge',
    help: 'Messages of the last hour that the provider accepted over 10 minutes ago without any receipt since, not even "sent", by client (its id); only clients that have some, the most first.',
    labels: ['client'],
    processes: ['worker'],
  },
  clientMessagesFailed: {
    name: 'crm_client_messages_failed',
    type: 'gauge',
    help: 'Messages accepted in the last hour that failed, by client (its id), error class and code; the most frequent first.',
    labels: ['client', 'class', 'code'],
    processes: ['worker'],
  },
  acceptanceToCall: {
    name: 'crm_acceptance_to_call_seconds',
    type: 'histogram',
    help: 'Time from when a message was due (accepted, or its sendAt) to its first provider call, in seconds, by priority.',
    labels: ['priority'],
    processes: ['worker'],
    buckets: waitBuckets,
    knownSeries: combinationsOf({ priority: ['1', '2', '3', '4', '5'] }),
  },
  providerCallsPerMessage: {
    name: 'crm_provider_calls_per_message',
    type: 'histogram',
    help: 'Provider calls per message until its outcome was known, by outcome.',
    labels: ['outcome'],
    processes: ['worker'],
    buckets: [1, 2, 3, 5, 8, 13, 21, 50],
    knownSeries: combinationsOf({ outcome: ['accepted', 'rejected', 'unknown'] }),
  },
  receipts: {
    name: 'crm_receipts_total',
    type: 'counter',
    help: 'Receipts matched to a message, repeated ones included, by status; unrecognised statuses count as "other".',
    labels: ['word'],
    processes: ['worker'],
    knownSeries: combinationsOf({ word: receiptWords }),
  },
  receiptFailures: {
    name: 'crm_receipt_failures_total',
    type: 'counter',
    help: 'Failures that a receipt reported after the provider had accepted the message, by class and code.',
    labels: ['class', 'code'],
    processes: ['worker'],
    knownSeries: errorLabels,
  },
  receiptDelay: {
    name: 'crm_receipt_delay_seconds',
    type: 'histogram',
    help: 'Time from the provider’s timestamp of a receipt (whole seconds) to when it was applied, in seconds, by status.',
    labels: ['word'],
    processes: ['worker'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 21_600],
    knownSeries: combinationsOf({ word: receiptWords }),
  },
  sweepMessages: {
    name: 'crm_sweep_messages_total',
    type: 'counter',
    help: 'Messages the sweep checked: their workflow was started or already at work.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
