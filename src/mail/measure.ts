import { secondsBetween } from '../platform/clock.ts';
import { maxCounted, type Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { mailInstruments } from './instruments.ts';
import { createOutboxMeasures } from './outbox-measures.ts';

interface MailMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof mailInstruments>;
}

/** The gauges of the outbox. */
export function createMailMeasure({ mongo, metrics }: MailMeasureDeps) {
  const mails = createOutboxMeasures(mongo);
  const { mailsWaiting, oldestNewMailAge } = metrics.instruments;
  return async (now: Date): Promise<void> => {
    const { newCount, failingCount, oldestNewAt } = await mails.measureOutbox(maxCounted);
    mailsWaiting.replace([
      { labels: { state: 'new' }, value: newCount },
      { labels: { state: 'failing' }, value: failingCount },
    ]);
    const age = oldestNewAt === null ? 0 : secondsBetween(oldestNewAt, now);
    oldestNewMailAge.replace([{ labels: {}, value: age }]);
  };
}
