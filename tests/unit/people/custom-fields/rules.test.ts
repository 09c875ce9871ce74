import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import {
  dateOf,
  freeSlotAmong,
  isSettled,
  judgeFields,
  maxFields,
  maxTextLength,
  timeOf,
  withFieldChanges,
  type FieldRules,
  type FieldType,
  type FieldValue,
  type FieldValues,
} from '../../../../src/people/custom-fields/rules.ts';
import { isoTime } from '../../../../src/platform/fields.ts';

const options = ['free', 'pro', 'team'].map((key) => ({ key, label: key.toUpperCase() }));
const field = (key: string, type: FieldType, more: Partial<FieldRules> = {}): FieldRules => ({
  ...{ key, type, required: false },
  ...(type.endsWith('select') ? { options } : {}),
  ...more,
});
const archivedAt = new Date('2026-11-01T00:00:00Z');
const types: readonly FieldType[] = [
  'text',
  'number',
  'boolean',
  'date',
  'datetime',
  'select',
  'multi-select',
];

type Given = Readonly<Record<string, FieldValue | null>> | null | undefined;

const judge = (definitions: readonly FieldRules[], given: Given, current: FieldValues = {}, isNew = false) =>
  judgeFields(definitions, { given, current, isNew });

/** The values and attributes of a contact after a change that has no issue. */
function stored(definitions: readonly FieldRules[], given: Given, current: FieldValues = {}) {
  const { changes, issues } = judge(definitions, given, current);
  assert.deepEqual(issues, []);
  return withFieldChanges({ customFields: current }, changes);
}

const issuesOf = (
  definitions: readonly FieldRules[],
  given: Given,
  current: FieldValues = {},
  isNew = false,
) => judge(definitions, given, current, isNew).issues.map(({ path, message }) => `${path}: ${message}`);

