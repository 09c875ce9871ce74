import { combinationsOf, type InstrumentTable } from '../platform/metrics.ts';
import { bodyBoundNames } from './body-bounds.ts';
import type { DoorRefusal } from './door.ts';

const refusals: readonly DoorRefusal[] = ['signature', 'unknown-key', 'rate', 'quota', 'unverified'];

export const webhookInstruments = {
  receiptsUnmatched: {
    name: 'crm_receipts_unmatched',
    type: 'gauge',
    help: 'Webhook events that wait because no message or channel matches them yet.',
    labels: [],
    processes: ['worker'],
  },
  webhookEventsStored: {
    name: 'crm_webhook_events_stored_total',
    type: 'counter',
    help: 'Webhook requests verified and stored.',
    labels: [],
    processes: ['api'],
  },
  webhooksRefused: {
    name: 'crm_webhooks_refused_total',
    type: 'counter',
    help: 'Webhook requests refused before they were stored, by reason: signature, unknown-key, rate (requests or bytes per minute), quota (bytes per day), or unverified (a body over 256 KiB for a channel that has not proved its number).',
    labels: ['reason'],
    processes: ['api'],
    knownSeries: combinationsOf({ reason: refusals }),
  },
  webhookBodiesRefused: {
    name: 'crm_webhook_bodies_refused_total',
    type: 'counter',
    help: 'Webhook bodies refused because they exceed a bound: bytes, depth, values or keys.',
    labels: ['bound'],
    processes: ['api'],
    knownSeries: combinationsOf({ bound: bodyBoundNames }),
  },
  webhookEventsJudged: {
    name: 'crm_webhook_events_processed_total',
    type: 'counter',
    help: 'Processed webhook events, by verdict: done, again or dead.',
    labels: ['verdict'],
    processes: ['worker'],
    knownSeries: combinationsOf({ verdict: ['done', 'again', 'dead'] }),
  },
  webhookEvents: {
    name: 'crm_webhook_events',
    type: 'gauge',
    help: 'Unfinished webhook events, by status: pending, parked for another attempt, or dead.',
    labels: ['status'],
    processes: ['worker'],
  },
  webhookReports: {
    name: 'crm_webhook_reports_total',
    type: 'counter',
    help: 'Events about accounts, numbers and templates, by webhook field; `other` if the product does not know it.',
    labels: ['field'],
    processes: ['worker'],
  },
  deadLettersExpiring: {
    name: 'crm_dead_letters_expiring',
    type: 'gauge',
    help: 'Dead letters that are deleted within two days.',
    labels: [],
    processes: ['worker'],
  },
  webhookSourcesLate: {
    name: 'crm_webhook_sources_late',
    type: 'gauge',
    help: 'Numbers (sources) with an event that has been due for over a minute; the sources take turns.',
    labels: [],
    processes: ['worker'],
  },
  oldestPendingEventAge: {
    name: 'crm_webhook_events_oldest_pending_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest pending webhook event, in seconds; 0 when there is none.',
    labels: [],
    processes: ['worker'],
  },
} as const satisfies InstrumentTable;
