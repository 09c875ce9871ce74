import assert from 'node:assert/strict';
import fc from 'fast-check';
import { importBounds, type ImportBounds } from '../../../../src/people/imports/bounds.ts';
import { isBlankRow } from '../../../../src/people/imports/rows.ts';
import { dateOfSerial, showsDate } from '../../../../src/people/imports/xlsx/dates.ts';
import { readXlsx } from '../../../../src/people/imports/xlsx/read-xlsx.ts';
import { placeOf } from '../../../../src/people/imports/xlsx/sheet.ts';
import { collect, readFixture, writeSheet, writeWorkbook, writeZip } from '../../../support/import-files.ts';

const read = (file: Buffer, bounds: Partial<ImportBounds> = {}) =>
  collect(readXlsx(file, true, { ...importBounds, ...bounds }));
const faultOf = async (file: Buffer, bounds: Partial<ImportBounds> = {}) =>
  (await read(file, bounds)).fault?.code;

describe('rows of a workbook', () => {
  it('texts, numbers, dates, formulas and errors › are the texts of the first visible sheet', async () => {
    const { rows, blankLines } = await read(await readFixture('contacts.xlsx'));
    assert.deepEqual(
      rows.map(({ line, cells }) => [line, ...cells]),
      [
        [2, 'Name', 'Phone', 'Born', 'Amount', 'Active', 'Seen'],
        [3, 'Jürgen ', '4915112345678', '2026-03-01', '1.2340', 'TRUE', '2026-03-01T13:30:00'],
        [6, 'line\rbreak <&>', '491511234567', '', '#N/A'],
      ],
    );
    assert.equal(blankLines, 3);
  });

  it('any rows › come back as they were written', async () => {
    const character = fc.constantFrom(...Array.from('ab <&>"\'é😀=,;1'));
    const cell = fc.string({ unit: character, maxLength: 6 });
    const table = fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 8 });
    const withoutEnd = (cells: readonly string[]) =>
      cells.slice(0, cells.findLastIndex((text) => text !== '') + 1);
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const { rows: found, blankLines } = await read(writeWorkbook(writeSheet(rows)));
        const filled = rows.filter((cells) => !isBlankRow(cells));
        assert.deepEqual(
          found.map(({ cells }) => cells),
          filled.map(withoutEnd),
        );
        assert.equal(blankLines, rows.length - filled.length);
      }),
    );
  });

  it('any bytes, and a workbook with any byte changed › never throw', async () => {
    const good = await readFixture('contacts.xlsx');
    const changed = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 4,
      })
      .map((changes) => {
        const file = Buffer.from(good);
        for (const [place, byte] of changes) file[place] = byte;
        return file;
      });
    const cut = fc.nat(good.length).map((length) => good.subarray(0, length));
    const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, cut, noise), async (file) => {
        const { rows } = await read(file);
        assert.ok(rows.length <= 3);
      }),
      { numRuns: 400 },
    );
  });
});