describe('values of custom fields', () => {
  const day = new Date('2024-02-29T00:00:00Z');
  const good: readonly [FieldType, FieldValue, FieldValue, object][] = [
    ['text', '  Berlin\nMitte ', 'Berlin\nMitte', { s: 'Berlin\nMitte' }],
    ['text', 'x'.repeat(maxTextLength), 'x'.repeat(maxTextLength), { s: 'x'.repeat(maxTextLength) }],
    ['number', -1.5, -1.5, { n: -1.5 }],
    ['number', 0, 0, { n: 0 }],
    ['boolean', false, false, { b: false }],
    ['date', '2024-02-29', '2024-02-29', { d: day }],
    ['datetime', '2024-02-29T01:00:00+01:00', '2024-02-29T00:00:00.000Z', { d: day }],
    ['select', 'pro', 'pro', { s: 'pro' }],
    ['multi-select', ['pro'], ['pro'], { s: 'pro' }],
  ];
  for (const [type, given, value, attribute] of good) {
    it(`${type} ${JSON.stringify(given).slice(0, 40)} › stored, and found by its attribute`, () => {
      assert.deepEqual(stored([field('f', type)], { f: given }), {
        customFields: { f: value },
        cf: [{ k: 'f', ...attribute }],
      });
    });
  }

  it('dates and times › are those of the API', () => {
    const number = (max: number, digits: number) =>
      fc.integer({ min: 0, max }).map((value) => String(value).padStart(digits, '0'));
    const day = fc.tuple(number(9_999, 4), number(14, 2), number(33, 2)).map((parts) => parts.join('-'));
    const clock = fc.tuple(number(25, 2), number(61, 2)).map((parts) => parts.join(':'));
    const more = fc.constantFrom('', '', ':30', ':60', ':30.5', ':30.', ':30.123456');
    const zone = fc.oneof(
      fc.constantFrom('Z', 'z', '', '+0100'),
      clock.map((at) => `+${at}`),
      clock.map((at) => `-${at}`),
    );
    const time = fc.tuple(day, fc.constantFrom('T', 'T', 't', ' '), clock, more, zone);
    fc.assert(
      fc.property(day, (text) => {
        assert.equal(dateOf(text) !== null, z.iso.date().safeParse(text).success, text);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        time.map((parts) => parts.join('')),
        (text) => {
          const read = isoTime.safeParse(text);
          const isTime = read.success && /^\d{4}-/.test(read.data.toISOString());
          assert.deepEqual(timeOf(text), isTime ? read.data : null, text);
        },
      ),
      { numRuns: 5_000 },
    );
    for (const value of [null, 1, undefined, '9999-12-31T23:59:00-01:00', '0000-01-01T00:00:00+01:00'])
      assert.equal(timeOf(value), null);
  });

  it('several options › each once, an attribute for each', () => {
    assert.deepEqual(stored([field('f', 'multi-select')], { f: ['team', 'free', 'team'] }), {
      customFields: { f: ['team', 'free'] },
      cf: [
        { k: 'f', s: 'team' },
        { k: 'f', s: 'free' },
      ],
    });
  });

  const bad: readonly [FieldType, FieldValue, string][] = [
    ['text', 1, 'f: This must be a text.'],
    ['text', 'a\0', 'f: Must not contain the control character U+0000 (NUL).'],
    ['text', 'x'.repeat(maxTextLength + 1), 'f: At most 640 characters are allowed.'],
    ['number', '1', 'f: This must be a number.'],
    ['boolean', 'true', 'f: This must be true or false.'],
    ['date', '2023-02-29', 'f: This must be a date such as 2026-11-23.'],
    ['date', 20_230_101, 'f: This must be a date such as 2026-11-23.'],
    ['datetime', '2023-02-29T00:00:00Z', 'f: This must be a time such as 2026-11-23T09:00:00Z.'],
    ['datetime', '2023-02-01T00:00:00', 'f: This must be a time such as 2026-11-23T09:00:00Z.'],
    ['datetime', '9999-12-31T23:59:59-14:00', 'f: This must be a time such as 2026-11-23T09:00:00Z.'],
    ['select', ['pro'], 'f: This must be the key of an option.'],
    ['select', 'Pro', 'f: There is no such option.'],
    ['multi-select', 'pro', 'f: This must be a list of keys of options.'],
    ['multi-select', ['pro', 'gold'], 'f.1: There is no such option.'],
  ];
  for (const [type, given, issue] of bad) {
    it(`${type} ${JSON.stringify(given).slice(0, 40)} › refused`, () =>
      assert.deepEqual(issuesOf([field('f', type)], { f: given }), [issue]));
  }

  it('a choice without options › refuses every option', () => {
    assert.deepEqual(issuesOf([{ key: 'f', type: 'select', required: false }], { f: 'a' }), [
      'f: There is no such option.',
    ]);
  });

  it('every issue at once › each with its path', () => {
    const definitions = [
      field('a', 'number'),
      field('b', 'text', { archivedAt }),
      field('c', 'date', { required: true }),
    ];
    assert.deepEqual(issuesOf(definitions, { a: 'x', b: 'y', z: 1 }, {}, true), [
      'a: This must be a number.',
      'b: This custom field is archived.',
      'z: There is no such custom field.',
      'c: This custom field is required.',
    ]);
  });

  describe('what stays', () => {
    const all = types.map((type) => field(type.replace('-', '_'), type));
    it('nothing given › nothing', () =>
      assert.deepEqual(judge(all, undefined, { text: 'a' }), { changes: new Map(), issues: [] }));

    it('a blank text › leaves the value, whatever the type', () => {
      const blanks = Object.fromEntries(all.map(({ key }) => [key, ' \u200b']));
      assert.deepEqual(judge(all, blanks, { text: 'a' }), { changes: new Map(), issues: [] });
    });

    it('a value in another spelling › no change', () => {
      const given = { text: ' a ', datetime: '2026-11-23T10:00:00+01:00' };
      const current = { text: 'a', datetime: '2026-11-23T09:00:00.000Z' };
      assert.equal(judge(all, given, current).changes.size, 0);
    });

    it('the present value of an archived field, of no field, of an option that is gone › accepted; others are not', () => {
      const definitions = [
        field('old', 'text', { archivedAt }),
        field('plan', 'select'),
        field('plans', 'multi-select'),
      ];
      const current = { old: 'a', free: 1, plan: 'gold', plans: ['gold', 'pro'] };
      assert.deepEqual(judge(definitions, { ...current, old: ' a ' }, current), {
        changes: new Map(),
        issues: [],
      });
      assert.deepEqual(stored(definitions, { plans: ['team', 'gold'] }, current).customFields['plans'], [
        'team',
        'gold',
      ]);
      assert.deepEqual(
        issuesOf(definitions, { old: 'b', free: 2, plan: 'silver', plans: ['silver'] }, current),
        [
          'old: This custom field is archived.',
          'free: There is no such custom field.',
          'plan: There is no such option.',
          'plans.0: There is no such option.',
        ],
      );
    });
  });

  describe('clearing', () => {
    it('null › clears the value, also of an archived field and of none; what is not there is no change', () => {
      const definitions = [field('a', 'text'), field('b', 'text', { archivedAt, required: true })];
      assert.deepEqual(
        stored(definitions, { a: null, b: null, c: null, d: null }, { a: 'x', b: 'y', c: 1, e: 2 }),
        {
          customFields: { e: 2 },
          cf: [{ k: 'e', n: 2 }],
        },
      );
      assert.equal(judge(definitions, { a: null, constructor: null }).changes.size, 0);
    });

    it('null for the whole › clears all, and leaves no attributes', () =>
      assert.deepEqual(stored([field('a', 'text')], null, { a: 'x', b: 1 }), { customFields: {} }));

    it('a required field › refused, alone and with the whole', () => {
      const definitions = [field('a', 'text', { required: true })];
      const issue = ['a: This custom field is required, so it cannot be cleared.'];
      assert.deepEqual(issuesOf(definitions, { a: null }, { a: 'x' }), issue);
      assert.deepEqual(issuesOf(definitions, null, { a: 'x', b: 1 }), issue);
    });
  });

  it('a new contact › needs each required field that is not archived, once; a blank is no value', () => {
    const definitions = [
      ...['a', 'b', 'c', 'd'].map((key) => field(key, 'text', { required: true })),
      field('m', 'multi-select', { required: true }),
      field('e', 'text', { required: true, archivedAt }),
      field('f', 'text'),
    ];
    assert.deepEqual(issuesOf(definitions, { a: 'x', b: ' ', c: 1, m: ['pro', 'gold'] }, {}, true), [
      'c: This must be a text.',
      'm.1: There is no such option.',
      'b: This custom field is required.',
      'd: This custom field is required.',
    ]);
    assert.deepEqual(issuesOf(definitions, { f: 'x' }), [], 'not when it is changed');
  });

  it('any requests in turn › attributes are those of the values, and no archived, unknown or wrong value gets in', () => {
    const definitions = [
      ...types.map((type, index) => field(`f${index}`, type)),
      field('old', 'text', { archivedAt }),
      field('must', 'number', { required: true }),
    ];
    const keys = [...definitions.map(({ key }) => key), 'none'];
    const value = fc.oneof(
      fc.constantFrom<FieldValue | null>(
        null,
        '',
        'pro',
        'gold',
        '2026-11-23',
        '2026-11-23T09:00:00Z',
        true,
        'a',
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.subarray(['pro', 'free', 'gold'], { minLength: 1 }),
    );
    const request = fc.oneof(
      { weight: 9, arbitrary: fc.dictionary(fc.constantFrom(...keys), value) },
      { weight: 1, arbitrary: fc.constant(null) },
    );
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
        let contact = withFieldChanges({ customFields: { must: 1 } }, new Map());
        for (const given of requests) {
          const { changes, issues } = judge(definitions, given, contact.customFields);
          if (issues.length > 0) continue;
          contact = withFieldChanges(contact, changes);
          const again = judge(definitions, given, contact.customFields);
          assert.deepEqual([...again.changes], [], 'the same request again changes nothing');
        }
        const { customFields, cf = [] } = contact;
        assert.ok(!('old' in customFields) && !('none' in customFields) && 'must' in customFields);
        const expected = Object.entries(customFields).flatMap(([key, stands]): object[] => {
          const type = definitions.find((each) => each.key === key)?.type;
          const isDate = type === 'date' || type === 'datetime';
          if (isDate) return [{ k: key, d: new Date(String(stands)) }];
          const member = typeof stands === 'number' ? 'n' : typeof stands === 'boolean' ? 'b' : 's';
          return [stands].flat().map((each) => ({ k: key, [member]: each }));
        });
        assert.deepEqual(cf, expected);
      }),
    );
  });
});

describe('definitions of custom fields', () => {
  it('the lowest free slot; none when all are taken', () => {
    const all = Array.from({ length: maxFields }, (_value, slot) => ({ slot }));
    assert.equal(freeSlotAmong([]), 0);
    assert.equal(freeSlotAmong([{ slot: 0 }, { slot: 2 }]), 1);
    assert.equal(freeSlotAmong(all), null);
  });

  it('settled › if never used, or archived for two minutes', () => {
    const now = new Date(archivedAt.getTime() + 120_000);
    const usedAt = archivedAt;
    assert.deepEqual(
      [{}, { archivedAt: now }, { usedAt }, { usedAt, archivedAt }].map((each) => isSettled(each, now)),
      [true, true, false, true],
    );
    assert.equal(isSettled({ usedAt, archivedAt }, new Date(now.getTime() - 1)), false);
  });
});
