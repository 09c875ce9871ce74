import assert from 'node:assert/strict';
import fc from 'fast-check';
import { importBounds } from '../../../../src/people/imports/bounds.ts';
import { detectDialect } from '../../../../src/people/imports/csv/dialect.ts';
import { delimiters, quotes } from '../../../../src/people/imports/csv/options.ts';
import { beginningOf, readCsv } from '../../../../src/people/imports/csv/read-csv.ts';
import { isBlankRow } from '../../../../src/people/imports/rows.ts';
import { collect, readText, writeCsv } from '../../../support/import-files.ts';

const comma = { delimiter: ',', quote: '"', from: 0 } as const;
const awkward = fc.string({ unit: fc.constantFrom(...Array.from('a1 ,;|\t"\'\r\n=é😀-')), maxLength: 8 });
const cell = fc.oneof(awkward, fc.string({ unit: 'grapheme', maxLength: 8 }));
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { maxLength: 12 });
const dialect = fc.record({
  delimiter: fc.constantFrom(...delimiters),
  quote: fc.constantFrom(...quotes),
  from: fc.constant(0),
});
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

describe('rows of a CSV file', () => {
  it('any rows › come back as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        dialect,
        lineEnd,
        fc.integer({ min: 1, max: 40 }),
        async (rows, how, end, size) => {
          const read = await readText(writeCsv(rows, { ...how, lineEnd: end }), {
            dialect: how,
            chunkSize: size,
          });
          const filled = rows.filter((cells) => !isBlankRow(cells));
          assert.deepEqual(
            read.rows.map(({ cells }) => cells),
            filled,
          );
          assert.equal(read.blankLines, rows.length - filled.length);
          assert.deepEqual(
            read.rows.map(({ n }) => n),
            [...filled.keys()],
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a run from the end of any row › reads exactly the rest', async () => {
    await fc.assert(
      fc.asyncProperty(table, lineEnd, fc.nat(), async (rows, end, choice) => {
        const text = writeCsv(rows, { ...comma, lineEnd: end });
        const whole = await readText(text, { dialect: comma });
        const last = whole.rows[choice % Math.max(1, whole.rows.length)];
        if (last === undefined) return;
        const lineAfter = Buffer.from(text)
          .subarray(0, last.to)
          .toString()
          .split(/\r\n|\n|\r/).length;
        const start = { from: last.to, line: lineAfter, rows: last.n + 1, blankLines: last.blankLines };
        const rest = await readText(text, { dialect: comma, start });
        assert.deepEqual(rest.rows, whole.rows.slice(last.n + 1));
      }),
      { numRuns: 300 },
    );
  });

  it('the bytes of a row › are that row', async () => {
    await fc.assert(
      fc.asyncProperty(table, lineEnd, async (rows, end) => {
        const text = Buffer.from(writeCsv(rows, { ...comma, lineEnd: end }));
        for (const row of (await readText(text, { dialect: comma })).rows) {
          const alone = await readText(text.subarray(row.from, row.to), { dialect: comma });
          assert.deepEqual(
            alone.rows.map(({ cells }) => cells),
            [row.cells],
          );
        }
      }),
    );
  });

  it('any text › never throws, and its lines rise', async () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('ab,;"\'\r\n\u0000 =é')), maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(text, dialect, fc.integer({ min: 1, max: 9 }), async (written, how, chunkSize) => {
        const { rows } = await readText(written, { dialect: how, chunkSize });
        for (const [place, row] of rows.entries()) {
          assert.ok(row.line > (rows[place - 1]?.line ?? 0));
          assert.ok(row.from < row.to && row.from >= (rows[place - 1]?.to ?? 0));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('blank lines of a CSV file', () => {
  const lines = (count: number) => Buffer.from(`a,1\n${'\n'.repeat(count)}b,2\n`);
  const eventsOf = async (bytes: Buffer, start = beginningOf(comma), bounds = importBounds) => {
    const events = [];
    async function* source() {
      yield bytes.subarray(start.from);
    }
    for await (const event of readCsv(source(), { dialect: comma, start, hasHeader: false, bounds }))
      events.push(event);
    return events;
  };

  it('a hundred thousand › are told on the way, so that others have their turn, and each place goes on with the rest', async () => {
    const bytes = lines(100_000);
    const events = await eventsOf(bytes);
    const blank = events.flatMap((event) => (event.kind === 'blank' ? [event.place] : []));
    assert.ok(blank.length >= 24, `${blank.length} events`);
    const [first, last] = events.filter(({ kind }) => kind === 'row');
    for (const place of [blank[0], blank[11], blank.at(-1)]) {
      assert.ok(place);
      const rest = await eventsOf(bytes, place);
      assert.deepEqual(
        rest.filter(({ kind }) => kind !== 'blank'),
        [last, events.at(-1)],
      );
    }
    assert.ok(first);
  });

  it('more than a spreadsheet has › refuse the file', async () => {
    const events = await eventsOf(lines(51), undefined, { ...importBounds, maxBlankLines: 50 });
    assert.deepEqual(events.at(-1), { kind: 'refused', fault: { code: 'too-many-rows', line: 52 } });
  });
});

describe('bounds of a CSV file', () => {
  const filled = async function* (text: string, count: number) {
    for (let done = 0; done < count; done += 1) yield Buffer.from(text);
  };
  const read = (source: AsyncIterable<Uint8Array>, bounds = importBounds) =>
    collect(readCsv(source, { dialect: comma, start: beginningOf(comma), hasHeader: true, bounds }));

  it('a cell of 10 MB › refuses the file with its line, and is not held', async () => {
    async function* source() {
      yield Buffer.from('Name,Phone\nA,1\n"');
      yield* filled('x'.repeat(65_536), 160);
    }
    const before = process.memoryUsage().rss;
    const { rows, fault } = await read(source());
    assert.deepEqual([rows.length, fault], [2, { code: 'row-too-long', line: 3 }]);
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
  });

  it('a row of 100 MB of empty cells › refuses the file after the longest row', async () => {
    let count = 0;
    async function* source() {
      for (; count < 1_600; count += 1) yield Buffer.alloc(65_536, ',');
    }
    assert.deepEqual((await read(source())).fault, { code: 'row-too-long', line: 1 });
    assert.ok(count < 20, `${count} pieces`);
  });

  it('a header of 10,000 columns › refuses the file', async () => {
    const header = Array.from({ length: 10_000 }, (_, place) => `c${place}`).join(',');
    assert.deepEqual((await readText(`${header}\n`, { dialect: comma })).fault, {
      code: 'too-many-columns',
      line: 1,
    });
  });

  it('empty columns beyond the last one › are left out', async () => {
    const { rows, fault } = await readText(`a,b${','.repeat(10_000)}\n`, { dialect: comma });
    assert.equal(fault, undefined);
    assert.equal(rows[0]?.cells.length, importBounds.maxColumns);
  });

  it('a later row of 10,000 cells, and a cell of 33 KB › are errors of their rows', async () => {
    const wide = Array.from({ length: 10_000 }, () => 'x').join(',');
    const { rows } = await readText(`a,b\n${wide}\n1,${'é'.repeat(17_000)}\n2,${'e'.repeat(32_768)}\n`, {
      dialect: comma,
    });
    assert.deepEqual(
      rows.map(({ fault }) => fault),
      [undefined, { code: 'too-many-cells', column: 200 }, { code: 'cell-too-long', column: 1 }, undefined],
    );
  });

  it('too many rows › are refused with the first line that is one too many', async () => {
    const bounds = { ...importBounds, maxRows: 3 };
    const { rows, fault } = await read(filled('a,b\n', 6), bounds);
    assert.deepEqual([rows.length, fault], [4, { code: 'too-many-rows', line: 5 }]);
    assert.equal((await read(filled('a,b\n', 4), bounds)).fault, undefined);
  });

  it('too many bytes › are refused', async () => {
    const bounds = { ...importBounds, maxFileBytes: 1_000 };
    assert.deepEqual((await read(filled('a,b\n', 1_000), bounds)).fault, { code: 'file-too-large' });
  });

  it('megabytes of blank lines › are blank lines', async () => {
    const { blankLines, fault } = await read(filled('\n'.repeat(65_536), 20));
    assert.deepEqual([blankLines, fault], [20 * 65_536, undefined]);
  });

  it('an error of the source › is thrown', async () => {
    async function* broken() {
      yield Buffer.from('a,b\n');
      throw new Error('The disk is away.');
    }
    await assert.rejects(read(broken()), /The disk is away/);
  });

  it('a reader that stops early › ends the source', async () => {
    let isEnded = false;
    async function* source() {
      try {
        for (;;) yield Buffer.from('a,b\n');
      } finally {
        isEnded = true;
      }
    }
    for await (const event of readCsv(source(), {
      dialect: comma,
      start: beginningOf(comma),
      hasHeader: true,
    }))
      if (event.kind === 'row') break;
    assert.equal(isEnded, true);
  });
});

describe('dialect of a CSV file', () => {
  it('any table with two columns or more › is found with its delimiter', () => {
    const word = fc.string({ unit: fc.constantFrom(...Array.from('abcdé0123')), minLength: 1, maxLength: 8 });
    const rectangle = fc
      .integer({ min: 2, max: 8 })
      .chain((width) =>
        fc.array(fc.array(word, { minLength: width, maxLength: width }), { minLength: 2, maxLength: 20 }),
      );
    fc.assert(
      fc.property(rectangle, dialect, lineEnd, (rows, how, end) => {
        const found = detectDialect(writeCsv(rows, { ...how, lineEnd: end }), true);
        assert.deepEqual([found.delimiter, found.certainty, found.rows], [how.delimiter, 'certain', rows]);
      }),
    );
  });

  it('any text › never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.boolean(), (text, isWhole) => {
        const { rows, from } = detectDialect(text, isWhole);
        assert.ok(from <= Buffer.byteLength(text) && rows.length <= 100);
      }),
      { numRuns: 300 },
    );
  });

  it('a sample that ends inside a row › leaves that row out', () => {
    const { rows } = detectDialect('a;b\n1;2\n3', false);
    assert.deepEqual(rows, [
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('two delimiters that fit equally › are a guess', () => {
    assert.equal(detectDialect('a,b;c\n1,2;3\n4,5;6\n', true).certainty, 'guess');
  });

  it('line ends › are named', () => {
    const ends = ['a\nb\n', 'a\r\nb\r\n', 'a\rb\rc', 'a\r\nb\nc', 'a'].map(
      (text) => detectDialect(text, true).lineEnds,
    );
    assert.deepEqual(ends, ['lf', 'crlf', 'cr', 'mixed', 'none']);
  });
});
