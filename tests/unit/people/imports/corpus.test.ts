import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../../../scripts/paths.ts';
import { columnsOf, findHeader } from '../../../../src/people/imports/mapping/headers.ts';
import { readWhole, streamFixture, type WholeRead } from '../../../support/import-files.ts';

/** What must be found in each file of the corpus. A missing field is not looked at. */
interface Expected {
  readonly kind?: string;
  readonly encoding?: string;
  readonly certainty?: string;
  readonly reason?: string;
  readonly delimiter?: string;
  readonly hasHeader?: boolean;
  readonly rows?: readonly (readonly string[])[];
  readonly rowCount?: number;
  readonly lines?: readonly number[];
  readonly blankLines?: number;
  readonly fault?: object;
}

const people = [
  ['Name', 'Phone', 'City'],
  ['Jürgen Groß', '+4915112345678', 'Köln'],
  ['Ana Souza', '+5511998765432', 'São Paulo'],
  ['José Núñez', '+34612345678', 'Málaga'],
] as const;
const utf8 = { encoding: 'utf-8', certainty: 'certain', rows: people, delimiter: ',' } as const;
const marked = { certainty: 'certain', reason: 'byte-order-mark', rows: people } as const;
const zeros = { certainty: 'likely', reason: 'zero-bytes', rows: people } as const;

const corpus: Readonly<Record<string, Expected>> = {
  'plain-utf8.csv': { ...utf8, reason: 'valid-utf-8', hasHeader: true, lines: [1, 2, 3, 4] },
  'utf8-bom.csv': { ...utf8, reason: 'byte-order-mark' },
  'utf16le-bom.csv': { ...marked, encoding: 'utf-16le' },
  'utf16be-bom.csv': { ...marked, encoding: 'utf-16be' },
  'utf32le-bom.csv': { ...marked, encoding: 'utf-32le' },
  'utf16le.csv': { ...zeros, encoding: 'utf-16le' },
  'utf16be.csv': { ...zeros, encoding: 'utf-16be' },
  'windows-1252.csv': {
    encoding: 'windows-1252',
    certainty: 'guess',
    rows: people.map((row) => row.map((cell) => (cell === 'Köln' ? 'Köln – Süd’s €' : cell))),
  },
  'macintosh.csv': { encoding: 'macintosh', certainty: 'guess', rows: people },
  'windows-1250.csv': {
    encoding: 'windows-1250',
    certainty: 'guess',
    rows: [
      ['Imię', 'Telefon', 'Miasto'],
      ['Łukasz Żółć', '+48601234567', 'Łódź'],
      ['Jiří Dvořák', '+420601123456', 'Plzeň'],
      ['Żaneta Gęś', '+48602345678', 'Kraków'],
    ],
  },
  'windows-1251.csv': {
    encoding: 'windows-1251',
    certainty: 'likely',
    rows: [
      ['Имя', 'Телефон', 'Город'],
      ['Иван Петров', '+79161234567', 'Москва'],
      ['Мария Ильина', '+79161234568', 'Санкт-Петербург'],
    ],
  },
  'windows-1254.csv': {
    encoding: 'windows-1254',
    certainty: 'guess',
    rows: [
      ['Ad Soyad', 'Telefon', 'Şehir'],
      ['Ayşe Yılmaz', '+905321234567', 'İstanbul'],
      ['Çağrı Öztürk', '+905321234568', 'Eskişehir'],
      ['Işık Güneş', '+905321234569', 'Muğla'],
    ],
  },
  'windows-1256.csv': {
    encoding: 'windows-1256',
    certainty: 'likely',
    rows: [
      ['الاسم', 'الهاتف', 'المدينة'],
      ['محمد علي', '+966501234567', 'الرياض'],
      ['فاطمة حسن', '+971501234567', 'دبي'],
    ],
  },
  'gb18030.csv': {
    encoding: 'gb18030',
    certainty: 'likely',
    rows: [
      ['姓名', '手机', '城市'],
      ['王小明', '+8613812345678', '北京市朝阳区'],
      ['李丽华', '+8613812345679', '上海市浦东新区'],
      ['张伟强', '+8613812345670', '广州市天河区'],
    ],
  },
  'damaged-utf8.csv': { encoding: 'utf-8', certainty: 'likely', reason: 'nearly-valid-utf-8', rowCount: 22 },
  'cut-utf8.csv': { encoding: 'utf-8', reason: 'nearly-valid-utf-8', rowCount: 4 },
  'mixed-line-ends.csv': {
    lines: [1, 2, 3, 4, 6],
    blankLines: 2,
    rows: [
      ['Name', 'Phone'],
      ['A', '+4915112345601'],
      ['B', '+4915112345602'],
      ['C', '+4915112345603'],
      ['D', '+4915112345604'],
    ],
  },
  'breaks-in-cells.csv': {
    lines: [1, 2, 5],
    rows: [
      ['Name', 'Note', 'Phone'],
      ['A\nB', 'x\r\ny', '+4915112345601'],
      ['C', 'z\rz', '+4915112345602'],
    ],
  },
  'sep-line.csv': {
    delimiter: ';',
    lines: [2, 3, 4],
    rows: [
      ['Name', 'Phone', 'Amount'],
      ['A, the first', '+4915112345601', '1,5'],
      ['B', '+4915112345602', '2,5'],
    ],
  },
  'sep-line-bom.csv': { delimiter: '\t', lines: [2, 3], rowCount: 2 },
  'semicolons.csv': {
    delimiter: ';',
    hasHeader: true,
    rows: [
      ['Name', 'Phone', 'Amount'],
      ['Doe, Jane', '+4915112345601', '1,5'],
      ['Roe, Richard', '+4915112345602', '2,25'],
    ],
  },
  'tabs.tsv': { delimiter: '\t', rowCount: 3 },
  'pipes.csv': { delimiter: '|', rowCount: 3 },
  'single-quotes.csv': {
    rows: [
      ['Name', 'Phone'],
      ["O'Neil", '+4915112345601'],
      ['B, b', '+4915112345602'],
    ],
  },
  'stray-quotes.csv': {
    rows: [
      ['Name', 'Phone', 'Size'],
      ['A "the first"', '+4915112345601', '5" pipe'],
      ['"B"b', '+4915112345602', '6" pipe'],
    ],
  },
  'unclosed-quote.csv': { rowCount: 2, fault: { code: 'unclosed-quote', line: 3 } },
  'nul.csv': {
    rows: [
      ['Name', 'Phone'],
      ['A\u0000B', '+4915112345601'],
      ['C', '+4915112345602'],
    ],
  },
  'repeated-headers.csv': { hasHeader: true, rowCount: 2 },
  'no-header.csv': { hasHeader: false, rowCount: 2 },
  'phones-only.csv': { hasHeader: false, rowCount: 3 },
  'trailing-delimiters.csv': { delimiter: ';', rowCount: 2, blankLines: 2 },
  'ragged.csv': {
    rows: [['Name', 'Phone', 'City'], ['A'], ['B', '+4915112345602', 'X', 'extra'], ['C', '+4915112345603']],
  },
  'excel-damaged.csv': { delimiter: ';', hasHeader: true, rowCount: 9 },
  'formulas.csv': { rowCount: 5 },
  'empty.csv': { rowCount: 0, blankLines: 0 },
  'only-bom.csv': { encoding: 'utf-8', rowCount: 0, blankLines: 0 },
  'only-blank-lines.csv': { rowCount: 0, blankLines: 4 },
  'only-header.csv': { hasHeader: true, rowCount: 1 },
  'pdf.csv': { kind: 'other' },
  'old-workbook.xls': { kind: 'old-workbook' },
  'random.bin': { kind: 'other' },
  'contacts.xlsx': { kind: 'workbook' },
};

