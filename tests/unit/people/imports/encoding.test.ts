import assert from 'node:assert/strict';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import {
  createTextStream,
  decodeHead,
  decodeText,
  toUtf8,
} from '../../../../src/people/imports/encoding/decode.ts';
import { inspectFile } from '../../../../src/people/imports/encoding/inspect.ts';
import { encodingNames } from '../../../../src/people/imports/encoding/names.ts';
import { inChunks, joined, readWhole } from '../../../support/import-files.ts';

const bytes = fc.uint8Array({ maxLength: 400 });
const chunkSize = fc.integer({ min: 1, max: 9 });
/** What is no text in these has as many characters as the pieces of the file make of it. */
const ofSeveralBytes = new Set(['gb18030', 'big5', 'shift_jis', 'euc-jp', 'euc-kr']);

describe('encoding of an import file', () => {
  it('any bytes › never throw, in every step and every encoding', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, chunkSize, fc.constantFrom(...encodingNames), async (file, size, encoding) => {
        const { inspection, rows, fault } = await readWhole(() => inChunks(file, size));
        assert.equal(inspection.byteCount, file.length);
        if (fault === undefined) assert.ok(rows.length <= file.length + 1);
        const utf8 = await joined(toUtf8(inChunks(file, size), encoding));
        assert.ok(utf8.length <= file.length * 3 + 3, `${utf8.length} from ${file.length}`);
        decodeHead(file, encoding);
      }),
      { numRuns: 400 },
    );
  });

  const ofOneReading = encodingNames.filter((name) => !ofSeveralBytes.has(name));
  it('a file in small pieces › has the same text as in one', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, chunkSize, fc.constantFrom(...ofOneReading), async (file, size, encoding) => {
        const whole = await joined(toUtf8(inChunks(file, 1_000), encoding));
        const pieces = await joined(toUtf8(inChunks(file, size), encoding));
        assert.equal(pieces.toString('hex'), whole.toString('hex'));
      }),
      { numRuns: 400 },
    );
  });

  it('text in an East Asian encoding, in small pieces › comes back', async () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('abc,;\n中日本')), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('gb18030', 'big5', 'shift_jis', 'euc-jp'),
        chunkSize,
        async (written, name, size) => {
          const file = iconv.encode(written, name);
          assert.equal((await joined(toUtf8(inChunks(file, size), name))).toString('utf8'), written);
        },
      ),
    );
  });

  it('any text › comes back from every Unicode encoding, without its mark', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((each) => !each.startsWith('\uFEFF'));
    const unicode = fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be');
    await fc.assert(
      fc.asyncProperty(text, unicode, chunkSize, async (written, encoding, size) => {
        const file = iconv.encode(written, encoding, { addBOM: true });
        const { encoding: choice } = await inspectFile(inChunks(file, size));
        if (written !== '') assert.deepEqual([choice?.encoding, choice?.certainty], [encoding, 'certain']);
        assert.equal((await joined(toUtf8(inChunks(file, size), encoding))).toString('utf8'), written);
      }),
    );
  });

  it('valid UTF-8 with a character beyond ASCII › is certain, wherever the character is', async () => {
    const file = Buffer.concat([Buffer.alloc(200_000, 'a,b\n'), Buffer.from('é')]);
    const { encoding } = await inspectFile(inChunks(file, 4_096));
    assert.deepEqual([encoding?.encoding, encoding?.reason], ['utf-8', 'valid-utf-8']);
  });

  it('a legacy encoding › is a guess, and shows the words in each reading', async () => {
    const file = iconv.encode('Name;Stadt\nJürgen;Köln\n', 'windows-1252');
    const { encoding } = await inspectFile(inChunks(file, 1_000));
    assert.equal(encoding?.certainty, 'guess');
    assert.deepEqual(encoding?.readings[0], { encoding: 'windows-1252', words: ['Jürgen', 'Köln'] });
    const others = encoding?.readings.map((reading) => reading.encoding) ?? [];
    assert.ok(others.includes('macintosh') && others.includes('windows-1251'), others.join(', '));
  });

  it('the signs of windows-1252 between 80 and 9F › are decoded', () => {
    assert.equal(decodeText(Buffer.from([0x80, 0x93, 0x94, 0x85]), 'windows-1252'), '€“”…');
  });

  it('a file over the greatest size › is not read to its end', async () => {
    let chunks = 0;
    async function* endless() {
      for (;;) {
        chunks += 1;
        yield Buffer.alloc(65_536, 'a');
      }
    }
    const inspection = await inspectFile(endless(), { maxFileBytes: 1_000_000 });
    assert.equal(inspection.isTooLarge, true);
    assert.equal(chunks, 16);
  });

  it('every encoding › is known to the decoder', () => {
    for (const encoding of encodingNames) assert.equal(createTextStream(encoding).write(Buffer.alloc(0)), '');
  });
});
