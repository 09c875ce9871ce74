import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { compileSegment, type SegmentPlan } from '../../../../src/people/segments/compile.ts';
import { segmentFields } from '../../../../src/people/segments/fields.ts';
import { segmentFilter } from '../../../../src/people/segments/read.ts';
import { scopeOf } from '../../../../src/platform/mongo.ts';
import { referencesOf } from '../../../../src/people/segments/references.ts';

const [vipId, oldId] = ['665f1f77bcf86cd7994390b1', '665f1f77bcf86cd7994390b2'];
const groupId = '665f1f77bcf86cd7994390c1';
const schema = segmentFilter(
  segmentFields({
    customFields: [
      { key: 'city', type: 'text' },
      { key: 'orders', type: 'number' },
      { key: 'plan', type: 'multi-select', options: [{ key: 'basic' }, { key: 'pro' }] },
    ],
    ...{ tags: new Set([vipId, oldId]), groups: new Set([groupId]) },
  }),
);
const scope = scopeOf(new Types.ObjectId());
/** Parts of an `any`. */
const partsOf = (...inputs: readonly unknown[]) => ({
  $or: inputs.map((input) => ({ ...scope, ...filterOf(input) })),
});
const moment = { now: new Date('2026-11-30T12:00:00Z'), zone: 'Europe/Berlin' };

const compiled = (input: unknown): SegmentPlan => compileSegment(schema.parse(input), moment, scope);
const filterOf = (input: unknown) => compiled(input).members([]);
const notesOf = (input: unknown) =>
  compiled(input).notes.map(({ path, field, code }) => `${path.join('.')} ${field} ${code}`);

const city = { field: 'customFields.city', op: 'eq', value: 'Berlin' };
const vip = { field: 'tags', op: 'has', value: [vipId] };
const won = { field: 'lead.stage', op: 'eq', value: 'won' };
const quiet = { field: 'lastInboundAt', op: 'lt', value: '2026-11-01' };

describe('segment compiler › filters over contacts', () => {
  it('a custom field › is one entry with key and value', () => {
    const isIndexed = { 'cf.k': { $exists: true } };
    assert.deepEqual(filterOf(city), {
      cf: { $elemMatch: { k: 'city', s: { $eq: 'Berlin' } } },
      ...isIndexed,
    });
    assert.deepEqual(filterOf({ ...city, op: 'contains' }), {
      ...isIndexed,
      cf: { $elemMatch: { k: 'city', s: { $gte: 'Berlin', $lt: 'Berlin\u{10ffff}' } } },
    });
    assert.deepEqual(filterOf({ field: 'customFields.orders', op: 'between', value: [1, 3] }), {
      ...{ cf: { $elemMatch: { k: 'orders', n: { $gte: 1, $lte: 3 } } }, 'cf.n': { $exists: true } },
    });
  });

  it('what is stored in another form › is compared in that form', () => {
    assert.deepEqual(filterOf({ field: 'name', op: 'in', value: ['Zoë', 'ANA  Maria'] }), {
      nameKey: { $in: ['zoe', 'ana maria'] },
    });
    assert.deepEqual(filterOf({ field: 'phoneNumber', op: 'eq', value: '+55 11 8765-4321' }), {
      phoneNumber: { $eq: '+5511987654321' },
    });
    assert.deepEqual(filterOf({ field: 'zone', op: 'eq', value: 'Europe/Berlin' }), {
      $or: [
        { timezone: { $in: ['Europe/Berlin'] } },
        { timezone: { $exists: false }, country: { $in: ['DE'] } },
      ].map((part) => ({ ...scope, ...part })),
    });
  });

  it('ne, has-none, a missing value and a false flag › are the opposite of a comparison', () => {
    assert.deepEqual(filterOf({ ...city, op: 'ne' }), {
      $nor: [filterOf(city)],
    });
    assert.deepEqual(filterOf({ ...vip, op: 'has-none' }), { $nor: [filterOf(vip)] });
    assert.deepEqual(filterOf({ ...city, op: 'exists', value: false }), {
      $nor: [filterOf({ ...city, op: 'exists', value: true })],
    });
    assert.deepEqual(filterOf({ field: 'isBlocked', op: 'eq', value: false }), {
      $nor: [{ isBlocked: { $eq: true } }],
    });
    assert.deepEqual(filterOf({ not: { not: vip } }), filterOf(vip));
  });

  it('tags and groups › are asked for by ids: any, all or none of them', () => {
    const ids = [new Types.ObjectId(vipId), new Types.ObjectId(oldId)];
    const both = { ...vip, value: [vipId, oldId] };
    assert.deepEqual(filterOf(vip), { tagIds: { $eq: ids[0] } });
    assert.deepEqual(filterOf(both), { tagIds: { $in: ids } });
    assert.deepEqual(filterOf({ ...both, op: 'has-all' }), { tagIds: { $all: ids } });
    const inGroup = { field: 'groups', op: 'has', value: [groupId] };
    assert.deepEqual(filterOf(inGroup), { groupIds: { $eq: new Types.ObjectId(groupId) } });
    assert.deepEqual(notesOf({ ...inGroup, op: 'has-none' }), []);
  });

  it('groups › are $and and $or, and one part stands alone', () => {
    assert.deepEqual(filterOf({ all: [{ any: [vip] }, city] }), { $and: [filterOf(vip), filterOf(city)] });
    assert.deepEqual(filterOf({ any: [vip, city] }), partsOf(vip, city));
    assert.deepEqual(filterOf({ any: [{ any: [vip, city] }, vip] }), partsOf(vip, city, vip));
  });
});

