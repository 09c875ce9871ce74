import type { Types } from 'mongoose';
import { secondsBetween } from '../platform/clock.ts';
import { maxClientSeries, maxCounted, type Measured, sumSeries } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { codeLabel } from '../whatsapp/error-labels.ts';
import type { sendingInstruments } from './instruments.ts';
import {
  type BacklogMeasures,
  createBacklogMeasures,
  createOutcomeMeasures,
  type OldestOfClient,
  type OutcomeMeasures,
} from './messages/store/client-measures.ts';
import {
  createMessageMeasures,
  type MessageMeasures,
  type UnknownGroup,
  type WaitingGroup,
} from './messages/store/measures.ts';

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
const failureWindowMs = 60 * 60_000;
/** Messages that wait for a shorter time are nobody's trouble, so their clients get no series. */
const troubleAfterSeconds = 15;

/** The gauges of messages that wait, that are held, that failed, or whose outcome is unknown. */
export function createSendingMeasure({ mongo, metrics, findCategories }: SendingMeasureDeps) {
  const messages = createMessageMeasures(mongo);
  const backlogs = createBacklogMeasures(mongo);
  const outcomes = createOutcomeMeasures(mongo);
  return async (now: Date): Promise<void> => {
    const round = { messages, backlogs, outcomes, metrics, now };
    await Promise.all([measureWaiting(round), measureSent(round, findCategories)]);
  };
}

interface Round {
  readonly messages: MessageMeasures;
  readonly backlogs: BacklogMeasures;
  readonly outcomes: OutcomeMeasures;
  readonly metrics: SendingMetrics;
  readonly now: Date;
}

const before = (now: Date, milliseconds: number): Date => new Date(now.getTime() - milliseconds);

type Named<Key extends 'status' | 'gate'> = WaitingGroup & {
  readonly [Name in Key]: NonNullable<WaitingGroup[Name]>;
};

async function measureWaiting(round: Round): Promise<void> {
  const { messages, metrics, now } = round;
  const { messagesWaiting, oldestWaitingAge, messagesHeld, oldestHeldAge } = metrics.instruments;
  const groups = await messages.findWaitingAcrossClients({ now, limit: maxCounted });
  const open = groups.filter((group): group is Named<'status'> => group.status !== null);
  const held = groups.filter((group): group is Named<'gate'> => group.gate !== null);
  messagesWaiting.replace(open.map(({ status, count }) => ({ labels: { status }, value: count })));
  messagesHeld.replace(held.map(({ gate, count }) => ({ labels: { gate }, value: count })));
  const { waiting, heldAt } = await findClientsInTrouble(round, { open, held });
  const ageOf = (oldest: Date): number => secondsBetween(oldest, now);
  // A count stops at its limit, and may not have met the oldest message.
  const oldestOf = ({ oldest }: WaitingGroup, clients: readonly OldestOfClient[] = []): number =>
    Math.max(ageOf(oldest), ...clients.slice(0, 1).map((client) => ageOf(client.oldest)));
  oldestWaitingAge.replace(
    open.map((group) => ({
      labels: { status: group.status },
      value: oldestOf(group, waiting.get(group.status)),
    })),
  );
  oldestHeldAge.replace(
    held.map((group) => ({ labels: { gate: group.gate }, value: oldestOf(group, heldAt.get(group.gate)) })),
  );
  metrics.instruments.clientOldestWaitingAge.replace(
    seriesOf(waiting, ageOf).map(({ client, key: status, value }) => ({ labels: { client, status }, value })),
  );
  metrics.instruments.clientOldestHeldAge.replace(
    seriesOf(heldAt, ageOf).map(({ client, key: gate, value }) => ({ labels: { client, gate }, value })),
  );
}

type ByKey = ReadonlyMap<string, readonly OldestOfClient[]>;

