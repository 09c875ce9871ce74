import { createChannelMeasures } from '../channels/store/measures.ts';
import {
  createMessageMeasures,
  type MessageMeasures,
  type UnknownGroup,
} from '../sending/messages/store/measures.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createTemplateMeasures, type TemplateMeasures } from '../templates/store/measures.ts';
import { createWebhookMeasures, type WebhookMeasures } from '../webhooks/repository-measures.ts';
import type { CrmMetrics } from './instruments.ts';

export interface MeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: CrmMetrics;
  readonly clock: Clock;
  readonly isWorkerRunning: () => boolean;
}

/** No count goes further: an alert needs to know that there are many, not how many. */
const mostCounted = 5_000;
const mostUnknownTemplates = 200;
/** As long as a processor holds an event before it is processed or due again. */
const leaseMs = 30_000;
const receiptsExpectedAfterMs = 10 * 60_000;
const receiptsLookedForMs = 60 * 60_000;

/**
 * Measures what only the database knows. Every worker measures the same, so that the gauges of all of them say the
 * same thing: a query takes their maximum, never their sum.
 */
export function createMeasure({ mongo, metrics, clock, isWorkerRunning }: MeasureDeps) {
  const { instruments } = metrics;
  const messages = createMessageMeasures(mongo);
  const templates = createTemplateMeasures(mongo);
  const webhooks = createWebhookMeasures(mongo);
  const channels = createChannelMeasures(mongo);

  return {
    /** One round. Throws when the database does not answer; what was measured before stays as it was. */
    async measureOnce(): Promise<void> {
      instruments.workerRunning.replace([{ labels: {}, value: isWorkerRunning() ? 1 : 0 }]);
      try {
        const now = clock.now();
        await Promise.all([
          measureWaiting(messages, { metrics, now }),
          measureLeft({ messages, templates }, { metrics, now }),
          measureInbox(webhooks, { metrics, now }),
          channels.findPausedAcrossClients().then((paused) =>
            instruments.channelsPaused.replace(
              paused.map(({ by, errorClass, count }) => ({
                labels: { by, class: errorClass },
                value: count,
              })),
            ),
          ),
        ]);
      } catch (error) {
        instruments.measureFailures.add({});
        throw error;
      }
    },
  };
}

interface Round {
  readonly metrics: CrmMetrics;
  readonly now: Date;
}

const ageSeconds = (since: Date, now: Date): number => Math.max(0, (now.getTime() - since.getTime()) / 1_000);

const before = (now: Date, milliseconds: number): Date => new Date(now.getTime() - milliseconds);

async function measureWaiting(messages: MessageMeasures, { metrics, now }: Round): Promise<void> {
  const { messagesWaiting, oldestWaitingAge, messagesHeld, oldestHeldAge } = metrics.instruments;
  const groups = await messages.findWaitingAcrossClients({ now, limit: mostCounted });
  const open = groups.flatMap(({ status, ...group }) => (status === null ? [] : [{ status, ...group }]));
  messagesWaiting.replace(open.map(({ status, count }) => ({ labels: { status }, value: count })));
  oldestWaitingAge.replace(
    open.map(({ status, oldest }) => ({ labels: { status }, value: ageSeconds(oldest, now) })),
  );
  const held = groups.flatMap(({ gate, ...group }) => (gate === null ? [] : [{ gate, ...group }]));
  messagesHeld.replace(held.map(({ gate, count }) => ({ labels: { gate }, value: count })));
  oldestHeldAge.replace(
    held.map(({ gate, oldest }) => ({ labels: { gate }, value: ageSeconds(oldest, now) })),
  );
}

async function measureLeft(
  { messages, templates }: { messages: MessageMeasures; templates: TemplateMeasures },
  { metrics, now }: Round,
): Promise<void> {
  const { messagesUnknown, oldestUnknownAge, messagesWithoutReceipt } = metrics.instruments;
  const clientIds = await messages.clientIdsAcrossClients();
  const [unknown, withoutReceipt] = await Promise.all([
    messages.findUnknownAcrossClients(clientIds, { limit: mostCounted }),
    messages.countWithoutReceiptAcrossClients(clientIds, {
      acceptedAfter: before(now, receiptsLookedForMs),
      calledBefore: before(now, receiptsExpectedAfterMs),
      limit: mostCounted,
    }),
  ]);
  messagesWithoutReceipt.replace([{ labels: {}, value: withoutReceipt }]);
  const byCategory = await groupByCategory(templates, unknown);
  messagesUnknown.replace(
    [...byCategory].map(([category, { count }]) => ({ labels: { category }, value: count })),
  );
  oldestUnknownAge.replace(
    [...byCategory].map(([category, { oldest }]) => ({
      labels: { category },
      value: ageSeconds(oldest, now),
    })),
  );
}

/** A one-time code of unknown fate is another matter than an advertisement: the category says which it is. */
async function groupByCategory(templates: TemplateMeasures, groups: readonly UnknownGroup[]) {
  const keyed = groups.flatMap(({ template, ...group }) =>
    template === null ? [] : [{ ...group, ...template }],
  );
  const found = await templates.findCategoriesAcrossClients(keyed.slice(0, mostUnknownTemplates));
  const keyOf = (channelId: string, name: string, language: string) => `${channelId}:${name}:${language}`;
  const categories = new Map(
    found.map(({ channelId, name, language, category }) => [
      keyOf(channelId.toHexString(), name, language),
      category,
    ]),
  );
  const result = new Map<string, { count: number; oldest: Date }>();
  for (const { channelId, template, count, oldest } of groups) {
    // The provider calls a message without a template a service message.
    const category =
      template === null
        ? 'service'
        : (categories.get(keyOf(channelId.toHexString(), template.name, template.language)) ?? 'other');
    const entry = result.get(category) ?? { count: 0, oldest };
    result.set(category, {
      count: entry.count + count,
      oldest: entry.oldest < oldest ? entry.oldest : oldest,
    });
  }
  return result;
}

async function measureInbox(webhooks: WebhookMeasures, { metrics, now }: Round): Promise<void> {
  const { webhookEvents, oldestPendingEventAge, receiptsUnmatched } = metrics.instruments;
  const inbox = await webhooks.measureInbox({ dueBefore: before(now, -leaseMs), limit: mostCounted });
  webhookEvents.replace(
    (['pending', 'parked', 'dead'] as const).map((status) => ({ labels: { status }, value: inbox[status] })),
  );
  const { oldestPendingAt } = inbox;
  const age = oldestPendingAt === null ? 0 : ageSeconds(oldestPendingAt, now);
  oldestPendingEventAge.replace([{ labels: {}, value: age }]);
  receiptsUnmatched.replace([{ labels: {}, value: inbox.unmatched }]);
}
