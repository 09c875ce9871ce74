import assert from 'node:assert/strict';
import fc from 'fast-check';
import { proposeDateOrder, readDate, readDateTime } from '../../../../src/people/imports/cells/dates.ts';
import type { Read } from '../../../../src/people/imports/cells/faults.ts';
import { readNumber } from '../../../../src/people/imports/cells/numbers.ts';
import { readField, readRow } from '../../../../src/people/imports/cells/read-row.ts';
import {
  readBoolean,
  readConsent,
  readOption,
  readOptions,
  readTags,
  readText,
} from '../../../../src/people/imports/cells/texts.ts';
import type { Mapping, Target } from '../../../../src/people/imports/mapping/targets.ts';
import { fieldTypes } from '../../../../src/people/custom-fields/rules.ts';

const told = (read: Read<unknown>): unknown =>
  read.kind === 'value' ? read.value : read.kind === 'fault' ? read.code : read.kind;

function table<O>(
  name: string,
  reader: (cell: string, options: O) => Read<unknown>,
  rows: readonly (readonly [string, O, unknown])[],
): void {
  describe(name, () => {
    for (const [cell, options, expected] of rows) {
      it(`${JSON.stringify(cell)} ${JSON.stringify(options)} › ${JSON.stringify(expected)}`, () => {
        assert.deepEqual(told(reader(cell, options)), expected);
      });
    }
  });
}

const dmy = { dateOrder: 'dmy' } as const;
const mdy = { dateOrder: 'mdy' } as const;
table('dates of cells', readDate, [
  ['', {}, 'blank'],
  ['--', {}, 'clear'],
  ['#REF!', {}, 'spreadsheet-error'],
  ['2026-03-01', mdy, '2026-03-01'],
  ['2026/3/1', {}, '2026-03-01'],
  ['2026年3月1日', {}, '2026-03-01'],
  ['2026-03-01T00:00:00', {}, '2026-03-01'],
  ['01.03.2026', dmy, '2026-03-01'],
  ['01.03.2026 00:00', dmy, '2026-03-01'],
  ['3/1/2026', mdy, '2026-03-01'],
  ['٠١/٠٣/٢٠٢٦', dmy, '2026-03-01'],
  ['13/02/2026', {}, '2026-02-13'],
  ['02/13/2026', {}, '2026-02-13'],
  ['02/13/2026', dmy, 'date-invalid'],
  ['01/02/2026', {}, 'date-ambiguous'],
  ['01/02/2026', { dateOrder: 'ymd' }, 'date-ambiguous'],
  ['02/02/2026', {}, '2026-02-02'],
  ['01/02/26', dmy, 'date-short-year'],
  ['29.02.2026', dmy, 'date-invalid'],
  ['29.02.2028', dmy, '2028-02-29'],
  ['2026-02-30', {}, 'date-invalid'],
  ['46082', {}, 'date-serial'],
  ['46082.5', {}, 'date-serial'],
  ['tomorrow', {}, 'date-invalid'],
  ['01-02.2026', dmy, 'date-invalid'],
]);

