import assert from 'node:assert/strict';
import fc from 'fast-check';
import mongoose, { type Connection, type mongo } from 'mongoose';
import { createContactRepository, type ContactFilter } from '../../src/people/contacts/store/repository.ts';
import type { FieldCondition } from '../../src/people/custom-fields/filters.ts';
import { newId } from '../../src/platform/ids.ts';
import { newestFirst } from '../../src/platform/listing.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { defineFields } from '../support/custom-fields.ts';
import { issuePaths } from '../support/http.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';
import { codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';
import { stagesOf, watchPlans, type PlanWatch } from '../support/plans.ts';

describe('contacts by custom fields', function () {
  this.timeout(60_000);
  const api = useMessagingApi('custom_field_filters');
  const options = ['free', 'pro', 'team'].map((key) => ({ key, label: key }));
  let admin: Member;

  before(async () => {
    admin = await signUpAdmin(api());
    await defineFields(admin.post, {
      ...{ city: 'text', orders: 'number', vip: 'boolean', born: 'date', seen: 'datetime' },
    });
    await defineFields(admin.post, { plan: 'select', tools: 'multi-select' }, { options });
    const contacts: readonly [string, object][] = [
      ['Ana', { city: 'Berlin, Mitte', orders: 3, vip: true, plan: 'pro', tools: ['free', 'pro'] }],
      ['Ben', { city: 'Berlin', orders: 10, vip: false, plan: 'free', tools: ['team'] }],
      ['Cem', { city: 'Berlin', orders: -2.5, born: '1990-02-28', seen: '2026-11-23T09:00:00Z' }],
      ['Dia', { born: '1990-03-01', plan: 'pro' }],
      ['Eva', {}],
    ];
    for (const [index, [name, customFields]] of contacts.entries()) {
      const body = {
        phoneNumber: `+49151000000${10 + index}`,
        name,
        customFields,
        tags: index < 2 ? ['vip'] : [],
      };
      const made = await admin.post('/api/contacts', body);
      assert.equal(made.status, 201, made.text);
    }
  });

  const list = (filters: Readonly<Record<string, string>>, more = '') => {
    const named = Object.entries(filters).map(([name, value]): [string, string] => [
      `customField[${name}]`,
      value,
    ]);
    return admin.get(`/api/contacts?${new URLSearchParams(named).toString()}${more}`);
  };

  const found: readonly [Readonly<Record<string, string>>, string, string][] = [
    [{ city: 'Berlin' }, '', 'Cem Ben'],
    [{ city: 'Berlin, Mitte' }, '', 'Ana'],
    [{ city: 'berlin' }, '', ''],
    [{ orders: '3' }, '', 'Ana'],
    [{ 'orders.gte': '3' }, '', 'Ben Ana'],
    [{ 'orders.gte': '-2.5', 'orders.lte': '3' }, '', 'Cem Ana'],
    [{ vip: 'true' }, '', 'Ana'],
    [{ vip: 'false' }, '', 'Ben'],
    [{ 'born.lte': '1990-02-28' }, '', 'Cem'],
    [{ born: '1990-03-01' }, '', 'Dia'],
    [{ 'seen.gte': '2026-11-23T10:00:00+01:00' }, '', 'Cem'],
    [{ plan: 'pro' }, '', 'Dia Ana'],
    [{ tools: 'pro' }, '', 'Ana'],
    [{ city: 'Berlin', 'orders.gte': '0' }, '&tag=vip', 'Ben'],
    [{ plan: 'pro' }, '&q=an', 'Ana'],
  ];
  for (const [filters, more, names] of found) {
    it(`${JSON.stringify(filters)}${more} › ${names === '' ? 'nobody' : names}`, async () => {
      const page = await list(filters, more);
      assert.equal(page.status, 200, page.text);
      assert.equal((page.body['items'] as { name: string }[]).map(({ name }) => name).join(' '), names);
    });
  }

  it('pages › go on where they ended, with the same filter', async () => {
    const first = await list({ plan: 'pro' }, '&limit=1');
    const second = await list({ plan: 'pro' }, `&limit=1&cursor=${String(first.body['nextCursor'])}`);
    const named = [first, second].flatMap(({ body }) =>
      (body['items'] as { name: string }[]).map(({ name }) => name),
    );
    assert.deepEqual([named, second.body['nextCursor']], [['Dia', 'Ana'], null]);
  });

  it('wrong filters › 400 with every path', async () => {
    const wrong: readonly [Readonly<Record<string, string>>, string[]][] = [
      [{ none: 'x', orders: 'many', 'city.gte': 'a' }, ['none', 'orders', 'city.gte']],
      [{ City: 'x' }, ['City']],
      [{ a: '1', b: '1', c: '1', d: '1', e: '1', f: '1' }, ['']],
    ];
    for (const [filters, paths] of wrong) {
      const answer = await list(filters);
      assert.equal(codeOf(answer), '400 invalid-input', answer.text);
      assert.deepEqual(
        issuePaths(answer).toSorted(),
        paths.map((path) => (path === '' ? 'query.customField' : `query.customField.${path}`)).toSorted(),
      );
    }
    for (const [query, path] of [
      ['customField=x', 'customField'],
      ['customField[city]=a&customField[city]=b', 'customField[city]'],
      ['customField[__proto__]=a', 'customField[__proto__]'],
      ['customField[city][gte]=a', 'customField[city][gte]'],
      ['tag[x]=a', 'tag[x]'],
    ])
      assert.deepEqual(issuePaths(await admin.get(`/api/contacts?${query}`)), [`query.${path}`], query);
  });
});

describe('plans of lists by custom fields', function () {
  this.timeout(120_000);
  const scope = scopeOf(newId());
  const at = Date.parse('2026-11-23T09:00:00Z');
  const count = 12_000;
  const tags = Array.from({ length: 10 }, () => newId());
  const tagId = tags[3] ?? newId();
  let database: TestDatabase;
  let connection: Connection;
  let watch: PlanWatch;

  before(async () => {
    database = await connectTestDatabase('custom_field_plans', []);
    await runMigrations(database.connection);
    connection = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
    watch = watchPlans(connection, database.connection);
    const contacts = Array.from({ length: count }, (_value, index) => ({
      clientId: index % 6 === 0 ? newId() : scope.clientId,
      identityKeys: [`tel:${index}`],
      tagIds: [tags[index % 10]],
      createdAt: new Date(at + index * 1_000),
      searchTokens: [],
      cf: [
        { k: 'city', s: `c${index % 49}` },
        { k: 'plan', s: `p${index % 4}` },
        { k: 'orders', n: (index * 7_919) % 1_000 },
        { k: 'born', d: new Date(at - ((index * 104_729) % 10_000) * 86_400_000) },
      ],
    }));
    await database.connection.db?.collection<mongo.Document>('contacts').insertMany(contacts);
  });
  after(async () => {
    await connection?.close();
    await database?.close();
  });

  /** Runs a list and explains its command: the indexes that the winning plan reads, and how many documents it looked at. */
  async function explained(filter: ContactFilter) {
    watch.commands.length = 0;
    const repository = createContactRepository(connection);
    const found = await repository.list(scope, filter, newestFirst(undefined), 51);
    const [command] = watch.commands;
    const { lsid: _session, $db: _db, $clusterTime: _time, ...explain } = command ?? {};
    const plan = (await database.connection.db?.command({ explain, verbosity: 'executionStats' })) ?? {};
    const { executionStats, queryPlanner } = plan as Record<
      'executionStats' | 'queryPlanner',
      Record<string, unknown>
    >;
    return {
      found: found.length,
      stages: stagesOf(queryPlanner['winningPlan']),
      plan: JSON.stringify(queryPlanner['winningPlan']),
      examined: Number(executionStats['totalDocsExamined']),
    };
  }

  const text = (key: string, is: string): FieldCondition => ({ key, member: 's', is });
  const cases: readonly [string, ContactFilter, number][] = [
    [
      'two fields and a tag',
      { tagId, fields: [text('city', 'c7'), { key: 'orders', member: 'n', is: { $gte: 500 } }] },
      250,
    ],
    ['two texts and a tag', { tagId, fields: [text('city', 'c7'), text('plan', 'p1')] }, 250],
    ['a number', { fields: [{ key: 'orders', member: 'n', is: 7 }] }, 15],
    [
      'a range of dates',
      { fields: [{ key: 'born', member: 'd', is: { $gte: new Date(at - 86_400_000 * 20) } }] },
      40,
    ],
    ['a rare text and a common one', { fields: [text('city', 'none'), text('plan', 'p1')] }, 0],
  ];
  for (const [name, filter, most] of cases) {
    it(`${name} › the winning plan reads an index of fields, and at most ${most} documents`, async () => {
      const { stages, plan, examined, found } = await explained(filter);
      assert.ok(!stages.includes('COLLSCAN') && plan.includes('cf.k'), plan);
      assert.ok(examined <= most, `${examined} documents for ${found}`);
    });
  }

  it('any filters › find whom the conditions describe, as comparing the attributes one by one does', async () => {
    const repository = createContactRepository(connection);
    const all = (await database.connection.db
      ?.collection('contacts')
      .find({ clientId: scope.clientId, createdAt: { $lt: new Date(at + 300_000) } })
      .toArray()) as { _id: unknown; cf: { k: string; s?: string; n?: number; d?: Date }[] }[];
    const window = { createdAt: { $lt: new Date(at + 300_000) } };
    const bound = fc.integer({ min: 0, max: 1_000 });
    const condition = fc.oneof(
      fc.integer({ min: 0, max: 49 }).map((city) => text('city', `c${city}`)),
      fc.integer({ min: 0, max: 4 }).map((plan) => text('plan', `p${plan}`)),
      fc
        .tuple(bound, bound)
        .map(([a, b]): FieldCondition => ({ key: 'orders', member: 'n', is: { $gte: a, $lte: b } })),
      bound.map((days): FieldCondition => ({
        key: 'born',
        member: 'd',
        is: { $lte: new Date(at - days * 86_400_000) },
      })),
    );
    const isMet = ({ key, member, is }: FieldCondition, cf: (typeof all)[number]['cf']) =>
      cf.some((attribute) => {
        const value = attribute.k === key && member !== 'b' ? attribute[member] : undefined;
        if (value === undefined) return false;
        if (typeof is !== 'object' || is instanceof Date) return value === is;
        return (is.$gte === undefined || value >= is.$gte) && (is.$lte === undefined || value <= is.$lte);
      });
    await fc.assert(
      fc.asyncProperty(fc.array(condition, { minLength: 1, maxLength: 3 }), async (fields) => {
        const order = { ...newestFirst(undefined), ranges: [window] };
        const found = await repository.list(scope, { fields }, order, 1_000);
        const expected = all.filter(({ cf }) => fields.every((each) => isMet(each, cf)));
        assert.deepEqual(
          found.map(({ _id }) => String(_id)).toSorted(),
          expected.map(({ _id }) => String(_id)).toSorted(),
        );
      }),
      { numRuns: 60 },
    );
  });
});
