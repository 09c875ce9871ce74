import assert from 'node:assert/strict';
import fc from 'fast-check';
import { foldText } from '../../../../src/platform/search/folding.ts';

const fold = (text: string): string => foldText(text).text;

describe('a text as it is compared', () => {
  const cases: readonly [string, string][] = [
    ['Ángela MÜLLER', 'angela muller'],
    ['Ángela', 'angela'],
    ['Søren Łukasz Đào Großmann ẞ', 'soren lukasz dao grossmann ss'],
    ['O’Brien, O´Brien, Oʼbrien', "o'brien, o'brien, o'brien"],
    ['Anne‑Marie', 'anne-marie'],
    ['ＡＮＡ１２３', 'ana123'],
    ['Işıl İnce', 'isil ince'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['Ёлка', 'елка'],
    ['مُحَمَّد', 'محمد'],
    ['أحمد', 'احمد'],
    ['محمـــد', 'محمد'],
    ['שָׁלוֹם', 'שלום'],
    ['٠١٢٣۴५', '012345'],
    ['ガス', 'ガス'],
    ['ｶﾞｽ', 'ガス'],
    ['한국', '한국'],
    ['한국'.normalize('NFD'), '한국'],
    ['กำลัง', 'กําลัง'.normalize('NFKC')],
    ['की', 'की'],
    ['co\u00ADoperate', 'cooperate'],
    ['\u202A+49 171\u202C', '+49 171'],
    ['№123', ' 123'],
    ['5½', '51 2'],
    ['a\u00A0b\tc\nd\re', 'a b c\nd\ne'],
  ];
  for (const [text, folded] of cases) {
    it(`${JSON.stringify(text)} › ${JSON.stringify(folded)}`, () => assert.equal(fold(text), folded));
  }

  it('each character that has another form › folding again changes nothing', () => {
    const unstable: string[] = [];
    for (let code = 1; code <= 0x10_ff_ff; code += 1) {
      const character = String.fromCodePoint(code);
      if (character.normalize('NFKD') === character && character.toLowerCase() === character) continue;
      const folded = fold(`a${character}b`);
      if (fold(folded) !== folded) unstable.push(`U+${code.toString(16)}`);
    }
    assert.deepEqual(unstable, []);
  });

  it('any text › folding again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        assert.equal(fold(fold(text)), fold(text));
      }),
    );
  });

  it('any text › each unit knows its place in the original, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const { text: folded, placeOf } = foldText(text);
        let last = 0;
        for (let unit = 0; unit < folded.length; unit += 1) {
          const { start, end } = placeOf(unit, unit + 1);
          assert.ok(start < end && end <= text.length && start >= last);
          last = start;
        }
      }),
    );
  });
});