const berlin = { ...dmy, zone: 'Europe/Berlin' } as const;
table('times of cells', readDateTime, [
  ['', {}, 'blank'],
  ['2026-03-01T13:30:00Z', {}, '2026-03-01T13:30:00.000Z'],
  ['2026-03-01T13:30:00.1234Z', {}, '2026-03-01T13:30:00.123Z'],
  ['2026-03-01 13:30+02:00', {}, '2026-03-01T11:30:00.000Z'],
  ['2026-03-01 13:30 -0330', {}, '2026-03-01T17:00:00.000Z'],
  ['2026-03-01 13:30', {}, 'date-no-zone'],
  ['2026-03-01 13:30', { zone: 'Nowhere' }, 'date-no-zone'],
  ['01.03.2026, 13:30', berlin, '2026-03-01T12:30:00.000Z'],
  ['3/1/2026 1:30 pm', { ...mdy, zone: 'America/New_York' }, '2026-03-01T18:30:00.000Z'],
  ['3/1/2026 12:00 AM', { ...mdy, zone: 'America/New_York' }, '2026-03-01T05:00:00.000Z'],
  ['01.03.2026', berlin, '2026-02-28T23:00:00.000Z'],
  ['29.03.2026 02:30', berlin, '2026-03-29T01:30:00.000Z'],
  ['25.10.2026 02:30', berlin, '2026-10-25T00:30:00.000Z'],
  ['01.03.2026 24:00', berlin, 'date-invalid'],
  ['01.03.2026 13:60', berlin, 'date-invalid'],
  ['01.03.2026 13:00:60', berlin, 'date-invalid'],
  ['01.03.2026 13:00 pm', berlin, 'date-invalid'],
  ['46082.5', berlin, 'date-serial'],
]);

const point = { decimal: 'point' } as const;
const comma = { decimal: 'comma' } as const;
table('numbers of cells', readNumber, [
  ['', {}, 'blank'],
  ['0', {}, 0],
  ['-0', {}, 0],
  ['007', {}, 7],
  ['-1,5', {}, -1.5],
  ['\u22121.25', {}, -1.25],
  ['.5', {}, 0.5],
  ['1.2340', comma, 1.234],
  ['1.234', {}, 'number-ambiguous'],
  ['1,234', {}, 'number-ambiguous'],
  ['1.234', point, 1.234],
  ['1.234', comma, 1234],
  ['0,123', {}, 0.123],
  ['1.234,56', {}, 1234.56],
  ['1,234.56', {}, 1234.56],
  ['1,234.56', comma, 'number-invalid'],
  ['1.234.567', {}, 1_234_567],
  ['1.234.567', point, 'number-invalid'],
  ['12,34,567', {}, 1_234_567],
  ['12,34,567.5', {}, 1_234_567.5],
  ['1.23.456', {}, 'number-invalid'],
  ["1'234'567.5", {}, 1_234_567.5],
  ['1 234 567,5', {}, 1_234_567.5],
  ['1\u202F234,5', {}, 1234.5],
  ['١٢٣٫٥', {}, 123.5],
  ['€ 5', {}, 'number-invalid'],
  ['5 %', {}, 'number-invalid'],
  ['(5)', {}, 'number-invalid'],
  ['1,5,', {}, 'number-invalid'],
  ['1.234,', {}, 'number-invalid'],
  ['4.4E+11', {}, 'number-scientific'],
  ['=1+1', {}, 'formula'],
  ['123456789012345', {}, 123_456_789_012_345],
  ['1234567890123456', {}, 'number-too-precise'],
  ['1.50000000000000000000', {}, 1.5],
  ['#DIV/0!', {}, 'spreadsheet-error'],
]);

