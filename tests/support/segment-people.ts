import fc from 'fast-check';
import { Types, type Connection, type mongo } from 'mongoose';
import { countryOf } from '../../src/people/contacts/rules.ts';
import type { SegmentCustomField, SegmentVocabulary } from '../../src/people/segments/fields.ts';
import { nameKeyOf } from '../../src/platform/name-key.ts';

/** Random contacts with their leads and conversations, and the filters to find them by. */

const customFields: readonly SegmentCustomField[] = [
  { key: 'city', type: 'text' },
  { key: 'orders', type: 'number' },
  { key: 'vip', type: 'boolean' },
  { key: 'birthday', type: 'date' },
  { key: 'renews_at', type: 'datetime' },
  { key: 'plan', type: 'select', options: [{ key: 'basic' }, { key: 'pro' }] },
  { key: 'topics', type: 'multi-select', options: [{ key: 'news' }, { key: 'offers' }, { key: 'events' }] },
];

export interface Thread {
  readonly inboundAt?: Date | undefined;
  readonly outboundAt?: Date | undefined;
  readonly windowExpiresAt?: Date | undefined;
  /** A conversation of an earlier version, which knows of the contact's message by its window only. */
  readonly isOld: boolean;
}

export interface Lead {
  readonly stage: string;
  readonly agentId?: string | undefined;
  readonly isDeleted: boolean;
}

export interface PersonPlan {
  readonly name?: string | undefined;
  readonly username?: string | undefined;
  /** The beginning of the number, and the country that it tells. */
  readonly number?: readonly [prefix: string, country: string] | undefined;
  readonly createdAt: Date;
  readonly tags: readonly string[];
  readonly groups: readonly string[];
  readonly timezone?: string | undefined;
  readonly optInStatus: string;
  readonly marketingStopped?: boolean | undefined;
  readonly isBlocked?: boolean | undefined;
  readonly isSuspect: boolean;
  readonly fields: Readonly<Record<string, string | number | boolean | Date | readonly string[] | undefined>>;
  readonly lead?: Lead | undefined;
  readonly threads: readonly Thread[];
}

export interface Person extends PersonPlan {
  readonly id: Types.ObjectId;
  readonly phoneNumber?: string;
}

const names = ['Ana', 'ana maria', 'Änne', 'Bob', 'Zoë', '李 Ana'] as const;
const usernames = ['ana.souza', 'Bob', 'ANA_2'] as const;
/** Each makes a valid number with seven more digits. */
const numbers = [
  ['+49151', 'DE', '1'],
  ['+91981', 'IN', ''],
  ['+44740', 'GB', ''],
  ['+55119', 'BR', '8'],
] as const;
const tagIds = ['665f1f77bcf86cd7994390b1', '665f1f77bcf86cd7994390b2', '665f1f77bcf86cd7994390b3'] as const;
const groupIds = ['665f1f77bcf86cd7994390c1', '665f1f77bcf86cd7994390c2'] as const;

export const vocabulary: SegmentVocabulary = {
  ...{ customFields, tags: new Set(tagIds), groups: new Set(groupIds) },
};
const cities = ['Berlin', 'berlin', 'Bern', 'B', 'München', '$gt', 'a.b'] as const;
const stages = ['new', 'contacted', 'won', 'lost'] as const;
const statuses = ['unknown', 'opted-in', 'opted-out'] as const;
export const agentIds = ['665f1c2ab7e4d3a9c8b01234', '665f1c2ab7e4d3a9c8b01235'] as const;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const minuteMs = 60_000;

export const moments = fc.record({
  now: fc.constantFrom(
    ...['2026-11-30T23:30:00Z', '2026-03-29T10:00:00Z', '2026-10-25T01:00:00Z', '2026-09-06T04:00:00Z'],
  ),
  zone: fc.constantFrom('Europe/Berlin', 'America/Santiago', 'Pacific/Kiritimati', 'Asia/Kolkata'),
});

/** Times around now, most of them at full hours, so that days begin there. */
const timeNear = (now: Date) =>
  fc
    .tuple(fc.integer({ min: -24 * 12, max: 60 }), fc.constantFrom(0, 0, 0, 1, -1, 30 * minuteMs))
    .map(([hours, more]) => new Date(Math.floor(now.getTime() / hourMs) * hourMs + hours * hourMs + more));

const dayNear = (now: Date) =>
  fc
    .integer({ min: -12, max: 3 })
    .map((days) => new Date(now.getTime() + days * dayMs).toISOString().slice(0, 10));

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const threadNear = (now: Date): fc.Arbitrary<Thread> =>
  fc.record({
    inboundAt: maybe(timeNear(now)),
    outboundAt: maybe(timeNear(now)),
    windowExpiresAt: maybe(timeNear(now)),
    isOld: fc.boolean(),
  });

