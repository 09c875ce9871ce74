import assert from 'node:assert/strict';
import fc from 'fast-check';
import { callableNumberOf, phoneOfWhatsappId, searchOf } from '../../../../src/people/contacts/rules.ts';
import { nameKeyOf } from '../../../../src/platform/name-key.ts';
import { normalisePhone, spellingsOfPhone } from '../../../../src/platform/phone.ts';

describe('spellings of a phone number', () => {
  const pairs: readonly [string, string, string][] = [
    ['Brazil without its ninth digit, São Paulo', '+551187654321', '+5511987654321'],
    ['Brazil without its ninth digit, Paraná', '+554191234567', '+5541991234567'],
    ['Brazil, the old range of radio phones', '+551177654321', '+5511977654321'],
    ['Mexico with the old 1', '+5215512345678', '+525512345678'],
    ['Argentina without its 9', '+541123456789', '+5491123456789'],
    ['Argentina without its 9, Córdoba', '+543512345678', '+5493512345678'],
    [
      'Argentina without its 9, a range that the phone library does not know',
      '+541198792838',
      '+5491198792838',
    ],
    ['Brazil without its ninth digit, an area code that there is not', '+552087654321', '+5520987654321'],
  ];
  for (const [name, other, canonical] of pairs) {
    it(`${name} › ${other} and ${canonical} are one number`, () => {
      assert.equal(normalisePhone(other), canonical);
      assert.equal(normalisePhone(canonical), canonical);
      assert.equal(phoneOfWhatsappId(other.slice(1)), canonical);
      assert.deepEqual(spellingsOfPhone(canonical), [canonical, other]);
    });
  }

  const renumbered: readonly [string, string, readonly string[]][] = [
    ['a landline of Orange in Abidjan', '+2252720312345', ['+22520312345']],
    ['a landline of Orange inland', '+2252730612345', ['+22530612345']],
    ['a landline of MTN in Ivory Coast', '+2252520012345', ['+22520012345']],
    ['a landline of Moov in Ivory Coast', '+2252120812345', ['+22520812345']],
    ['a number of Libertis in Gabon', '+24166031234', ['+24106031234', '+2416031234']],
    ['a number of Moov in Gabon', '+24162031234', ['+24102031234', '+2412031234']],
    ['a number of Airtel in Gabon', '+24177280150', ['+24107280150', '+2417280150']],
    ['a number of Airtel in Gabon, 04', '+24174280150', ['+24104280150', '+2414280150']],
    ['a landline in Gabon', '+24111760000', ['+24101760000']],
  ];
  for (const [name, canonical, others] of renumbered) {
    it(`${name} › ${canonical} and the numbers before the plan changed are one number, called as WhatsApp knows it`, () => {
      assert.equal(normalisePhone(canonical), canonical);
      assert.deepEqual(spellingsOfPhone(canonical), [canonical, ...others]);
      for (const other of others) {
        assert.equal(normalisePhone(other), canonical);
        const whatsappId = other.slice(1);
        assert.equal(callableNumberOf({ phoneNumber: canonical, whatsappId }), other);
      }
      assert.equal(callableNumberOf({ phoneNumber: canonical, whatsappId: canonical.slice(1) }), canonical);
    });
  }

  const alone: readonly [string, string][] = [
    ['a Brazilian landline', '+551131234567'],
    ['an Argentine free number', '+548001234567'],
    ['a German mobile number', '+4915112345678'],
    ['a US number', '+15551234567'],
  ];
  for (const [name, phone] of alone) {
    it(`${name} › has no other spelling`, () => {
      assert.equal(normalisePhone(phone), phone);
      assert.deepEqual(spellingsOfPhone(phone), [phone]);
    });
  }

  it('Argentina with the 15 that is dialled at home › the same mobile number', () => {
    assert.equal(normalisePhone('+54 11 15 2345-6789'), '+5491123456789');
  });

  it('direction marks of a pasted contact › removed', () => {
    assert.equal(normalisePhone('\u202A+49 151 12345678\u202C'), '+4915112345678');
  });

  it('any number of these countries › the canonical form is stable, spellings are symmetric and never belong to two people', () => {
    const country = fc.constantFrom('55', '521', '52', '54', '549', '549', '1', '49');
    const rest = fc.integer({ min: 10_000_000, max: 99_999_999_999 }).map(String);
    let known = 0;
    fc.assert(
      fc.property(country, rest, (code, digits) => {
        const canonical = normalisePhone(`+${code}${digits}`);
        if (canonical === null) return;
        known += 1;
        assert.equal(normalisePhone(canonical), canonical);
        const spellings = spellingsOfPhone(canonical);
        assert.equal(spellings[0], canonical);
        assert.equal(new Set(spellings).size, spellings.length);
        for (const spelling of spellings) {
          assert.equal(normalisePhone(spelling), canonical);
          assert.equal(phoneOfWhatsappId(spelling.slice(1)), canonical);
        }
      }),
      { numRuns: 5_000 },
    );
    assert.ok(known > 500, `only ${known} numbers were numbers`);
  });
});

describe('search for people', () => {
  it('a name › without accents and case, spaces made one', () => {
    assert.equal(nameKeyOf('  Ángela   MÜLLER '), 'angela muller');
    assert.equal(nameKeyOf('Ｊｏｈｎ'), 'john');
    assert.equal(nameKeyOf('x'.repeat(100)).length, 64);
    assert.equal(nameKeyOf('́'), '');
  });

  it('any name › its key is stable, and starts with the key of its prefix', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (name) => {
        const key = nameKeyOf(name);
        assert.equal(nameKeyOf(key), key);
      }),
    );
  });

  const searches: readonly [string, 'nameKey' | 'phoneNumber' | 'usernameKey', string][] = [
    ['+49151', 'phoneNumber', '+49151'],
    ['49151', 'phoneNumber', '+49151'],
    ['+49 (151) 1-2.3', 'phoneNumber', '+49151123'],
    ['Ána', 'nameKey', 'ana'],
    ['4ever', 'nameKey', '4ever'],
    ['+', 'nameKey', '+'],
    ['.*', 'nameKey', '.*'],
    ['@Ana.S', 'usernameKey', 'ana.s'],
    [' @4ever', 'usernameKey', '4ever'],
    ['@', 'usernameKey', ''],
    ['ana@home', 'nameKey', 'ana@home'],
  ];
  for (const [q, field, prefix] of searches) {
    it(`${q} › ${field} from ${prefix}`, () => {
      assert.deepEqual(searchOf(q), { field, prefix });
    });
  }
});
