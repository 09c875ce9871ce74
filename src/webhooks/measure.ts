import { secondsBetween } from '../platform/clock.ts';
import { maxCounted, type Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { warnBeforeMs } from './dead-letter-keeping.ts';
import type { webhookInstruments } from './instruments.ts';
import { createWebhookMeasures } from './repository-measures.ts';

/** As the alert WebhookBacklog has it. */
const lateAfterMs = 60_000;

/** The default lease of the processor. */
const leaseMs = 30_000;

interface WebhookMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof webhookInstruments>;
}

/** The gauges of stored events. */
export function createWebhookMeasure({ mongo, metrics }: WebhookMeasureDeps) {
  const webhooks = createWebhookMeasures(mongo);
  const { webhookSourcesLate, webhookEvents, oldestPendingEventAge, receiptsUnmatched, deadLettersExpiring } =
    metrics.instruments;
  return async (now: Date): Promise<void> => {
    const dueBefore = new Date(now.getTime() + leaseMs);
    const expiringBefore = new Date(now.getTime() + warnBeforeMs);
    const lateBefore = new Date(now.getTime() - lateAfterMs);
    const bounds = { dueBefore, expiringBefore, lateBefore, limit: maxCounted };
    const intake = await webhooks.measureIntake(bounds);
    webhookSourcesLate.replace([{ labels: {}, value: intake.lateSources }]);
    webhookEvents.replace(
      (['pending', 'parked', 'dead'] as const).map((status) => ({
        labels: { status },
        value: intake[status],
      })),
    );
    const { oldestPendingAt } = intake;
    const age = oldestPendingAt === null ? 0 : secondsBetween(oldestPendingAt, now);
    oldestPendingEventAge.replace([{ labels: {}, value: age }]);
    deadLettersExpiring.replace([{ labels: {}, value: intake.expiring }]);
    receiptsUnmatched.replace([{ labels: {}, value: intake.unmatched }]);
  };
}