function found({ inspection, dialect, rows, blankLines, fault }: WholeRead): Required<Expected> {
  const { encoding, certainty, reason } = inspection.encoding ?? {};
  const cells = rows.map((row) => row.cells);
  return {
    kind: inspection.kind,
    ...{ encoding: encoding ?? '', certainty: certainty ?? '', reason: reason ?? '' },
    ...{ delimiter: dialect?.delimiter ?? '', hasHeader: findHeader(cells).hasHeader },
    ...{ rows: cells, rowCount: rows.length, lines: rows.map(({ line }) => line) },
    ...{ blankLines, fault: fault ?? {} },
  };
}

describe('corpus of import files', () => {
  it('every file › is expected here', () => {
    const files = readdirSync(join(rootDir, 'tests/fixtures/imports')).filter(
      (name) => !name.startsWith('.'),
    );
    assert.deepEqual(files.toSorted(), Object.keys(corpus).toSorted());
  });

  for (const [name, expected] of Object.entries(corpus)) {
    it(`${name} › is read as it was written`, async () => {
      const read = found(await readWhole(() => streamFixture(name)));
      const looked = Object.fromEntries(
        Object.keys(expected).map((key) => [key, read[key as keyof Expected]]),
      );
      assert.deepEqual(looked, expected);
    });
  }

  it('repeated and empty headers › are numbered', async () => {
    const { rows } = await readWhole(() => streamFixture('repeated-headers.csv'));
    assert.deepEqual(
      columnsOf(rows[0]?.cells ?? []).map(({ name, notice }) => [name, notice]),
      [
        ['Phone', undefined],
        ['Phone (2)', 'repeated'],
        ['Column 3', 'empty'],
        ['phone (3)', 'repeated'],
        ['Name', undefined],
      ],
    );
  });
});
