import assert from 'node:assert/strict';
import { readFieldFilters } from '../../../../src/people/custom-fields/filters.ts';
import { fieldTypes, type FieldRules } from '../../../../src/people/custom-fields/rules.ts';

const fields: readonly FieldRules[] = fieldTypes.map((type) => ({
  ...{ key: type.replace('-', '_'), type, required: false },
  ...(type === 'text' ? { archivedAt: new Date(0) } : {}),
}));
const read = (given: Readonly<Record<string, string>>) => readFieldFilters(fields, given);

describe('filters by custom fields', () => {
  const [d, later] = [new Date('2026-11-23T00:00:00Z'), new Date('2026-11-24T00:00:00Z')];
  const good: readonly [string, string, object][] = [
    ['text', ' Berlin ', { key: 'text', member: 's', is: 'Berlin' }],
    ['select', 'pro', { key: 'select', member: 's', is: 'pro' }],
    ['multi_select', 'pro', { key: 'multi_select', member: 's', is: 'pro' }],
    ['number', '-1.5', { key: 'number', member: 'n', is: -1.5 }],
    ['number.lte', '0', { key: 'number', member: 'n', is: { $lte: 0 } }],
    ['boolean', 'true', { key: 'boolean', member: 'b', is: true }],
    ['boolean', 'false', { key: 'boolean', member: 'b', is: false }],
    ['date', '2026-11-23', { key: 'date', member: 'd', is: d }],
    ['datetime.gte', '2026-11-23T01:00:00+01:00', { key: 'datetime', member: 'd', is: { $gte: d } }],
  ];
  for (const [name, text, condition] of good) {
    it(`${name}=${text} › one condition`, () =>
      assert.deepEqual(read({ [name]: text }), { conditions: [condition], issues: [] }));
  }

  it('both bounds of a field › one range; a value beside them is a condition of its own', () => {
    const given = { 'date.gte': '2026-11-23', number: '3', 'date.lte': '2026-11-24', date: '2026-11-23' };
    assert.deepEqual(read(given).conditions, [
      { key: 'date', member: 'd', is: { $gte: d, $lte: later } },
      { key: 'number', member: 'n', is: 3 },
      { key: 'date', member: 'd', is: d },
    ]);
  });

  it('wrong ones › an issue for each by its name, and the others are read', () => {
    const wrong = {
      ...{ none: 'x', text: ' \u200b', 'text.gte': 'a', 'boolean.lte': 'true', boolean: 'yes' },
      ...{ number: '1e3', 'number.gte': '9'.repeat(400), date: '2026-02-30', 'datetime.lte': '2026-11-23' },
    };
    const { conditions, issues } = read({ ...wrong, select: 'pro' });
    assert.deepEqual(
      issues.map(({ path, message }) => `${path}: ${message}`),
      [
        'none: There is no such custom field.',
        'text: This must not be blank.',
        'text.gte: Only numbers, dates and times have gte and lte.',
        'boolean.lte: Only numbers, dates and times have gte and lte.',
        'boolean: This must be true or false.',
        'number: This must be a number such as -1.5.',
        'number.gte: This must be a number such as -1.5.',
        'date: This must be a date such as 2026-11-23.',
        'datetime.lte: This must be a time such as 2026-11-23T09:00:00Z.',
      ],
    );
    assert.equal(conditions.length, 1);
  });
});
