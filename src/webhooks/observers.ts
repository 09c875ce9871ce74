import type { LogBudget } from '../platform/log-budget.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measured } from '../platform/metrics.ts';
import type { DoorRefusal } from './door.ts';
import { BodyOutOfBounds } from './admission.ts';
import type { webhookInstruments } from './instruments.ts';
import type { Intake } from './intake.ts';
import type { WebhookRepository } from './repository.ts';
import type { Addressee } from './source.ts';
import { knownFields } from '../whatsapp/known-words.ts';
import type { UnknownWords } from './unknown-words/recorder.ts';

type WebhookMetrics = Measured<typeof webhookInstruments>;

/** Counts stored and refused bodies; logs the refused ones, because their sender may be the provider. */
export const observeIntake = (
  intake: Intake,
  { instruments }: WebhookMetrics,
  { logger, logBudget }: { readonly logger: Pick<Logger, 'warn'>; readonly logBudget: LogBudget },
): Intake => ({
  async store(body, addressee) {
    try {
      await intake.store(body, addressee);
    } catch (error) {
      if (error instanceof BodyOutOfBounds) {
        instruments.webhookBodiesRefused.add({ bound: error.bound });
        const line = logBudget(addressee === undefined ? 'signed' : keyOf(addressee));
        if (line !== null) {
          const leftOut = line.leftOutCount === 0 ? {} : { leftOutCount: line.leftOutCount };
          const channelId = addressee?.channelId.toHexString() ?? null;
          const fields = { bound: error.bound, characters: body.length, channelId, ...leftOut };
          logger.warn(fields, 'webhook body out of bounds; refused');
        }
      }
      throw error;
    }
    instruments.webhookEventsStored.add({});
  },
});

const keyOf = ({ clientId, isVerified }: Addressee): string =>
  isVerified ? clientId.toHexString() : 'unverified';

/** Counts the requests that the door refused. */
export function countRefusals({ instruments }: WebhookMetrics): (reason: DoorRefusal) => void {
  return (reason) => instruments.webhooksRefused.add({ reason });
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
  note(item, origin) {
    words.note(item, origin);
    // Unknown keys may come with each message, and are reported once.
    if (item.kind !== 'report' || item.unknownKeys !== undefined) return;
    instruments.webhookReports.add({ field: knownFields.has(item.field) ? item.field : 'other' });
  },
});
