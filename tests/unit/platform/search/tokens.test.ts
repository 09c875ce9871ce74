import assert from 'node:assert/strict';
import fc from 'fast-check';
import { foldText } from '../../../../src/platform/search/folding.ts';
import { conditionOf, isEmptyQuery, isFoundBy, searchQuery } from '../../../../src/platform/search/query.ts';
import {
  maxPairs,
  maxSearchedLength,
  maxWords,
  searchTokens,
} from '../../../../src/platform/search/tokens.ts';

const finds = (text: string, q: string): boolean => isFoundBy(searchTokens(text), searchQuery(q));

describe('words of a text', () => {
  const tokens: readonly [string, readonly string[]][] = [
    ['Where is my order?', ['where', 'is', 'my', 'order']],
    ['Size M, plan B', ['size', 'm', 'plan', 'b']],
    ['the the THE thé', ['the']],
    ["l'avion d’Anne", ['lavion', 'l', 'avion', 'danne', 'd', 'anne']],
    ['order #INV-2024/0001!', ['order', 'inv', 'inv20240001', '2024', '20240001', '0001']],
    ['0171 234-5678', ['0171', '01712345678', '1712345678', '234', '2345678', '5678']],
    ['+49 (0)171/2345678', ['49', '491712345678', '0', '01712345678', '1712345678', '171', '2345678']],
    ['東京都', ['東京', '京都', '都']],
    ['iPhone15手机', ['iphone15', '手机', '机']],
    ['🎉 !!! …', []],
  ];
  for (const [text, expected] of tokens) {
    it(`${text} › ${expected.join(' ')}`, () => assert.deepEqual(searchTokens(text), expected));
  }

  const found: readonly [string, string][] = [
    ['Where is my order?', 'ord'],
    ['Where is my order?', 'ORDER where'],
    ['Where is my order?', 'my, ord'],
    ['Straße', 'strasse'],
    ['strasse', 'straß'],
    ['Conan O’Brien', "o'brien"],
    ['Conan O’Brien', 'obrien'],
    ['Conan O’Brien', 'brien'],
    ["l'avion", 'avion'],
    ['Łódź', 'lodz'],
    ['call +49 171 2345678', '0171 2345678'],
    ['call +49 171 2345678', '+491712345678'],
    ['call 0171/2345678 today', '(0171) 234 5678 today'],
    ['call 0171 2345678 2024', '01712345678 call'],
    ['0001234567', '0001234'],
    ['0001234567', '1234567'],
    ['order INV-2024/0001', 'inv20240001'],
    ['order INV20240001', 'INV-2024/0001'],
    ['order INV-2024/0001', '2024-0001'],
    ['order A-20/15', '20/15'],
    ['room 5', 'room 5'],
    ['Plan B is on', 'plan b'],
    ['我在東京都', '東京'],
    ['我在東京都', '京'],
    ['我在東京都', '都'],
    ['我在東京都', '我 京都'],
    ['สวัสดีครับ', 'ครับ'],
    ['서울에서', '서울'],
    ['مُحَمَّد', 'محمد'],
    ['٠١٧١ ٢٣٤٥٦٧٨', '01712345678'],
  ];
  for (const [text, q] of found) {
    it(`${text} › found by ${q}`, () => assert.ok(finds(text, q), searchTokens(text).join(' ')));
  }

  const missed: readonly [string, string][] = [
    ['Where is my order?', 'ordeal'],
    ['Where is my order?', 'wher order'],
    ['Where is my order?', 'rder'],
    ['東京都', '都京'],
    ['INV-2024/0001', '2024/0002'],
    ['anything', '!!!'],
  ];
  for (const [text, q] of missed) {
    it(`${text} › not found by ${q}`, () =>
      assert.ok(isEmptyQuery(searchQuery(q)) || !finds(text, q), searchTokens(text).join(' ')));
  }

  /** Letters of several scripts, some of which fold to others, and what may stand between words. */
  const letter = fc.constantFrom(
    ...[
      ...Array.from("abcABC0123éÉßøŁđ’'"),
      'e\u0301',
      'ю',
      'Ё',
      'ς',
      'ب',
      'ש',
      'क',
      '東',
      '京',
      'ก',
      '한',
      'ﬁ',
      '𝒂',
    ],
  );
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 12 });
  const gap = fc.constantFrom(
    ' ',
    ', ',
    '\n',
    '. ',
    ' 🎉 ',
    '\u200F ',
    '; ',
    ' (',
    ') ',
    '-',
    '/',
    '#',
    '\t',
  );

  it('any text of some words › each word is found by each of its beginnings', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.map(([part, after]) => `${part}${after}`).join('');
        const all = searchTokens(text);
        for (const [part] of parts) {
          for (let length = 1; length <= part.length; length += 1) {
            const q = part.slice(0, length);
            assert.ok(isFoundBy(all, searchQuery(q)), JSON.stringify({ text, q, all }));
          }
        }
      }),
    );
  });

  const phone = fc
    .array(fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: 1, maxLength: 4 }), {
      minLength: 3,
      maxLength: 5,
    })
    .filter((groups) => /[1-9]/.test(groups[0] ?? '') && groups.join('').length >= 7);
  const separator = fc.constantFrom('', ' ', '-', '.', '/', ' / ', ') ');

  it('any number › found by its digits, whatever separates them on either side', () => {
    fc.assert(
      fc.property(phone, separator, separator, (groups, ours, theirs) => {
        const text = `call ${groups.join(ours)}, please`;
        for (const q of [groups.join(theirs), `${groups.join(theirs)} call`, `+${groups.join('')}`])
          assert.ok(finds(text, q), JSON.stringify({ text, q, tokens: searchTokens(text) }));
      }),
      { numRuns: 500 },
    );
  });

  it('any text › as its folded form, few and short tokens of letters and digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const all = searchTokens(text);
        assert.deepEqual(searchTokens(foldText(text).text), all);
        assert.ok(all.length <= maxWords + maxPairs);
        for (const token of all) assert.match(token, /^[\p{L}\p{N}\p{M}]{1,32}$/u);
      }),
      { numRuns: 500 },
    );
  });

  const hostile: readonly [string, string][] = [
    ['64 KB of one letter', 'a'.repeat(65_536)],
    ['64 KB of letters and spaces', 'ab '.repeat(21_845)],
    ['different words', Array.from({ length: 9_000 }, (_, n) => `w${n.toString(36)}`).join(' ')],
    ['digits with separators', '1-'.repeat(32_768)],
    ['combining marks', `a${'\u0301'.repeat(65_535)}`],
    ['marks that change places', `a${'\u0301\u0323'.repeat(32_767)}`],
    ['right to left, with marks of direction', 'שלום\u200F\u202B '.repeat(8_000)],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(6_000)],
    ['one character that stands for eighteen', 'ﷺ'.repeat(65_536)],
    ['Chinese', Array.from({ length: 20_000 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('')],
    ['apostrophes', "a'".repeat(32_768)],
    ['lone surrogates', '\uD83D'.repeat(65_536)],
    ['NUL', '\u0000'.repeat(65_536)],
  ];
  for (const [what, text] of hostile) {
    it(`${what} › bounded`, () => {
      const all = searchTokens(text);
      assert.ok(all.length <= maxWords + maxPairs, `${all.length}`);
      assert.ok(all.every((token) => token.length <= 32));
      const { words, prefixes } = searchQuery(text);
      assert.ok(words.length + prefixes.length <= 16);
    });
  }

  it('a long word › compared by its beginning', () => {
    const long = 'x'.repeat(40);
    assert.deepEqual(searchTokens(`${long}y`), ['x'.repeat(32)]);
    assert.ok(finds(`${long}y`, `${long}z`));
    assert.deepEqual(searchTokens(`${'x'.repeat(31)}𝒳`.normalize('NFC')), ['x'.repeat(32)]);
    assert.deepEqual(searchTokens(`${'x'.repeat(31)}𐐨`), ['x'.repeat(31)]);
  });

  it('what is beyond the limits › not found, and the rest is', () => {
    const words = Array.from({ length: maxWords + 1 }, (_, n) => `w${n}`);
    assert.deepEqual(searchTokens(words.join(' ')), words.slice(0, maxWords));
    assert.ok(!finds(`${' '.repeat(maxSearchedLength)}late`, 'late'));
    assert.ok(finds(`${words.join(' ')} 東京`, '東京'));
  });

  it('the condition › whole words as they are, beginnings as patterns without signs', () => {
    assert.deepEqual(conditionOf(searchQuery('My (ord.*')), { $all: ['my', /^ord/u] });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (q) => {
        for (const term of conditionOf(searchQuery(q)).$all)
          assert.match(term instanceof RegExp ? term.source.slice(1) : term, /^[\p{L}\p{N}\p{M}]+$/u);
      }),
    );
  });
});
