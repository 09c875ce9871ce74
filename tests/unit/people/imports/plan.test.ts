import assert from 'node:assert/strict';
import fc from 'fast-check';
import { identityKeysOf } from '../../../../src/people/contacts/rules.ts';
import type { RowReading, RowValues } from '../../../../src/people/imports/cells/read-row.ts';
import {
  counted,
  defaultPlanOptions,
  keysOfRow,
  noCounts,
  planKinds,
  planRow,
  type ContactChange,
  type ExistingContact,
  type PlanOptions,
  type RowFacts,
} from '../../../../src/people/imports/plan/rules.ts';

const phone = '+4915112345678';
const anna: ExistingContact = {
  phoneNumber: phone,
  keys: [`tel:${phone}`, 'tel:+4915112345600'],
  name: 'Anna',
  tags: ['vip'],
  optInStatus: 'unknown',
  customFields: { city: 'Berlin' },
};
const consent = { source: 'shop', wording: 'Yes' } as const;

const readingOf = (values: Partial<RowValues>): RowReading => ({
  values: { phoneNumber: phone, customFields: {}, ...values },
  errors: [],
});
const factsOf = (values: Partial<RowValues>, facts: Partial<RowFacts> = {}): RowFacts => ({
  reading: readingOf(values),
  existing: [],
  sameKey: { earlier: false, later: false },
  isAddressStopped: false,
  ...facts,
});
const plan = (
  values: Partial<RowValues>,
  facts: Partial<RowFacts> = {},
  options: Partial<PlanOptions> = {},
) => planRow(factsOf(values, facts), { ...defaultPlanOptions, ...options });
const planAnna = (
  values: Partial<RowValues>,
  options: Partial<PlanOptions> = {},
  contact: Partial<ExistingContact> = {},
) => plan(values, { existing: [{ ...anna, ...contact }] }, options);

describe('plan of a row about nobody known', () => {
  it('a row with an identity › creates its contact; nothing that is blank is stored', () => {
    const created = plan(
      { name: 'Ana', tags: ['a'], customFields: { city: 'Rome', born: null }, optInStatus: 'unknown' },
      {},
      { tags: ['import', 'a'] },
    );
    assert.deepEqual(created, {
      kind: 'create',
      keys: [`tel:${phone}`],
      ...{ codes: [], errors: [], notices: [], before: {} },
      change: { phoneNumber: phone, name: 'Ana', tags: ['a', 'import'], customFields: { city: 'Rome' } },
    });
    assert.deepEqual(plan({ name: null, tags: null }).change, { phoneNumber: phone });
  });

  it('a time zone › is set, cleared, or left', () => {
    const kolkata = { timezone: 'Asia/Kolkata' };
    assert.deepEqual(plan(kolkata).change, { phoneNumber: phone, ...kolkata });
    assert.deepEqual(plan({ timezone: null }).change, { phoneNumber: phone });
    const cleared = planAnna({ timezone: null }, {}, kolkata);
    assert.deepEqual([cleared.change, cleared.before], [{ timezone: null }, kolkata]);
    assert.equal(planAnna(kolkata, {}, kolkata).kind, 'unchanged');
    assert.equal(
      planAnna({ timezone: 'Asia/Tokyo' }, { onExisting: 'fill-blanks' }, kolkata).kind,
      'unchanged',
    );
  });

  it('a row without an identity › is invalid', () => {
    const { phoneNumber: _none, ...values } = readingOf({ name: 'Ana' }).values;
    const { kind, codes } = plan({}, { reading: { values, errors: [] } });
    assert.deepEqual([kind, codes], ['invalid', ['no-identity']]);
  });

  it('faults of cells › make the row invalid, or ambiguous if a choice resolves all of them', () => {
    const ambiguous = { code: 'phone-ambiguous', column: 0, cell: '447911123456' } as const;
    const broken = { code: 'date-invalid', column: 1, cell: 'x' } as const;
    const kindOf = (errors: RowReading['errors']) => plan({}, { reading: { ...readingOf({}), errors } });
    assert.equal(kindOf([ambiguous]).kind, 'ambiguous');
    const both = kindOf([ambiguous, broken, broken]);
    assert.deepEqual(
      [both.kind, both.codes, both.errors.length],
      ['invalid', ['phone-ambiguous', 'date-invalid'], 3],
    );
  });

  it('names of tags in another case › are the same tags, as the contact has them', () => {
    assert.deepEqual(plan({ tags: ['Fair', 'VIP'] }, {}, { tags: ['vip', 'fair'] }).change.tags, [
      'Fair',
      'VIP',
    ]);
    assert.equal(planAnna({ tags: ['VIP'] }, { tags: ['Víp'] }).kind, 'unchanged');
    assert.deepEqual(planAnna({ tags: ['VIP', 'new'] }).change.tags, ['vip', 'new']);
  });

  it('more than 50 tags with those of the file › are refused', () => {
    const tags = Array.from({ length: 50 }, (_, place) => `t${place}`);
    assert.equal(plan({ tags }).kind, 'create');
    assert.deepEqual(plan({ tags }, {}, { tags: ['one'] }).codes, ['too-many-tags']);
    assert.deepEqual(planAnna({ tags }).codes, ['too-many-tags']);
  });
});

