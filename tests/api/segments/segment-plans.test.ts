import assert from 'node:assert/strict';
import mongoose, { type Connection, type mongo, Types } from 'mongoose';
import { createContactRepository } from '../../../src/people/contacts/store/repository.ts';
import { compileSegment } from '../../../src/people/segments/compile.ts';
import { segmentFields } from '../../../src/people/segments/fields.ts';
import { segmentFilter } from '../../../src/people/segments/read.ts';
import { ownedParts } from '../../../src/platform/driver-arguments.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { migrate } from '../../support/migrated.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { watchPlans, type PlanWatch } from '../../support/plans.ts';
import { vocabulary } from '../../support/segment-people.ts';

const count = 6_000;
const moment = { now: new Date('2026-11-30T12:00:00Z'), zone: 'Europe/Berlin' };

const tags = Array.from({ length: 7 }, () => newId().toHexString());
const tagged = { field: 'tags', op: 'has', value: [tags[3]] };

describe('query plans › segments', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let watched: Connection;
  let plans: PlanWatch;
  const scope = scopeOf(newId());
  const schema = segmentFilter(segmentFields({ ...vocabulary, tags: new Set(tags), groups: new Set(tags) }));

  before(async () => {
    database = await connectTestDatabase('segment_plans', []);
    await migrate(database.connection);
    watched = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
    plans = watchPlans(watched, database.connection);
    const contacts = database.connection.collection<mongo.Document>('contacts');
    await contacts.insertMany(
      Array.from({ length: count }, (_value, index) => {
        const _id = new Types.ObjectId();
        return {
          ...{
            ...scope,
            _id,
            identityKeys: [`contact:${_id.toHexString()}`],
            customFields: {},
            consentLog: [],
          },
          ...{
            optInStatus: 'opted-in',
            tagIds: [tags[index % 7], tags[(index % 3) + 4]].map((id) => new Types.ObjectId(id)),
            country: index % 50 === 0 ? 'BR' : 'DE',
          },
          groupIds: index % 60 === 0 ? [new Types.ObjectId(tags[0])] : undefined,
          cf: [
            { k: 'city', s: `City ${index % 300}` },
            { k: 'orders', n: index % 200 },
            { k: 'renews_at', d: new Date(moment.now.getTime() - index * 3_600_000) },
          ],
          ...{ createdAt: new Date(index * 1_000), updatedAt: new Date(0), version: 1 },
        };
      }),
    );
  });
  after(async () => {
    await watched.close();
    await database.close();
  });

  /** How many documents and entries of indexes the database examines for the count of a filter. */
  async function costOf(filter: unknown): Promise<{ readonly docs: number; readonly keys: number }> {
    const { candidates } = compileSegment(schema.parse(filter), moment, scope);
    const explained = await database.connection
      .collection<mongo.Document>('contacts')
      .find(ownedParts(scope, candidates))
      .explain('executionStats');
    const stats = explained['executionStats'] as { totalDocsExamined: number; totalKeysExamined: number };
    return { docs: stats.totalDocsExamined, keys: stats.totalKeysExamined };
  }

  const cases: readonly (readonly [string, unknown, number])[] = [
    [
      'two custom fields and a tag',
      {
        all: [
          { field: 'customFields.city', op: 'eq', value: 'City 7' },
          { field: 'customFields.orders', op: 'gte', value: 100 },
          tagged,
        ],
      },
      25,
    ],
    ['the beginning of a text', { field: 'customFields.city', op: 'contains', value: 'City 29' }, 230],
    ['a number', { field: 'customFields.orders', op: 'between', value: [10, 11] }, 65],
    ['a time', { field: 'customFields.renews_at', op: 'within', value: 3 }, 80],
    ['a tag and a country', { all: [tagged, { field: 'country', op: 'eq', value: 'BR' }] }, 125],
    ['a tag or a group', { any: [tagged, { field: 'groups', op: 'has', value: [tags[0]] }] }, 960],
    ['two tags at once', { ...tagged, op: 'has-all', value: [tags[3], tags[4]] }, 860],
    ['a group', { field: 'groups', op: 'has', value: [tags[0]] }, 100],
    ['a country', { field: 'country', op: 'eq', value: 'BR' }, 125],
    [
      'either of two',
      {
        any: [
          { field: 'customFields.orders', op: 'eq', value: 3 },
          { field: 'country', op: 'in', value: ['BR'] },
        ],
      },
      185,
    ],
    [
      'either of three, two of them in a group',
      {
        any: [
          { field: 'customFields.orders', op: 'eq', value: 3 },
          {
            any: [
              { field: 'country', op: 'in', value: ['BR'] },
              { field: 'customFields.city', op: 'eq', value: 'City 5' },
            ],
          },
        ],
      },
      225,
    ],
  ];
  for (const [what, filter, most] of cases)
    it(`${what} › reads little more than it finds`, async () => {
      const { docs, keys } = await costOf(filter);
      assert.ok(docs > 0 && docs <= most && keys <= most + 10, JSON.stringify({ docs, keys }));
    });

  it('pages and counts › never read the whole collection', async () => {
    const queries = createContactRepository(watched);
    const { candidates } = compileSegment(schema.parse(tagged), moment, scope);
    const after = { key: new Date(count * 500), id: newId() };
    const stages = await plans.plansOf(async () => {
      await queries.findPlacesWhere(scope, candidates, { after, limit: 50, maxTimeMS: 5_000 });
      await queries.summariseWhere(scope, candidates, { maxTimeMS: 5_000 });
    });
    for (const plan of stages)
      assert.ok(!plan.includes('COLLSCAN') && !plan.includes('SORT'), plan.join(' '));
  });
});