describe('bounds of a workbook', () => {
  const bomb = '<worksheet><sheetData>' + '<row><c><v>1</v></c></row>'.repeat(1_000_000);

  it('a small archive of a large sheet › is refused before it is inflated', async () => {
    const file = writeWorkbook(bomb);
    assert.ok(file.length < 200_000);
    assert.equal(await faultOf(file, { maxInflatedBytes: 20_000_000 }), 'workbook-too-large');
  });

  it('an archive that lies about the size of a file › is refused', async () => {
    const sheet = '<worksheet><sheetData>' + '<row><c><v>1</v></c></row>'.repeat(10_000);
    const file = writeZip([
      {
        name: 'xl/workbook.xml',
        content: '<workbook><sheets><sheet name="A" r:id="1"/></sheets></workbook>',
      },
      {
        name: 'xl/_rels/workbook.xml.rels',
        content: '<Relationships><Relationship Id="1" Target="a.xml"/></Relationships>',
      },
      { name: 'xl/a.xml', content: sheet, declaredSize: 100 },
    ]);
    const { rows, fault } = await read(file);
    assert.equal(fault?.code, 'damaged-workbook');
    assert.ok(rows.length < 100);
  });

  it('more rows, columns, cells and texts than allowed › are refused or errors of their rows', async () => {
    const rows = writeWorkbook(writeSheet([['a'], ['b'], ['c'], ['d']]));
    assert.equal(await faultOf(rows, { maxRows: 2 }), 'too-many-rows');
    const far = '<worksheet><row><c r="XFD1"><v>1</v></c></row></worksheet>';
    assert.equal(await faultOf(writeWorkbook(far)), 'too-many-columns');
    const long = writeWorkbook(writeSheet([['a'], ['x'.repeat(33_000)]]));
    assert.deepEqual((await read(long)).rows[1]?.fault, { code: 'cell-too-long', column: 0 });
    const texts = [
      { name: 'xl/sharedStrings.xml', content: `<sst>${'<si><t>abc</t></si>'.repeat(50)}</sst>` },
    ];
    const shared = writeWorkbook(writeSheet([['a']]), texts);
    assert.equal(await faultOf(shared, { maxSharedTexts: 10 }), 'workbook-too-large');
    assert.equal(await faultOf(shared, { maxSharedTextBytes: 100 }), 'workbook-too-large');
    assert.equal(await faultOf(shared, { maxZipEntries: 2 }), 'workbook-too-large');
    assert.equal(await faultOf(shared, { maxXlsxBytes: 100 }), 'file-too-large');
  });

  it('a document whose entities expand › is refused', async () => {
    const laughs = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>';
    const sheet = `${laughs}<worksheet><row><c t="inlineStr"><is><t>&b;</t></is></c></row></worksheet>`;
    assert.equal(await faultOf(writeWorkbook(sheet)), 'damaged-workbook');
  });

  it('a document without an end of depth, of a tag or of a text › is refused', async () => {
    assert.equal(await faultOf(writeWorkbook('<a>'.repeat(1_000))), 'damaged-workbook');
    assert.equal(
      await faultOf(writeWorkbook(`<worksheet><c a="${'x'.repeat(3_000_000)}`)),
      'damaged-workbook',
    );
    assert.equal(
      await faultOf(writeWorkbook(`<worksheet><c><v>${'1'.repeat(3_000_000)}`)),
      'damaged-workbook',
    );
  });

  it('an archive that is no workbook › is refused', async () => {
    assert.equal(await faultOf(writeZip([{ name: 'a.txt', content: 'a' }])), 'damaged-workbook');
  });
});

describe('parts of a workbook', () => {
  it('references of cells › are places', () => {
    assert.deepEqual(['A1', 'Z9', 'AA1', 'AB7', 'XFD1', '1', undefined].map(placeOf), [
      ...[0, 25, 26, 27, 16_383],
      ...[undefined, undefined],
    ]);
  });

  it('numbers of days › are dates in both calendars', () => {
    const dates: readonly [number, boolean, string | undefined][] = [
      [1, false, '1900-01-01'],
      [59, false, '1900-02-28'],
      [61, false, '1900-03-01'],
      [46_082, false, '2026-03-01'],
      [46_082.5, false, '2026-03-01T12:00:00'],
      [44_620, true, '2026-03-01'],
      [0.5, false, undefined],
      [-1, false, undefined],
      [2_958_465, false, '9999-12-31'],
      [2_958_466, false, undefined],
      [Number.NaN, false, undefined],
    ];
    for (const [serial, is1904, expected] of dates) assert.equal(dateOfSerial(serial, is1904), expected);
  });

  it('formats of dates › are told from formats of numbers', () => {
    const codes = [
      'yyyy-mm-dd',
      '[$-407]d. mmmm yyyy',
      '[h]:mm',
      '0.00" days"',
      '[Red]0',
      '#,##0\\d',
      'General',
      '@',
    ];
    assert.deepEqual(
      codes.map((code) => showsDate(164, code)),
      [true, true, true, false, false, false, false, false],
    );
    assert.deepEqual(
      [14, 22, 45, 0, 9, 49].map((id) => showsDate(id, undefined)),
      [true, true, true, false, false, false],
    );
  });
});