describe('plan of a row that another row repeats', () => {
  const places = [
    { earlier: false, later: true },
    { earlier: true, later: false },
  ];
  for (const [onDuplicateInFile, kinds] of [
    ['first', ['create', 'duplicate']],
    ['last', ['duplicate', 'create']],
    ['error', ['duplicate', 'duplicate']],
  ] as const) {
    it(`${onDuplicateInFile} › ${kinds.join(', ')}`, () => {
      const found = places.map((sameKey) => plan({}, { sameKey }, { onDuplicateInFile }).kind);
      assert.deepEqual(found, kinds);
    });
  }
});

describe('plan of a row about a contact', () => {
  it('different values › update, with what was there before', () => {
    const { kind, change, before } = planAnna({
      name: 'Ana',
      tags: ['new'],
      customFields: { city: null, born: '2026-03-01' },
    });
    assert.deepEqual(
      [kind, change, before],
      [
        'update',
        { name: 'Ana', tags: ['vip', 'new'], customFields: { city: null, born: '2026-03-01' } },
        { name: 'Anna', tags: ['vip'], customFields: { city: 'Berlin', born: null } },
      ],
    );
  });

  it('the same values, or clearing what is empty › unchanged', () => {
    assert.equal(
      planAnna({ name: 'Anna', tags: ['vip'], customFields: { city: 'Berlin', born: null } }).kind,
      'unchanged',
    );
    const { name: _none, ...nameless } = anna;
    assert.equal(plan({ name: null }, { existing: [nameless] }).kind, 'unchanged');
    assert.deepEqual(planAnna({ name: null }).change, { name: null });
  });

  it('skip › leaves the contact', () => {
    const { kind, codes, change } = planAnna({ name: 'Ana' }, { onExisting: 'skip' });
    assert.deepEqual([kind, codes, change], ['skip', ['exists'], {}]);
  });

  it('fill-blanks › sets only what is missing, clears nothing, and adds the tags of the file', () => {
    const options = { onExisting: 'fill-blanks', tags: ['import', 'new'] } as const;
    const values = { name: 'Ana', tags: ['new', 'more'], customFields: { city: null, born: '2026-03-01' } };
    assert.deepEqual(planAnna(values, options).change, {
      tags: ['vip', 'import', 'new'],
      customFields: { born: '2026-03-01' },
    });
    assert.deepEqual(planAnna(values, options, { tags: [] }).change.tags, ['new', 'more', 'import']);
    assert.deepEqual(planAnna({ name: null, tags: null }, { onExisting: 'fill-blanks' }).change, {});
  });

  it('-- in tags › empties them but for those of the file', () => {
    assert.deepEqual(planAnna({ tags: null }, { tags: ['import'] }).change, { tags: ['import'] });
    assert.deepEqual(planAnna({ tags: null }).change, { tags: [] });
  });

  it('an identity that the contact lacks › is added; another one is not replaced', () => {
    assert.deepEqual(planAnna({ businessScopedUserId: 'US.1' }).change, { businessScopedUserId: 'US.1' });
    assert.deepEqual(planAnna({ businessScopedUserId: 'US.1' }).before, { businessScopedUserId: null });
    const other = planAnna({ businessScopedUserId: 'US.1' }, {}, { businessScopedUserId: 'US.2' });
    assert.deepEqual([other.kind, other.codes], ['ambiguous', ['identity-differs']]);
  });

  it('a former number of the person, or the same number as an id › changes nothing', () => {
    assert.equal(planAnna({ phoneNumber: '+4915112345600' }).kind, 'unchanged');
    assert.equal(planAnna({ whatsappId: '4915112345678' }).kind, 'unchanged');
  });

  it('identities of two contacts › are ambiguous', () => {
    const { kind, codes } = plan({}, { existing: [anna, anna] });
    assert.deepEqual([kind, codes], ['ambiguous', ['several-contacts']]);
  });
});

