import assert from 'node:assert/strict';
import { segmentFields } from '../../../../src/people/segments/fields.ts';
import { segmentFilter } from '../../../../src/people/segments/read.ts';

const [vip, old] = ['665f1f77bcf86cd7994390b1', '665f1f77bcf86cd7994390b2'];
const fair = '665f1f77bcf86cd7994390c1';
const fields = segmentFields({
  customFields: [
    { key: 'city', type: 'text' },
    { key: 'orders', type: 'number' },
    { key: 'vip', type: 'boolean' },
    { key: 'birthday', type: 'date' },
    { key: 'renews_at', type: 'datetime' },
    { key: 'plan', type: 'select', options: [{ key: 'basic' }, { key: 'pro' }] },
    { key: 'topics', type: 'multi-select' },
  ],
  ...{ tags: new Set([vip, old]), groups: new Set([fair]) },
});
const schema = segmentFilter(fields);

/** The problems of a filter, as `path: message`. */
function problemsOf(input: unknown): readonly string[] {
  const result = schema.safeParse(input);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const condition = { field: 'customFields.city', op: 'eq', value: 'Berlin' };
const nested = (depth: number): object => (depth === 0 ? condition : { all: [nested(depth - 1)] });

describe('segment filter › what is accepted', () => {
  const accepted: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
    name: [
      ['eq', 'Ana'],
      ['ne', 'Ana'],
      ['contains', 'An'],
      ['in', ['Ana', 'Bob']],
      ['exists', false],
    ],
    username: [['eq', '@ana']],
    phoneNumber: [['contains', '+49 151']],
    country: [['in', ['DE', 'BR']]],
    zone: [['ne', 'Europe/Berlin']],
    createdAt: [
      ['within', 30],
      ['between', ['2026-01-01', '2026-01-31']],
      ['gt', '2026-01-01T09:00:00+02:00'],
    ],
    tags: [
      ['has', [vip]],
      ['has-all', [vip, old]],
      ['has-none', [vip, old]],
    ],
    groups: [
      ['has', [fair]],
      ['has-all', [fair]],
      ['has-none', [fair]],
    ],
    optInStatus: [['eq', 'opted-in']],
    marketingStopped: [['eq', false]],
    isBlocked: [['eq', true]],
    numberSuspect: [['eq', true]],
    isWindowOpen: [['eq', true]],
    'lead.stage': [
      ['in', ['new', 'won']],
      ['exists', true],
    ],
    'lead.assignedAgentId': [['eq', '665f1c2ab7e4d3a9c8b01234']],
    lastInboundAt: [['within', 1]],
    lastOutboundAt: [['lt', '2026-01-01']],
    'customFields.city': [
      ['contains', 'Ber'],
      ['eq', '  as typed '],
    ],
    'customFields.orders': [
      ['between', [-1.5, 3]],
      ['lte', 0],
      ['eq', 7],
    ],
    'customFields.vip': [
      ['eq', false],
      ['exists', true],
    ],
    'customFields.birthday': [
      ['eq', '2000-02-29'],
      ['within', 7],
    ],
    'customFields.renews_at': [['gte', '2026-01-01T00:00:00.000Z']],
    'customFields.plan': [['in', ['basic', 'pro']]],
  };
  for (const [field, cases] of Object.entries(accepted))
    for (const [op, value] of cases)
      it(`${field} ${op} ${JSON.stringify(value)}`, () => {
        assert.deepEqual(problemsOf({ field, op, value }), []);
      });

  it('groups › five levels and fifty conditions', () => {
    assert.deepEqual(problemsOf(nested(5)), []);
    assert.deepEqual(problemsOf({ any: Array.from({ length: 50 }, () => condition) }), []);
    assert.deepEqual(problemsOf({ not: { any: [condition, { all: [condition] }] } }), []);
  });

  it('a list › keeps each value once', () => {
    const parsed = schema.parse({ field: 'tags', op: 'has', value: [vip, old, vip] });
    assert.deepEqual(parsed.kind === 'condition' && parsed.condition.value, [vip, old]);
  });
});

