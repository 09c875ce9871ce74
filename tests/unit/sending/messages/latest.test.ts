import assert from 'node:assert/strict';
import fc from 'fast-check';
import { beginningOf } from '../../../../src/sending/messages/latest.ts';

describe('messages › the text in a list of conversations', () => {
  const family = '👨‍👩‍👧‍👦';
  for (const [what, text, expected] of [
    ['none', null, null],
    ['blanks alone', ' \n ', null],
    ['several lines', ' Hello\n\nare you\topen? ', 'Hello are you open?'],
    ['as long as fits', 'x'.repeat(160), 'x'.repeat(160)],
    ['one longer', 'x'.repeat(161), `${'x'.repeat(160)}…`],
    ['joined emoji at the end', `${'x'.repeat(159)}${family}${family}`, `${'x'.repeat(159)}${family}…`],
  ] as const) {
    it(`${what} › ${expected === null ? 'none' : 'one line, cut between characters'}`, () => {
      assert.equal(beginningOf(text), expected);
    });
  }

  it('any text › at most 160 characters in one line, and nothing that the text has not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const beginning = beginningOf(text)?.replace(/…$/, '') ?? '';
        assert.ok([...new Intl.Segmenter('en').segment(beginning)].length <= 160);
        assert.doesNotMatch(beginning, /\n/);
        const squeezed = text.replaceAll(/\s+/g, ' ').trim();
        assert.ok(squeezed.startsWith(beginning) || squeezed === '');
      }),
    );
  });
});
