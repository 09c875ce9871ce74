import type { Measured } from '../platform/metrics.ts';
import type { DoorRefusal } from './door.ts';
import type { webhookInstruments } from './instruments.ts';
import type { Intake } from './intake.ts';
import type { WebhookRepository } from './repository.ts';
import { knownFields } from '../whatsapp/known-words.ts';
import type { UnknownWords } from './unknown-words/recorder.ts';

type WebhookMetrics = Measured<typeof webhookInstruments>;

export const observeIntake = (intake: Intake, { instruments }: WebhookMetrics): Intake => ({
  async store(body, options) {
    await intake.store(body, options);
    instruments.webhookEventsStored.add({});
  },
});

/** Counts the requests that the door refused. */
export function countRefusals({ instruments }: WebhookMetrics): (reason: DoorRefusal) => void {
  const reasons: readonly DoorRefusal[] = ['signature', 'unknown-key', 'rate', 'quota'];
  // Alerts watch these counters: Prometheus misses the first increase of a counter that does not exist yet.
  for (const reason of reasons) instruments.webhooksRefused.add({ reason }, 0);
  return (reason) => instruments.webhooksRefused.add({ reason });
}

/** Counts the verdicts on leased events. */
export const observeEvents = (
  events: WebhookRepository,
  { instruments }: WebhookMetrics,
): WebhookRepository => ({
  ...events,
  async settle(token, verdicts, now) {
    const settledCount = await events.settle(token, verdicts, now);
    for (const { verdict } of verdicts) instruments.webhookEventsJudged.add({ verdict: verdict.kind });
    return settledCount;
  },
});

/** Counts the reports among the items; fields that the product does not know count as `other`. */
export const observeItems = (words: UnknownWords, { instruments }: WebhookMetrics): UnknownWords => ({
  ...words,
  note(item) {
    words.note(item);
    if (item.kind !== 'report') return;
    instruments.webhookReports.add({ field: knownFields.has(item.field) ? item.field : 'other' });
  },
});

/** Alerts watch these counters: Prometheus misses the first increase of a counter that does not exist yet. */
export function startVerdictsAtZero({ instruments }: WebhookMetrics): void {
  for (const verdict of ['done', 'again', 'dead']) instruments.webhookEventsJudged.add({ verdict }, 0);
}