export const personNear = (now: Date): fc.Arbitrary<PersonPlan> =>
  fc.record({
    name: maybe(fc.constantFrom(...names)),
    username: maybe(fc.constantFrom(...usernames)),
    number: maybe(
      fc.constantFrom(...numbers.map(([prefix, country, more]) => [prefix + more, country] as const)),
    ),
    createdAt: timeNear(now),
    tags: fc.subarray([...tagIds]),
    groups: fc.subarray([...groupIds]),
    timezone: fc.constantFrom(undefined, undefined, 'Asia/Kolkata', 'America/Sao_Paulo'),
    optInStatus: fc.constantFrom(...statuses),
    marketingStopped: maybe(fc.boolean()),
    isBlocked: maybe(fc.boolean()),
    isSuspect: fc.boolean(),
    fields: fc.record({
      city: maybe(fc.constantFrom(...cities)),
      orders: maybe(fc.constantFrom(-1, 0, 0.5, 1, 2, 10)),
      vip: maybe(fc.boolean()),
      birthday: maybe(dayNear(now)),
      renews_at: maybe(timeNear(now)),
      plan: maybe(fc.constantFrom('basic', 'pro')),
      topics: maybe(fc.subarray(['news', 'offers', 'events'], { minLength: 1 })),
    }),
    lead: maybe(
      fc.record({
        stage: fc.constantFrom(...stages),
        agentId: maybe(fc.constantFrom(...agentIds)),
        isDeleted: fc.constantFrom(false, false, true),
      }),
    ),
    threads: fc.array(threadNear(now), { maxLength: 2 }),
  });

const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 1, maxLength: 3 });

const conditionOf = (field: string, op: string, value: fc.Arbitrary<unknown>) =>
  fc.record({ field: fc.constant(field), op: fc.constant(op), value });

const equalities = (field: string, value: fc.Arbitrary<unknown>) => [
  conditionOf(field, 'eq', value),
  conditionOf(field, 'ne', value),
  conditionOf(field, 'in', some(value)),
  conditionOf(field, 'exists', fc.boolean()),
];

const texts = (field: string, values: readonly string[]) => [
  ...equalities(field, fc.constantFrom(...values)),
  conditionOf(field, 'contains', fc.constantFrom(...values)),
];

const orders = <T extends number | string>(field: string, value: fc.Arbitrary<T>) => [
  ...['eq', 'lt', 'lte', 'gt', 'gte'].map((op) => conditionOf(field, op, value)),
  conditionOf(field, 'exists', fc.boolean()),
  conditionOf(
    field,
    'between',
    fc.tuple(value, value).map(([a, b]) => (a <= b ? [a, b] : [b, a])),
  ),
];

const sets = (field: string, ids: readonly string[]) =>
  ['has', 'has-all', 'has-none'].map((op) => conditionOf(field, op, some(fc.constantFrom(...ids))));

const within = (field: string) => conditionOf(field, 'within', fc.integer({ min: 1, max: 9 }));

const times = (field: string, now: Date) => [
  ...orders(field, dayNear(now)),
  ...orders(
    field,
    timeNear(now).map((at) => at.toISOString()),
  ),
  within(field),
];

/** Every operator of every field. */
export const conditionNear = (now: Date): fc.Arbitrary<unknown> => {
  const flags = ['marketingStopped', 'isBlocked', 'numberSuspect', 'isWindowOpen'];
  const byField = [
    texts('name', ['ANA', 'an', 'Zoe', 'bob', '李']),
    texts('username', ['@ana', 'ANA_2', 'bob']),
    texts('phoneNumber', ['+49151', '+5', '+44 7400']),
    equalities('country', fc.constantFrom('DE', 'IN', 'BR', 'FR')),
    equalities(
      'zone',
      fc.constantFrom('Europe/Berlin', 'Asia/Kolkata', 'America/Sao_Paulo', 'Europe/London'),
    ),
    times('createdAt', now),
    sets('tags', tagIds),
    sets('groups', groupIds),
    equalities('optInStatus', fc.constantFrom(...statuses)),
    flags.map((flag) => conditionOf(flag, 'eq', fc.boolean())),
    equalities('lead.stage', fc.constantFrom(...stages)),
    equalities('lead.assignedAgentId', fc.constantFrom(...agentIds)),
    times('lastInboundAt', now),
    times('lastOutboundAt', now),
    texts('customFields.city', [...cities]),
    orders('customFields.orders', fc.constantFrom(-1, 0, 0.5, 1, 3)),
    [
      conditionOf('customFields.vip', 'eq', fc.boolean()),
      conditionOf('customFields.vip', 'exists', fc.boolean()),
    ],
    [...orders('customFields.birthday', dayNear(now)), within('customFields.birthday')],
    times('customFields.renews_at', now),
    equalities('customFields.plan', fc.constantFrom('basic', 'pro')),
    equalities('customFields.topics', fc.constantFrom('news', 'offers', 'events')),
  ];
  return fc.oneof(...byField.map((conditions) => fc.oneof(...conditions)));
};