describe('words of cells', () => {
  it('yes and no › are read in eleven languages', () => {
    const yes = ['yes', 'Sí', 'sim', 'OUI', 'ja', 'vero', 'ya', 'हाँ', 'نعم', 'EVET', '是', 'TRUE', '1', 'x'];
    const no = ['no', 'não', 'non', 'nein', 'falso', 'tidak', 'नहीं', 'لا', 'hayır', '否', 'FALSE', '0'];
    assert.deepEqual(new Set(yes.map((word) => told(readBoolean(word)))), new Set([true]));
    assert.deepEqual(new Set(no.map((word) => told(readBoolean(word)))), new Set([false]));
    assert.deepEqual(
      ['maybe', '2', '--', ''].map((word) => told(readBoolean(word))),
      [...['boolean-invalid', 'boolean-invalid', 'clear', 'blank']],
    );
  });

  it('consent › is a status or a word that says it surely', () => {
    const words = ['Opted-In', 'opted_out', 'sim', 'Nein', 'unknown', 'unsubscribed', 'x', 'maybe', '--', ''];
    assert.deepEqual(
      words.map((word) => told(readConsent(word))),
      [
        ...['opted-in', 'opted-out', 'opted-in', 'opted-out', 'unknown', 'opted-out'],
        ...['consent-invalid', 'consent-invalid', 'cannot-clear', 'blank'],
      ],
    );
  });

  it('tags › are a list, each once', () => {
    assert.deepEqual(told(readTags(' vip; Berlin,VIP,vip | new\nx ')), ['vip', 'Berlin', 'new', 'x']);
    assert.deepEqual(
      [';;', '', '--', 'x'.repeat(51), 'a\u0000', Array.from({ length: 51 }, (_, n) => n).join()].map(
        (cell) => told(readTags(cell)),
      ),
      ['blank', 'blank', 'clear', 'tag-too-long', 'control-character', 'too-many-tags'],
    );
  });

  it('options › are found by key or label, and never by a word that means two', () => {
    const options = [
      { key: 'a', label: 'First choice' },
      { key: 'b', label: 'Rot, Grün' },
      { key: 'c', label: 'Same' },
      { key: 'd', label: 'same' },
    ];
    const one = ['a', 'FIRST_CHOICE', 'c', 'same', 'none', '', '--'].map((cell) =>
      told(readOption(cell, options)),
    );
    assert.deepEqual(one, ['a', 'a', 'c', 'option-unknown', 'option-unknown', 'blank', 'clear']);
    const many = ['b; a, a', 'Rot, Grün', 'a;none', ';', ''].map((cell) => told(readOptions(cell, options)));
    assert.deepEqual(many, [['b', 'a'], ['b'], 'option-unknown', 'option-unknown', 'blank']);
  });

  it('texts › are one line without control characters', () => {
    const cells = ['  a b ', '="007"', 'a\nb', 'a\u0000b', '\u200B', 'x'.repeat(11), '=1+1', '--', '#NAME?'];
    assert.deepEqual(
      cells.map((cell) => told(readText(cell, 10))),
      [
        ...[
          'a b',
          '007',
          'line-break',
          'control-character',
          'control-character',
          'too-long',
          '=1+1',
          'clear',
        ],
        'spreadsheet-error',
      ],
    );
  });

  it('any cell of any type › never throws', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.double().map(String),
      fc.date().map(String),
    );
    fc.assert(
      fc.property(
        cell,
        fc.constantFrom(...fieldTypes),
        fc.constantFrom({}, berlin, point),
        (text, type, options) => {
          const read = readField(
            text,
            { key: 'k', label: 'K', type, options: [{ key: 'a', label: 'A' }] },
            options,
          );
          assert.ok(
            read.kind !== 'blank' ||
              text.trim() === '' ||
              type === 'multi-select' ||
              /^[\p{Cf}\s="]*$/u.test(text),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('any whole or decimal number › is read as it was written', () => {
    const number = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 9_999 }));
    fc.assert(
      fc.property(number, fc.constantFrom(point, comma), ([whole, decimals], options) => {
        const text = `${whole}.${String(decimals).padStart(4, '0')}`;
        const written = options === point ? text : text.replace('.', ',');
        assert.equal(told(readNumber(written, options)), Number(text) + 0);
      }),
    );
  });

  it('the order of dates › is proposed only if the column shows it', () => {
    assert.deepEqual(proposeDateOrder(['13/02/2026', '01/02/2026', 'x']), {
      order: 'dmy',
      onlyDmy: 1,
      onlyMdy: 0,
      both: 1,
    });
    assert.deepEqual(proposeDateOrder(['02/13/2026']), { order: 'mdy', onlyDmy: 0, onlyMdy: 1, both: 0 });
    assert.deepEqual(proposeDateOrder(['02/13/2026', '13/02/2026']), { onlyDmy: 1, onlyMdy: 1, both: 0 });
    assert.deepEqual(proposeDateOrder(['01/02/2026']), { onlyDmy: 0, onlyMdy: 0, both: 1 });
  });
});

