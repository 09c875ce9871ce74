import assert from 'node:assert/strict';
import fc from 'fast-check';
import { faultOf, hasBreaks, hasEmoji, hasFormatting, isVisible } from '../../../src/platform/plain-text.ts';

describe('plain text', () => {
  for (const [name, text, message] of [
    ['NUL', 'a\u0000b', 'Must not contain the control character U+0000 (NUL).'],
    ['vertical tab', 'a\u000Bb', 'Must not contain the control character U+000B (vertical tab).'],
    ['form feed', 'a\u000Cb', 'Must not contain the control character U+000C (form feed).'],
    ['next line', 'a\u0085b', 'Must not contain the control character U+0085 (next line).'],
    ['escape', 'a\u001Bb', 'Must not contain the control character U+001B.'],
    ['high half of an emoji', 'a\uD83Db', 'Must not contain unpaired surrogates.'],
    ['low half of an emoji', '\uDE00', 'Must not contain unpaired surrogates.'],
  ] as const) {
    it(`${name} › refused and named`, () => assert.equal(faultOf(text), message));
  }

  for (const text of ['Ana', 'two\nlines\r\n\tand a tab', '👍🏽', 'नमस्ते', 'مرحبا', '𝔘'])
    it(`${JSON.stringify(text)} › allowed and visible`, () => {
      assert.deepEqual([faultOf(text), isVisible(text)], [undefined, true]);
    });

  for (const [name, text] of [
    ['blanks', ' \u00A0\u3000\n'],
    ['zero-width characters', '\u200B\u200D\u2060\uFEFF'],
    ['text direction marks', '\u200E\u202E\u2066'],
    ['Hangul filler', '\u3164'],
    ['empty Braille', '\u2800'],
    ['variation selectors', '\uFE0F\u{E0100}'],
  ] as const)
    it(`only ${name} › not visible`, () => assert.equal(isVisible(text), false));

  it('any text › has a fault, or survives UTF-8 unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (faultOf(text) === undefined) assert.equal(Buffer.from(text).toString(), text);
      }),
    );
  });

  it('line breaks of every kind and tabs › seen', () => {
    for (const text of ['a\nb', 'a\rb', 'a\tb', 'a\u2028b', 'a\u2029b']) assert.equal(hasBreaks(text), true);
    assert.equal(hasBreaks('a b'), false);
  });

  it('emoji › seen, signs and digits not', () => {
    for (const text of ['👍', '❤️', '🇩🇪', '1️⃣', 'Sale 🎉']) assert.equal(hasEmoji(text), true, text);
    for (const text of ['№ 5', 'Acme™ © ®', '#1 * 2', '→ €', 'naïve'])
      assert.equal(hasEmoji(text), false, text);
  });

  it('formatting of WhatsApp › seen, an underscore within a word not', () => {
    for (const text of ['*Sale*', '~9~ 5', '`code`', '_new_ today', 'a _b c_'])
      assert.equal(hasFormatting(text), true, text);
    for (const text of ['order_no_5', 'a_b', '_', 'one _ two', 'snake_case_name'])
      assert.equal(hasFormatting(text), false, text);
  });
});