describe('consent of a row', () => {
  it('opted-in without source and wording › is refused', () => {
    assert.deepEqual(plan({ optInStatus: 'opted-in' }).codes, ['consent-required']);
    assert.equal(plan({ optInStatus: 'opted-in' }, {}, { consent }).change.optInStatus, 'opted-in');
  });

  it('the status of the file › is for rows without one', () => {
    const options = { consent: { ...consent, status: 'opted-in' } } as const;
    assert.equal(plan({}, {}, options).change.optInStatus, 'opted-in');
    assert.equal(plan({ optInStatus: 'opted-out' }, {}, options).change.optInStatus, 'opted-out');
    assert.equal(plan({ optInStatus: 'unknown' }, {}, options).change.optInStatus, undefined);
  });

  it('a contact or an address that has opted out › stays opted out, and the plan says so', () => {
    const kept = planAnna({ optInStatus: 'opted-in' }, { consent }, { optInStatus: 'opted-out' });
    assert.deepEqual([kept.kind, kept.notices, kept.change], ['unchanged', ['consent-kept'], {}]);
    const facts = { isAddressStopped: true };
    const created = plan({ optInStatus: 'opted-in' }, facts, { consent });
    assert.deepEqual(
      [created.kind, created.notices, created.change],
      [...['create', ['consent-kept'], { phoneNumber: phone }]],
    );
    const updated = plan(
      { optInStatus: 'opted-in', name: 'Ana' },
      { ...facts, existing: [anna] },
      { consent },
    );
    assert.deepEqual(
      [updated.kind, updated.notices, updated.change],
      ['update', ['consent-kept'], { name: 'Ana' }],
    );
  });

  it('an opt-out in a file › holds, also where only blanks are filled', () => {
    const out = planAnna(
      { optInStatus: 'opted-out' },
      { onExisting: 'fill-blanks' },
      { optInStatus: 'opted-in' },
    );
    assert.deepEqual([out.change, out.before], [{ optInStatus: 'opted-out' }, { optInStatus: 'opted-in' }]);
    assert.equal(planAnna({ optInStatus: 'unknown' }, {}, { optInStatus: 'opted-in' }).kind, 'unchanged');
  });
});