/** Looks at single clients only where something waits for long, or is too much to be counted. */
async function findClientsInTrouble(
  { backlogs, now }: Round,
  { open, held }: { open: readonly Named<'status'>[]; held: readonly Named<'gate'>[] },
): Promise<{ waiting: ByKey; heldAt: ByKey }> {
  const bounds = { now, maxClients: maxClientSeries };
  const isTrouble = ({ oldest, count }: WaitingGroup): boolean =>
    secondsBetween(oldest, now) >= troubleAfterSeconds || count >= maxCounted;
  const waiting = open.filter(isTrouble).map(async ({ status }) => {
    return [status, await backlogs.findWaitingAcrossClients(status, bounds)] as const;
  });
  const heldAt = held.filter(isTrouble).map(async ({ gate }) => {
    return [gate, await backlogs.findHeldAcrossClients(gate, bounds)] as const;
  });
  return { waiting: new Map(await Promise.all(waiting)), heldAt: new Map(await Promise.all(heldAt)) };
}

const seriesOf = (byKey: ByKey, ageOf: (oldest: Date) => number) =>
  [...byKey]
    .flatMap(([key, clients]) =>
      clients.map(({ clientId, oldest }) => ({ client: clientId.toHexString(), key, value: ageOf(oldest) })),
    )
    .filter(({ value }) => value >= troubleAfterSeconds);

async function measureSent(round: Round, findCategories: FindCategories): Promise<void> {
  const { messages, outcomes, metrics, now } = round;
  const clientIds = await messages.clientIdsAcrossClients();
  const [unknown, withoutReceipt, failures] = await Promise.all([
    messages.findUnknownAcrossClients(clientIds, { limit: maxCounted }),
    outcomes.findWithoutReceiptAcrossClients(clientIds, {
      acceptedAfter: before(now, receiptWindowMs),
      calledBefore: before(now, receiptsExpectedAfterMs),
      limit: maxClientSeries,
    }),
    outcomes.findFailuresAcrossClients(clientIds, {
      since: before(now, failureWindowMs),
      limit: maxClientSeries,
    }),
  ]);
  metrics.instruments.clientMessagesWithoutReceipt.replace(
    withoutReceipt.map(({ clientId, count }) => ({
      labels: { client: clientId.toHexString() },
      value: count,
    })),
  );
  metrics.instruments.clientMessagesFailed.replace(
    sumSeries(
      failures.map(({ clientId, errorClass, code, count }) => ({
        labels: { client: clientId.toHexString(), class: errorClass, code: codeLabel(code) },
        value: count,
      })),
    ),
  );
  await measureUnknown(round, { unknown, findCategories });
}

async function measureUnknown(
  { metrics, now }: Round,
  { unknown, findCategories }: { unknown: readonly UnknownGroup[]; findCategories: FindCategories },
): Promise<void> {
  const { messagesUnknown, clientOldestUnknownAge } = metrics.instruments;
  const groups = await groupByCategory(findCategories, unknown);
  messagesUnknown.replace(
    sumSeries(groups.map(({ category, count }) => ({ labels: { category }, value: count }))),
  );
  const oldest = groups.toSorted((one, other) => one.oldest.getTime() - other.oldest.getTime());
  clientOldestUnknownAge.replace(
    oldest.slice(0, maxClientSeries).map((group) => ({
      labels: { client: group.client, category: group.category },
      value: secondsBetween(group.oldest, now),
    })),
  );
}

/** Groups by client and category, because a sign-in code with an unknown outcome is more urgent than marketing. */
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
  const result = new Map<string, { client: string; category: string; count: number; oldest: Date }>();
  for (const { clientId, channelId, template, count, oldest } of groups) {
    const client = clientId.toHexString();
    // `service` is the provider's category of messages without a template.
    const category =
      template === null
        ? 'service'
        : (categories.get(keyOf(channelId.toHexString(), template.name, template.language)) ?? 'other');
    const entry = result.get(`${client} ${category}`) ?? { client, category, count: 0, oldest };
    result.set(`${client} ${category}`, {
      ...entry,
      count: entry.count + count,
      oldest: entry.oldest < oldest ? entry.oldest : oldest,
    });
  }
  return [...result.values()];
}
