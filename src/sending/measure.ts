import type { Types } from 'mongoose';
import { secondsBetween } from '../platform/clock.ts';
import { maxCounted, type Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { sendingInstruments } from './instruments.ts';
import { createMessageMeasures, type MessageMeasures, type UnknownGroup } from './messages/store/measures.ts';

type SendingMetrics = Measured<typeof sendingInstruments>;

interface TemplateOnChannel {
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly name: string;
  readonly language: string;
}

/** The categories of these templates, without those that are not stored. */
type FindCategories = (
  keys: readonly TemplateOnChannel[],
) => Promise<readonly (TemplateOnChannel & { readonly category: string })[]>;

interface SendingMeasureDeps {
  readonly mongo: MongoConnection;
  readonly metrics: SendingMetrics;
  readonly findCategories: FindCategories;
}

const maxUnknownTemplates = 200;
const receiptsExpectedAfterMs = 10 * 60_000;
const receiptWindowMs = 60 * 60_000;

/** The gauges of messages that wait, that are held, or whose outcome is unknown. */
export function createSendingMeasure({ mongo, metrics, findCategories }: SendingMeasureDeps) {
  const messages = createMessageMeasures(mongo);
  return async (now: Date): Promise<void> => {
    await Promise.all([
      measureWaiting(messages, { metrics, now }),
      measureSent({ messages, findCategories }, { metrics, now }),
    ]);
  };
}

interface Round {
  readonly metrics: SendingMetrics;
  readonly now: Date;
}

const before = (now: Date, milliseconds: number): Date => new Date(now.getTime() - milliseconds);

async function measureWaiting(messages: MessageMeasures, { metrics, now }: Round): Promise<void> {
  const { messagesWaiting, oldestWaitingAge, messagesHeld, oldestHeldAge } = metrics.instruments;
  const groups = await messages.findWaitingAcrossClients({ now, limit: maxCounted });
  const open = groups.flatMap(({ status, ...group }) => (status === null ? [] : [{ status, ...group }]));
  messagesWaiting.replace(open.map(({ status, count }) => ({ labels: { status }, value: count })));
  oldestWaitingAge.replace(
    open.map(({ status, oldest }) => ({ labels: { status }, value: secondsBetween(oldest, now) })),
  );
  const held = groups.flatMap(({ gate, ...group }) => (gate === null ? [] : [{ gate, ...group }]));
  messagesHeld.replace(held.map(({ gate, count }) => ({ labels: { gate }, value: count })));
  oldestHeldAge.replace(
    held.map(({ gate, oldest }) => ({ labels: { gate }, value: secondsBetween(oldest, now) })),
  );
}

async function measureSent(
  { messages, findCategories }: { messages: MessageMeasures; findCategories: FindCategories },
  { metrics, now }: Round,
): Promise<void> {
  const { messagesUnknown, oldestUnknownAge, messagesWithoutReceipt } = metrics.instruments;
  const clientIds = await messages.clientIdsAcrossClients();
  const [unknown, withoutReceipt] = await Promise.all([
    messages.findUnknownAcrossClients(clientIds, { limit: maxCounted }),
    messages.countWithoutReceiptAcrossClients(clientIds, {
      acceptedAfter: before(now, receiptWindowMs),
      calledBefore: before(now, receiptsExpectedAfterMs),
      limit: maxCounted,
    }),
  ]);
  messagesWithoutReceipt.replace([{ labels: {}, value: withoutReceipt }]);
  const byCategory = await groupByCategory(findCategories, unknown);
  messagesUnknown.replace(
    [...byCategory].map(([category, { count }]) => ({ labels: { category }, value: count })),
  );
  oldestUnknownAge.replace(
    [...byCategory].map(([category, { oldest }]) => ({
      labels: { category },
      value: secondsBetween(oldest, now),
    })),
  );
}

/** Groups by category, because a sign-in code with an unknown outcome is more urgent than marketing. */
async function groupByCategory(findCategories: FindCategories, groups: readonly UnknownGroup[]) {
  const keyed = groups.flatMap(({ template, ...group }) =>
    template === null ? [] : [{ ...group, ...template }],
  );
  const found = await findCategories(keyed.slice(0, maxUnknownTemplates));
  const keyOf = (channelId: string, name: string, language: string) => `${channelId}:${name}:${language}`;
  const categories = new Map(
    found.map(({ channelId, name, language, category }) => [
      keyOf(channelId.toHexString(), name, language),
      category,
    ]),
  );
  const result = new Map<string, { count: number; oldest: Date }>();
  for (const { channelId, template, count, oldest } of groups) {
    // `service` is the provider's category of messages without a template.
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
