import assert from 'node:assert/strict';
import fc from 'fast-check';
import { excerptOf, maxExcerptLength } from '../../../../src/platform/search/excerpt.ts';
import { isFoundBy, searchQuery } from '../../../../src/platform/search/query.ts';
import { searchTokens } from '../../../../src/platform/search/tokens.ts';

/** The excerpt with its places in brackets. */
function marked(text: string, q: string): string {
  const { text: shown, ranges } = excerptOf(text, searchQuery(q));
  let result = '';
  let done = 0;
  for (const { start, end } of ranges) {
    result += `${shown.slice(done, start)}[${shown.slice(start, end)}]`;
    done = end;
  }
  return result + shown.slice(done);
}

describe('the excerpt of a found text', () => {
  const cases: readonly [string, string, string][] = [
    ['Where is my order?', 'ord', 'Where is my [order]?'],
    ['Where is my order?', 'where my', '[Where] is [my] order?'],
    ['Die Straße, STRASSE', 'strasse', 'Die [Straße], [STRASSE]'],
    ['Zoe\u0308 and Zoë', 'zoe', '[Zoe\u0308] and [Zoë]'],
    ['call 0171 234-5678!', '01712345678', 'call [0171 234-5678]!'],
    ['我在東京都', '東京都', '我在[東京都]'],
    ['two\nlines', 'lines', 'two [lines]'],
    ['👋🏽 hello 👋🏽', 'hello', '👋🏽 [hello] 👋🏽'],
  ];
  for (const [text, q, expected] of cases) {
    it(`${text} › ${expected}`, () => assert.equal(marked(text, q), expected));
  }

  it('a long text › around the first place, cut between words and characters', () => {
    const text = `${'before '.repeat(40)}needle ${'👩‍👩‍👧‍👦'.repeat(60)}`;
    const shown = marked(text, 'needle');
    assert.match(shown, /^…(before ){4,6}\[needle\] (👩‍👩‍👧‍👦)+…$/u);
  });

  it('any text and query › within the limit, places in order, each of them asked for', () => {
    const letters = fc.constantFrom(...Array.from('abcé 東京\n-01'), '👋🏽');
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 500 }),
        fc.string({ unit: letters, maxLength: 6 }),
        (text, q) => {
          const query = searchQuery(q);
          const { text: shown, ranges } = excerptOf(text, query);
          assert.ok(shown.length <= maxExcerptLength + 2 && !shown.includes('\n'));
          let last = -1;
          for (const { start, end } of ranges) {
            assert.ok(start > last && start < end && end <= shown.length);
            last = end;
          }
          if (text.length <= maxExcerptLength && isFoundBy(searchTokens(text), query) && ranges.length === 0)
            assert.deepEqual(query, { words: [], prefixes: [] });
        },
      ),
      { numRuns: 500 },
    );
  });
});
