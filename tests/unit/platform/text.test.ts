import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cleanName, cutText } from '../../../src/platform/text.ts';

const family = '👨‍👩‍👧‍👦';

describe('cut text', () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['a short text', 'Ana', 3, 'Ana'],
    ['a long text', 'Anabel', 3, 'Ana'],
    ['an emoji of two units at the end', 'Ana🧡', 4, 'Ana'],
    ['an emoji that fits', 'Ana🧡!', 5, 'Ana🧡'],
    ['a family of four', `Hi ${family}`, 10, 'Hi '],
    ['a letter with an accent of its own', 'Jose\u0301', 4, 'Jos'],
    ['a flag', 'A🇩🇪', 3, 'A'],
    ['nothing fits', family, 5, '👨‍👩'],
    ['no room at all', 'Ana', 0, ''],
  ];
  for (const [what, text, max, expected] of cases) {
    it(`${what} › ${JSON.stringify(expected)}`, () => assert.equal(cutText(text, max), expected));
  }

  it('a letter with a thousand marks › still cut to the limit', () => {
    const cut = cutText(`a${'\u0301'.repeat(1_000)}`, 100);
    assert.ok(cut.length > 0 && cut.length <= 100);
  });

  it('any text › a beginning of it, within the limit, without half an emoji', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(80), (text, max) => {
        const cut = cutText(text, max);
        assert.ok(text.startsWith(cut) && cut.length <= max);
        assert.doesNotMatch(cut, /\p{Surrogate}/u);
        if (text.length <= max) assert.equal(cut, text);
      }),
    );
  });
});

describe('clean name', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['a plain name', 'Ana Souza', 'Ana Souza'],
    ['blanks around and inside', '  Ana \t  Souza ', 'Ana Souza'],
    ['a line break', 'Ana\r\nBcc: all', 'Ana Bcc: all'],
    ['a NUL', 'Ana\u0000Souza', 'Ana Souza'],
    ['a line separator', 'Ana\u2028Souza', 'Ana Souza'],
    ['text turned around', 'Ana \u202Egnp.exe\u202C', 'Ana gnp.exe'],
    ['isolates and marks of direction', '\u2066Ana\u2069\u200F', 'Ana'],
    ['an invisible space', 'A\u200Bn\uFEFFa', 'Ana'],
    ['half an emoji', 'Ana \uD83D', 'Ana'],
    ['a family', `Ana ${family}`, `Ana ${family}`],
    ['a Persian name with its joiner', 'می\u200Cخواهم', 'می\u200Cخواهم'],
    ['a Hebrew name', 'דנה', 'דנה'],
    ['an emoji alone', '🧡', '🧡'],
    ['nothing', '', undefined],
    ['blanks', ' \n\t', undefined],
    ['fillers that show nothing', '\u3164\u2800\u200D', undefined],
    ['a mark without a letter', '\u0301', undefined],
  ];
  for (const [what, name, expected] of cases) {
    it(`${what} › ${JSON.stringify(expected) ?? 'none'}`, () => assert.equal(cleanName(name, 200), expected));
  }

  it('a name that is too long › cut between two characters', () => {
    assert.equal(cleanName(family.repeat(30), 200), family.repeat(18));
    assert.equal(cleanName(`${'a'.repeat(199)}🧡`, 200), 'a'.repeat(199));
  });

  it('megabytes of nothing before a name › none, at once', () => {
    assert.equal(cleanName(`${' '.repeat(4_000_000)}Ana`, 200), undefined);
  });

  it('any text › one visible line within the limit; cleaning it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const name = cleanName(text, 100);
        if (name === undefined) return;
        assert.ok(name.length > 0 && name.length <= 100);
        assert.doesNotMatch(name, /[\p{Cc}\p{Surrogate}\u202A-\u202E\u2066-\u2069]/u);
        assert.equal(cleanName(name, 100), name);
      }),
      { numRuns: 500 },
    );
  });
});