describe('rows by their mapping', () => {
  const contact = (field: Extract<Target, { kind: 'contact' }>['field']): Target => ({
    kind: 'contact',
    field,
  });
  const mapping: Mapping = new Map<number, Target>([
    [0, contact('phoneNumber')],
    [1, contact('firstName')],
    [2, contact('lastName')],
    [3, contact('tags')],
    [4, contact('optInStatus')],
    [5, { kind: 'custom', key: 'born' }],
    [6, contact('whatsappId')],
    [7, contact('businessScopedUserId')],
    [8, contact('timezone')],
  ]);
  const definitions = new Map([['born', { key: 'born', label: 'Born', type: 'date' as const }]]);
  const read = (cells: string[], map = mapping) =>
    readRow(
      { n: 0, line: 1, from: 0, to: 0, blankLines: 0, cells },
      { mapping: map, definitions, cells: dmy },
    );

  it('every mapped cell › is read by its type; the parts of a name are joined', () => {
    const ids = ['4915112345678', 'US.123'];
    const cells = ['+4915112345678', 'Ana', 'Souza', 'vip', 'yes', '01.03.2026', ...ids, 'Asia/Kolkata'];
    assert.deepEqual(read(cells), {
      errors: [],
      values: {
        phoneNumber: '+4915112345678',
        name: 'Ana Souza',
        tags: ['vip'],
        optInStatus: 'opted-in',
        whatsappId: '4915112345678',
        businessScopedUserId: 'US.123',
        timezone: 'Asia/Kolkata',
        customFields: { born: '2026-03-01' },
      },
    });
  });

  it('blank cells and missing ones › leave, -- clears', () => {
    assert.deepEqual(read(['+4915112345678']).values, { phoneNumber: '+4915112345678', customFields: {} });
    assert.deepEqual(read(['+4915112345678', '--', '--', '--', '', '--']).values, {
      ...{ phoneNumber: '+4915112345678', name: null, tags: null, customFields: { born: null } },
    });
    assert.equal(read(['', '--', 'Souza']).values.name, 'Souza');
  });

  it('every fault of a row › is named with its column and its cell', () => {
    const { errors } = read(['--', 'a\nb', '', '', 'perhaps', '31.02.2026', '4.9E+11', 'x', 'UTC']);
    assert.deepEqual(errors, [
      { code: 'cannot-clear', column: 0, cell: '--' },
      { code: 'line-break', column: 1, cell: 'a\nb' },
      { code: 'consent-invalid', column: 4, cell: 'perhaps' },
      { code: 'date-invalid', column: 5, cell: '31.02.2026' },
      { code: 'phone-scientific', column: 6, cell: '4.9E+11' },
      { code: 'user-id-invalid', column: 7, cell: 'x' },
      { code: 'zone-invalid', column: 8, cell: 'UTC' },
    ]);
    const long = read(['', 'a'.repeat(150), 'b'.repeat(150)]);
    assert.deepEqual(
      long.errors.map(({ code, column }) => [code, column]),
      [['too-long', 2]],
    );
    assert.equal(long.values.name, undefined);
  });

  it('a field that is no longer defined, and a fault of the row › are errors', () => {
    const gone = new Map<number, Target>([[0, { kind: 'custom', key: 'gone' }]]);
    assert.deepEqual(read(['x'], gone).errors, [{ code: 'unknown-field', column: 0, cell: 'x' }]);
    const fault = { code: 'cell-too-long', column: 3 } as const;
    const row = { n: 0, line: 1, from: 0, to: 0, blankLines: 0, cells: [], fault };
    assert.deepEqual(readRow(row, { mapping, definitions, cells: {} }).errors, [{ ...fault, cell: '' }]);
  });
});
