import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isPhoneLike, plainDigits } from '../../../../src/people/imports/cells/phone-text.ts';
import { readPhone, type PhoneOptions } from '../../../../src/people/imports/cells/phones.ts';
import { countReadings, proposeCountry } from '../../../../src/people/imports/mapping/country.ts';
import { normalisePhone } from '../../../../src/platform/phone.ts';

/** The number, or the code of the fault, or the other kinds by their names. */
function read(cell: string, options: PhoneOptions = {}): string {
  const found = readPhone(cell, options);
  return found.kind === 'value' ? found.value : found.kind === 'fault' ? found.code : found.kind;
}

const german: PhoneOptions = { defaultCountry: 'DE' };

describe('phone numbers of cells', () => {
  const cells: readonly [string, PhoneOptions, string][] = [
    ['', {}, 'blank'],
    ['  ', {}, 'blank'],
    ['--', {}, 'clear'],
    ['+49 151 1234.5678', {}, '+4915112345678'],
    ['+49 (0)151/12345678', {}, '+4915112345678'],
    ['0049 151 12345678', {}, '+4915112345678'],
    ['011 49 151 12345678', { defaultCountry: 'US' }, '+4915112345678'],
    ['\u202A+49 151 12345678\u202C', {}, '+4915112345678'],
    ['＋４９１５１１２３４５６７８', {}, '+4915112345678'],
    ['+٤٩١٥١١٢٣٤٥٦٧٨', {}, '+4915112345678'],
    ['+४९१५११२३४५६७८', {}, '+4915112345678'],
    ['tel:+49-151-12345678', {}, '+4915112345678'],
    ['https://wa.me/4915112345678', {}, '+4915112345678'],
    ['="+4915112345678"', {}, '+4915112345678'],
    ['=+4915112345678', {}, '+4915112345678'],
    ["'+4915112345678", {}, '+4915112345678'],
    ['0151 12345678', german, '+4915112345678'],
    ['(030) 901820', german, '+4930901820'],
    ['0151 12345678', {}, 'phone-no-country'],
    ['0151 12345678', { bareDigits: 'international' }, 'phone-no-country'],
    ['4915112345678', {}, 'phone-no-country'],
    // 04915 is an area code of Germany.
    ['4915112345678', german, 'phone-ambiguous'],
    ['5511998765432', { defaultCountry: 'BR' }, '+5511998765432'],
    ['4915112345678', { bareDigits: 'international' }, '+4915112345678'],
    ['447911123456', german, 'phone-ambiguous'],
    ['447911123456', { ...german, bareDigits: 'international' }, '+447911123456'],
    ['447911123456', { ...german, bareDigits: 'national' }, '+49447911123456'],
    ['447911123456', { defaultCountry: 'PT' }, '+447911123456'],
    ['4.4E+11', german, 'phone-scientific'],
    ['4,91511E+12', german, 'phone-scientific'],
    ['4.91511e12', german, 'phone-scientific'],
    ['491511000000', german, 'phone-rounded'],
    ['4915112345678.0', german, 'phone-decimal'],
    ['#N/A', german, 'spreadsheet-error'],
    ['#WERT!', german, 'spreadsheet-error'],
    ['########', german, 'spreadsheet-error'],
    ['=A1+1', german, 'formula'],
    ['+49 30 901820 ext. 12', {}, 'phone-extension'],
    ['+49 30 901820x12', {}, 'phone-extension'],
    ['+49 30 901820 #12', {}, 'phone-extension'],
    ['+4930901820;ext=12', {}, 'phone-extension'],
    ['+4915112345678, +4915112345679', {}, 'phone-several'],
    ['+4915112345678+4915112345679', {}, 'phone-several'],
    ['+4915112345678 / +4915112345679', {}, 'phone-several'],
    ['0151 12345678 oder 030 901820', german, 'phone-several'],
    ['+4915112345678\n+4915112345679', {}, 'phone-several'],
    ['030 901820/21', german, 'phone-several'],
    ['089 1234567 / 0151 12345678', german, 'phone-several'],
    ['1-800-FLOWERS', { defaultCountry: 'US' }, 'phone-letters'],
    ['unknown', german, 'phone-letters'],
    ['+49 151 ****678', {}, 'phone-masked'],
    ['+1 555', {}, 'phone-invalid'],
    ['+999123456789', {}, 'phone-invalid'],
    ['12', german, 'phone-invalid'],
    ['?', german, 'phone-invalid'],
  ];
  for (const [cell, options, expected] of cells) {
    it(`${JSON.stringify(cell)} ${JSON.stringify(options)} › ${expected}`, () => {
      assert.equal(read(cell, options), expected);
    });
  }

  const digits = fc.integer({ min: 1_000_000, max: 999_999_999_999_999 }).map(String);
  const country = fc.constantFrom(
    'DE',
    'GB',
    'US',
    'BR',
    'IN',
    'AR',
    'IT',
    'CN',
    'ID',
    'TR',
    'SA',
    'FR',
    'ES',
  );

  it('any text › never throws; a number is canonical', () => {
    const typed = fc.string({
      unit: fc.constantFrom(...Array.from('+0123456789 ().-/x,#Ee=')),
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.oneof(typed, fc.string(), digits), country, (cell, defaultCountry) => {
        const found = readPhone(cell, { defaultCountry });
        if (found.kind === 'value') assert.equal(normalisePhone(found.value), found.value);
        isPhoneLike(cell);
      }),
      { numRuns: 1_000 },
    );
  });

  it('digits that are two numbers › are ambiguous, and either choice gives one of them', () => {
    fc.assert(
      fc.property(digits, country, (cell, defaultCountry) => {
        const [open, abroad, home] = [undefined, 'international', 'national'] as const;
        const readings = [abroad, home].map((bareDigits) => readPhone(cell, { defaultCountry, bareDigits }));
        const numbers = new Set(readings.flatMap((each) => (each.kind === 'value' ? [each.value] : [])));
        const unchosen = readPhone(cell, { defaultCountry, bareDigits: open });
        if (numbers.size === 2) assert.deepEqual(unchosen, { kind: 'fault', code: 'phone-ambiguous' });
        if (unchosen.kind === 'value') assert.deepEqual([...numbers], [unchosen.value]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a number with + › is the same in every country and with every choice', () => {
    fc.assert(
      fc.property(digits, country, fc.constantFrom('international', 'national'), (rest, home, bareDigits) => {
        const cell = `+${rest}`;
        assert.deepEqual(readPhone(cell, { defaultCountry: home, bareDigits }), readPhone(cell, {}));
      }),
    );
  });

  it('digits of every script › are the usual ones', () => {
    assert.equal(plainDigits('٠١٩ ०९ ۰۹ ０９ 𝟎𝟗'), '019 09 09 09 09');
  });
});

describe('proposals for a column of numbers', () => {
  it('the readings of each cell › are counted once', () => {
    const cells = [
      ...['+4915112345678', '00447911123456', '0151 12345678', '15112345678', '49301234567'],
      ...['4915112345678', '447911123456', '5511998765432', '', 'none'],
    ];
    assert.deepEqual(countReadings(cells, 'DE'), {
      ...{ cells: 9, international: 2, onlyInternational: 0, onlyNational: 2 },
      ...{ sameInBoth: 1, different: 3, unreadable: 1 },
    });
    assert.equal(countReadings(['5511998765432'], 'US').onlyInternational, 1);
  });

  it('the country of most numbers › is proposed, else that of the business', () => {
    const numbers = ['+4915112345601', '+4915112345602', '+447911123456', '0151 1234567'];
    assert.deepEqual(proposeCountry(numbers, '+5511998765432'), {
      country: 'DE',
      share: 2 / 3,
      because: 'numbers',
    });
    assert.deepEqual(proposeCountry(numbers.slice(0, 2), '+5511998765432'), {
      country: 'BR',
      share: 0,
      because: 'channel',
    });
    assert.equal(proposeCountry(['0151 1234567'], undefined), undefined);
  });
});