describe('segment filter › what is refused', () => {
  const shape = 'Must be a condition (field, op, value) or one of all, any and not.';
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['no object', 'city', [`: ${shape}`]],
    ['null', null, [`: ${shape}`]],
    ['a list', [condition], [`: ${shape}`]],
    ['nothing', {}, [`: ${shape}`]],
    ['an empty group', { all: [] }, ['all: Must be a list of 1 to 50 conditions or groups.']],
    ['a group of no list', { any: condition }, ['any: Must be a list of 1 to 50 conditions or groups.']],
    [
      'two groups at once',
      { all: [condition], not: condition, note: 'x' },
      ['not: This field is unknown.', 'note: This field is unknown.'],
    ],
    ['nothing to deny', { not: null }, [`not: ${shape}`]],
    ['a field that is no text', { field: 1, op: 'eq', value: 1 }, ['field: Must be the name of a field.']],
    ['an unknown field', { field: 'age', op: 'eq', value: 1 }, ['field: There is no such field.']],
    ['a path into the document', { field: 'cf.s', op: 'eq', value: 1 }, ['field: There is no such field.']],
    [
      'an unknown custom field',
      { field: 'customFields.age', op: 'eq', value: 1 },
      ['field: There is no such custom field.'],
    ],
    [
      'unknown tags and groups, or their names',
      {
        any: [
          { field: 'tags', op: 'has', value: [fair, 'vip'] },
          { field: 'groups', op: 'has-none', value: [vip] },
        ],
      },
      [
        'any.0.value.0: There is no such tag.',
        'any.0.value.1: Must be an id of 24 hexadecimal digits.',
        'any.1.value.0: There is no such contact group.',
      ],
    ],
    [
      'a group that is no list',
      { field: 'groups', op: 'eq', value: fair },
      ['op: Must be one of has, has-all, has-none.'],
    ],
    [
      'an unknown operator',
      { ...condition, op: 'regex' },
      ['op: Must be one of eq, ne, contains, in, exists.'],
    ],
    [
      'an operator of another type',
      { field: 'customFields.orders', op: 'contains', value: 1 },
      ['op: Must be one of eq, lt, lte, gt, gte, between, exists.'],
    ],
    ['an unknown key', { ...condition, $where: '1' }, ['$where: This field is unknown.']],
    ['no value', { field: 'name', op: 'eq' }, ['value: Required.']],
    [
      'a wrong country',
      { field: 'country', op: 'eq', value: 'de' },
      ['value: Must be an ISO 3166 country code such as DE.'],
    ],
    [
      'a zone of no place',
      { field: 'zone', op: 'eq', value: 'UTC' },
      ['value: Must be the zone of a place, such as Europe/Berlin.'],
    ],
    [
      'a blank name',
      { field: 'name', op: 'contains', value: '  ' },
      ['value: Must contain a letter or another sign.'],
    ],
    [
      'an unknown option',
      { field: 'customFields.plan', op: 'in', value: ['pro', 'gold'] },
      ['value.1: There is no such option.'],
    ],
    [
      'a field without options',
      { field: 'customFields.topics', op: 'eq', value: 'x' },
      ['value: There is no such option.'],
    ],
    [
      'an inverted range',
      { field: 'customFields.orders', op: 'between', value: [3, 1] },
      ['value: The first value must not be above the second.'],
    ],
    [
      'an inverted range of days',
      { field: 'createdAt', op: 'between', value: ['2026-02-01', '2026-01-01'] },
      ['value: The first value must not be above the second.'],
    ],
    [
      'a range of a day and a time',
      { field: 'createdAt', op: 'between', value: ['2026-02-01', '2026-03-01T00:00:00Z'] },
      ['value: Must be two days, or two times.'],
    ],
    [
      'a range of one',
      { field: 'customFields.orders', op: 'between', value: [3] },
      ['value: Must be two values, the lower one first.'],
    ],
    [
      'a day that does not exist',
      { field: 'createdAt', op: 'eq', value: '2026-02-30' },
      ['value: Must be a day such as 2026-11-23.'],
    ],
    [
      'a far year',
      { field: 'createdAt', op: 'eq', value: '0026-02-03' },
      ['value: Must be in the years 1900 to 2099.'],
    ],
    [
      'a time without a zone',
      { field: 'createdAt', op: 'eq', value: '2026-02-03T09:00:00' },
      ['value: Must be a day such as 2026-11-23, or a time such as 2026-11-23T09:00:00Z.'],
    ],
    [
      'a time of a day',
      { field: 'customFields.birthday', op: 'eq', value: '2026-02-03T09:00:00Z' },
      ['value: Must be a day such as 2026-11-23.'],
    ],
    [
      'half a day',
      { field: 'createdAt', op: 'within', value: 0.5 },
      ['value: Must be a number of days from 1 to 3650.'],
    ],
    ['a text for a flag', { field: 'isBlocked', op: 'eq', value: 'true' }, ['value: Must be true or false.']],
  ];
  for (const [what, input, problems] of cases)
    it(what, () => {
      assert.deepEqual(problemsOf(input), problems);
    });

  it('all problems › are named at once, by path', () => {
    const input = { all: [{ field: 'age' }, condition, { any: [{ ...condition, op: 'x' }, { not: 1 }] }] };
    assert.deepEqual(problemsOf(input), [
      'all.0.field: There is no such field.',
      'all.2.any.0.op: Must be one of eq, ne, contains, in, exists.',
      `all.2.any.1.not: ${shape}`,
    ]);
  });

  it('bounds › depth, conditions, probes, texts and lists', () => {
    assert.deepEqual(problemsOf(nested(6)), [
      'all.0.all.0.all.0.all.0.all.0: Groups must not be nested deeper than 5 levels.',
    ]);
    const half = { any: Array.from({ length: 26 }, () => condition) };
    assert.deepEqual(problemsOf({ all: [half, half, half] }), [': Must have at most 50 conditions.']);
    const stage = { field: 'lead.stage', op: 'eq', value: 'won' };
    assert.deepEqual(problemsOf({ any: Array.from({ length: 12 }, () => stage) }), [
      ': Must have at most 10 conditions on leads and conversations.',
    ]);
    assert.equal(problemsOf({ ...condition, value: 'x'.repeat(641) }).length, 1);
    const listed = (length: number) => Array.from({ length }, (_value, index) => `t${index}`);
    assert.deepEqual(problemsOf({ ...condition, op: 'in', value: listed(1_000) }), []);
    const list = { ...condition, op: 'in', value: listed(501) };
    assert.deepEqual(problemsOf({ any: [list, list, list] }), [
      ': Must have at most 1000 values in all its lists.',
    ]);
    assert.equal(problemsOf({ ...condition, op: 'in', value: [] }).length, 1);
  });

  it('a body that is nested without end › is read to the bound only', () => {
    let deep: unknown = condition;
    for (let level = 0; level < 50_000; level += 1) deep = { not: deep };
    assert.equal(problemsOf(deep).length, 1);
  });
});