describe('segment compiler › leads and conversations', () => {
  it('a probe › asks another collection, and its answer takes its place', () => {
    const plan = compiled({ all: [vip, won, { not: quiet }] });
    assert.deepEqual(plan.probes, [
      { of: 'lead', path: 'stage', operand: { $eq: 'won' } },
      { of: 'threads', fact: 'lastInboundAt', operand: { $lt: new Date('2026-10-31T23:00:00Z') } },
    ]);
    const ids = [new Types.ObjectId(), new Types.ObjectId()];
    assert.deepEqual(plan.members([ids, []]), {
      $and: [filterOf(vip), { _id: { $in: ids } }, { $nor: [{ _id: { $in: [] } }] }],
    });
  });

  it('candidates › are all who can be members as far as contacts tell', () => {
    const cases: readonly (readonly [unknown, unknown])[] = [
      [{ all: [vip, won] }, filterOf(vip)],
      [{ all: [vip, city, { any: [won, city] }] }, { $and: [filterOf(vip), filterOf(city)] }],
      [{ any: [vip, won] }, {}],
      [{ all: [{ any: [vip, { all: [city, won] }] }] }, partsOf(vip, city)],
      [{ not: { all: [vip, won] } }, {}],
      [{ all: [{ not: vip }, { not: won }] }, { $nor: [filterOf(vip)] }],
      [{ not: { any: [vip, { not: city }] } }, { $nor: [partsOf(vip, { not: city })] }],
      [won, {}],
    ];
    for (const [input, candidates] of cases) assert.deepEqual(compiled(input).candidates, candidates);
  });
});

describe('segment compiler › notes', () => {
  it('ne and not › also match contacts without the field', () => {
    assert.deepEqual(notesOf(city), []);
    assert.deepEqual(notesOf({ ...city, op: 'ne' }), [' customFields.city matches-missing']);
    assert.deepEqual(notesOf({ not: { any: [vip, city, won] } }), [
      'not.any.1 customFields.city matches-missing',
      'not.any.2 lead.stage matches-missing',
    ]);
    assert.deepEqual(notesOf({ not: { ...city, op: 'ne' } }), []);
    assert.deepEqual(notesOf({ not: { not: city } }), []);
    assert.deepEqual(notesOf({ not: { ...city, op: 'exists', value: true } }), []);
    assert.deepEqual(notesOf({ field: 'optInStatus', op: 'ne', value: 'opted-out' }), []);
  });

  it('a zone › names the countries whose numbers do not tell it', () => {
    const zone = { field: 'zone', op: 'in', value: ['America/New_York', 'Europe/Paris'] };
    assert.deepEqual(notesOf(zone), [' zone zone-unknown']);
    assert.match(compiled(zone).notes[0]?.message ?? '', /^Numbers of US do not tell/);
    assert.deepEqual(notesOf({ ...zone, value: ['Europe/Paris'] }), []);
    assert.deepEqual(notesOf({ ...zone, op: 'exists', value: true }), []);
  });
});

describe('segment references', () => {
  it('a filter › names its fields, options, tags, agents and stages once', () => {
    const agent = '665f1c2ab7e4d3a9c8b01234';
    const filter = {
      all: [
        { ...vip, value: [vipId, oldId] },
        { not: { any: [city, { field: 'customFields.plan', op: 'in', value: ['pro'] }] } },
        { ...vip, op: 'has-none' },
        { field: 'groups', op: 'has-all', value: [groupId] },
        { field: 'lead.assignedAgentId', op: 'ne', value: agent },
        { field: 'lead.stage', op: 'in', value: ['won', 'lost'] },
        { field: 'lead.stage', op: 'exists', value: true },
        { field: 'customFields.plan', op: 'eq', value: 'pro' },
      ],
    };
    assert.deepEqual(referencesOf(schema.parse(filter)), {
      fields: [
        ...['tags', 'customFields.city', 'customFields.plan', 'groups'],
        ...['lead.assignedAgentId', 'lead.stage'],
      ],
      customFields: ['city', 'plan'],
      options: [{ customField: 'plan', option: 'pro' }],
      tags: [vipId, oldId],
      groups: [groupId],
      agentIds: [agent],
      stages: ['won', 'lost'],
    });
  });
});
