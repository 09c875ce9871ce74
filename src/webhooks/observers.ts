import type { Logger } from '../platform/logger.ts';
import type { Measured } from '../platform/metrics.ts';
import type { DoorRefusal } from './door.ts';
import { BodyOutOfBounds } from './admission.ts';
import { bodyBoundNames } from './body-bounds.ts';
import type { webhookInstruments } from './instruments.ts';
import type { Intake } from './intake.ts';
import type { WebhookRepository } from './repository.ts';
import { knownFields } from '../whatsapp/known-words.ts';
import type { UnknownWords } from './unknown-words/recorder.ts';

type WebhookMetrics = Measured<typeof webhookInstruments>;

/** Counts stored and refused bodies; logs the refused ones, because their sender may be the provider. */
export const observeIntake = (
  intake: Intake,
  { instruments }: WebhookMetrics,
  logger: Pick<Logger, 'warn'>,
): Intake => ({
  async store(body, addressee) {
    try {
      await intake.store(body, addressee);
    } catch (error) {
      if (error instanceof BodyOutOfBounds) {
        instruments.webhookBodiesRefused.add({ bound: error.bound });
        logger.warn(
          {
            bound: error.bound,
            characters: body.length,
            channelId: addressee?.channelId.toHexString() ?? null,
          },
          'webhook body out of bounds; refused',
        );
      }
      throw error;
    }
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

/** An alert watches this counter of the API: Prometheus misses the first increase of one that does not exist yet. */
export function startRefusalsAtZero({ instruments }: WebhookMetrics): void {
  for (const bound of bodyBoundNames) instruments.webhookBodiesRefused.add({ bound }, 0);
}

/** Counts the verdicts on leased events. */
export const observeEvents = (
  events: WebhookRepository,
  { instruments }: WebhookMetrics,
): WebhookRepository => ({
  ...events,
  async settle(token, verdicts, options) {
    const settledCount = await events.settle(token, verdicts, options);
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
