import { createAuditMeasure } from '../audit/measure.ts';
import { createChannelMeasure } from '../channels/measure.ts';
import { createMailMeasure } from '../mail/measure.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createSendingMeasure } from '../sending/measure.ts';
import { createTemplateMeasures } from '../templates/store/measures.ts';
import { createTimerMeasure } from '../timers/measure.ts';
import { createWebhookMeasure } from '../webhooks/measure.ts';
import type { CrmMetrics } from './instruments.ts';

export interface MeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: CrmMetrics;
  readonly clock: Clock;
  readonly isWorkerRunning: () => boolean;
}

/**
 * Measures the gauges that come from the database. Every worker measures the same values, so a query must take their
 * maximum, never their sum.
 */
export function createMeasure({ mongo, metrics, clock, isWorkerRunning }: MeasureDeps) {
  const { workerRunning, measureFailures, gaugesMeasured } = metrics.instruments;
  const noteFresh = (): void =>
    gaugesMeasured.replace([{ labels: {}, value: clock.now().getTime() / 1_000 }]);
  noteFresh();
  const templates = createTemplateMeasures(mongo);
  const findCategories = templates.findCategoriesAcrossClients;
  const measures = [
    createSendingMeasure({ mongo, metrics, findCategories }),
    createWebhookMeasure({ mongo, metrics }),
    createChannelMeasure({ mongo, metrics }),
    createMailMeasure({ mongo, metrics }),
    createTimerMeasure({ mongo, metrics }),
    createAuditMeasure({ mongo, metrics }),
  ];

  return {
    /** One round. Throws if the database does not answer; the gauges then keep their old values. */
    async measureOnce(): Promise<void> {
      workerRunning.replace([{ labels: {}, value: isWorkerRunning() ? 1 : 0 }]);
      try {
        const now = clock.now();
        await Promise.all(measures.map((measure) => measure(now)));
        noteFresh();
      } catch (error) {
        measureFailures.add({});
        throw error;
      }
    },
  };
}