/** Trees of at most nine conditions, so that there are never too many probes. */
export function filterNear(now: Date): fc.Arbitrary<unknown> {
  const condition = conditionNear(now);
  const groupsOf = (part: fc.Arbitrary<unknown>) =>
    fc.oneof(
      part.map((not) => ({ not })),
      fc.array(part, { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(part, { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    );
  const group = groupsOf(condition);
  return fc.oneof(condition, group, groupsOf(fc.oneof(condition, group)));
}

const windowMs = dayMs - minuteMs;

/** The number of an index has seven digits. */
const numberAt = (prefix: string, index: number): string => `${prefix}${String(1_000_000 + index)}`;

export const personAt = (plan: PersonPlan, index: number): Person => ({
  ...{ ...plan, id: new Types.ObjectId() },
  ...(plan.number === undefined ? {} : { phoneNumber: numberAt(plan.number[0], index) }),
});

const defined = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function entryOf(k: string, value: unknown): object {
  if (k === 'birthday') return { k, d: new Date(String(value)) };
  if (value instanceof Date) return { k, d: value };
  const slot = { string: 's', number: 'n', boolean: 'b' }[typeof value as 'string' | 'number' | 'boolean'];
  return { k, [slot]: value };
}

/** When the contact of a thread last wrote, as the product knows it. */
export const inboundOf = ({ inboundAt, windowExpiresAt, isOld }: Thread): Date | undefined => {
  if (!isOld && inboundAt !== undefined) return inboundAt;
  return windowExpiresAt === undefined ? undefined : new Date(windowExpiresAt.getTime() - windowMs);
};

const idsOf = (ids: readonly string[]): Types.ObjectId[] | undefined =>
  ids.length === 0 ? undefined : ids.map((id) => new Types.ObjectId(id));

/** Stores people as the product does. */
export async function storePeople(
  connection: Connection,
  clientId: Types.ObjectId,
  people: readonly Person[],
): Promise<void> {
  const insert = async (collection: string, documents: readonly object[]): Promise<void> => {
    if (documents.length > 0)
      await connection
        .collection<mongo.Document>(collection)
        .insertMany(documents.map((one) => ({ ...one, clientId })));
  };
  const at = { updatedAt: new Date(0), version: 1 };
  await insert(
    'contacts',
    people.map(
      ({ id: _id, fields, isSuspect, tags, groups, number: _n, lead: _l, threads: _t, ...rest }) => ({
        ...defined({ ...rest, country: countryOf(defined({ phoneNumber: rest.phoneNumber })) }),
        ...{ _id, ...at, identityKeys: [`contact:${_id.toHexString()}`], customFields: {}, consentLog: [] },
        ...defined({
          nameKey: rest.name === undefined ? undefined : nameKeyOf(rest.name),
          usernameKey: rest.username?.toLowerCase(),
          tagIds: idsOf(tags),
          groupIds: idsOf(groups),
          numberSuspect: isSuspect ? { code: '131026', at: new Date(0) } : undefined,
        }),
        cf: Object.entries(fields).flatMap(([key, value]) =>
          value === undefined ? [] : (Array.isArray(value) ? value : [value]).map((one) => entryOf(key, one)),
        ),
      }),
    ),
  );
  await insert(
    'leads',
    people.flatMap(({ id: contactId, lead }) =>
      lead === undefined
        ? []
        : [
            {
              ...{
                _id: new Types.ObjectId(),
                contactId,
                stage: lead.stage,
                tags: [],
                optInStatus: 'unknown',
              },
              ...{ createdAt: new Date(0), ...at },
              ...(lead.agentId === undefined ? {} : { assignedAgentId: new Types.ObjectId(lead.agentId) }),
              ...(lead.isDeleted ? { deletedAt: new Date(0) } : {}),
            },
          ],
    ),
  );
  await insert(
    'conversations',
    people.flatMap(({ id: contactId, threads }) =>
      threads.map(({ inboundAt, outboundAt, windowExpiresAt, isOld }) => ({
        ...{ _id: new Types.ObjectId(), contactId, channelId: new Types.ObjectId(), status: 'closed' },
        ...{ lastMessageAt: new Date(0), unreadCount: 0, createdAt: new Date(0), version: 1, history: [] },
        ...defined({ lastOutboundAt: outboundAt, windowExpiresAt }),
        ...(isOld || inboundAt === undefined ? {} : { windowFrom: { at: inboundAt, keys: [] } }),
      })),
    ),
  );
}