describe('every plan', () => {
  const plain = { noNullPrototype: true } as const;
  const word = fc.constantFrom('a', 'b', 'c');
  const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 3 });
  const status = fc.constantFrom('opted-in', 'opted-out', 'unknown');
  const tags = fc.uniqueArray(word, { maxLength: 3 });
  const values = fc.record(
    {
      phoneNumber: fc.constantFrom(phone, '+4915112345600', '+447911123456'),
      businessScopedUserId: fc.constantFrom('US.1', 'US.2'),
      name: nullable(word),
      tags: nullable(tags),
      optInStatus: status,
      customFields: fc.dictionary(word, nullable(fc.oneof(word, fc.integer(), fc.boolean(), tags)), plain),
    },
    { requiredKeys: ['customFields'], noNullPrototype: true },
  ) as fc.Arbitrary<RowValues>;
  const contact = fc
    .record(
      {
        phoneNumber: fc.constantFrom(phone, '+447911123456'),
        businessScopedUserId: fc.constantFrom('US.1', 'US.2'),
        name: word,
        tags,
        optInStatus: status,
        customFields: fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean(), tags), plain),
      },
      { requiredKeys: ['tags', 'optInStatus', 'customFields'], noNullPrototype: true },
    )
    .map((each) => ({ ...each, keys: identityKeysOf(each) }) as ExistingContact);
  const errors = fc.array(fc.constantFrom('phone-ambiguous', 'date-invalid'), { maxLength: 2 });
  const facts: fc.Arbitrary<RowFacts> = fc.record({
    reading: fc.record({
      values,
      errors: fc
        .oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: errors })
        .map((codes) => codes.map((code) => ({ code, column: 0, cell: '' }))),
    }),
    existing: fc.array(contact, { maxLength: 2, size: 'small' }),
    sameKey: fc.record({ earlier: fc.boolean(), later: fc.boolean() }),
    isAddressStopped: fc.boolean(),
  });
  const options: fc.Arbitrary<PlanOptions> = fc.record({
    onExisting: fc.constantFrom('update', 'skip', 'fill-blanks'),
    onDuplicateInFile: fc.constantFrom('first', 'last', 'error'),
    consent: fc.option(
      fc.record({ source: word, status: fc.constantFrom('opted-in', 'opted-out', undefined) }),
      {
        nil: undefined,
      },
    ),
    tags,
  });

  /** The contact with the fields of a change, as a store would set them. */
  function applied(
    to: ExistingContact,
    { customFields = {}, ...fields }: ContactChange,
  ): Record<string, unknown> {
    const custom = new Map<string, unknown>(Object.entries(to.customFields));
    for (const [key, value] of Object.entries(customFields))
      if (value === null) custom.delete(key);
      else custom.set(key, value);
    const next = new Map<string, unknown>(Object.entries(to));
    for (const [key, value] of Object.entries(fields))
      if (value === null) next.delete(key);
      else next.set(key, value);
    return { ...Object.fromEntries(next), customFields: Object.fromEntries(custom) };
  }

  it('undone › leaves the contact as it was; repeated › changes nothing more', () => {
    fc.assert(
      fc.property(facts, options, (given, chosen) => {
        const made = planRow(given, chosen);
        const [existing] = given.existing;
        if (made.kind !== 'update' || existing === undefined) return;
        const after = applied(existing, made.change);
        assert.deepEqual(applied(after as unknown as ExistingContact, made.before), { ...existing });
        assert.deepEqual(Object.keys(made.before).toSorted(), Object.keys(made.change).toSorted());
        const next = { ...after, keys: [...existing.keys, ...made.keys] } as unknown as ExistingContact;
        assert.equal(planRow({ ...given, existing: [next] }, chosen).kind, 'unchanged');
      }),
      { numRuns: 3_000 },
    );
  });

  it('never opts anyone in who has opted out, nor without source', () => {
    fc.assert(
      fc.property(facts, options, (given, chosen) => {
        const { change } = planRow(given, chosen);
        if (change.optInStatus !== 'opted-in') return;
        assert.notEqual(given.existing[0]?.optInStatus, 'opted-out');
        assert.ok(!given.isAddressStopped && chosen.consent !== undefined);
      }),
      { numRuns: 3_000 },
    );
  });

  it('changes something if and only if it creates or updates, and says why if it does nothing', () => {
    fc.assert(
      fc.property(facts, options, (given, chosen) => {
        const { kind, change, before, codes, keys } = planRow(given, chosen);
        assert.equal(Object.keys(change).length > 0, kind === 'create' || kind === 'update');
        assert.equal(Object.keys(before).length > 0, kind === 'update');
        assert.equal(codes.length > 0, !['create', 'update', 'unchanged'].includes(kind));
        assert.deepEqual(keys, keysOfRow(given.reading.values));
        if (kind === 'create') assert.equal(given.existing.length, 0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('the counts of any file › add up to its rows', () => {
    fc.assert(
      fc.property(fc.array(facts, { maxLength: 20 }), options, (rows, chosen) => {
        const counts = rows.map((row) => planRow(row, chosen)).reduce(counted, noCounts);
        assert.deepEqual(Object.keys(counts).toSorted(), [...planKinds].toSorted());
        assert.equal(
          Object.values(counts).reduce((sum, count) => sum + count, 0),
          rows.length,
        );
      }),
    );
  });
});
