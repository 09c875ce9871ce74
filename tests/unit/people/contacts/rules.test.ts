import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hasTwoNumbers, nextReviewAfter, phoneOfWhatsappId } from '../../../../src/people/contacts/rules.ts';
import { normalisePhone } from '../../../../src/platform/phone.ts';

describe('phone number', () => {
  const numbers: readonly [string, string | null][] = [
    ['+15551234567', '+15551234567'],
    ['+1 (555) 123-4567', '+15551234567'],
    ['+49 151 1234.5678', '+4915112345678'],
    [' +447911123456\n', '+447911123456'],
    ['+5511998765432', '+5511998765432'],
    ['+44 (0) 7911 123456', '+447911123456'],
    ['+63009171234567', '+639171234567'],
    ['15551234567', null],
    ['0015551234567', null],
    ['+0151234567', null],
    ['+1555123', null],
    ['+155512345678', null],
    ['+999123456789', null],
    ['+1555123456a', null],
    ['++15551234567', null],
    ['+1555+1234567', null],
    ['+١٥٥٥١٢٣٤٥٦٧', null],
    ['+1555123456789012345', null],
    ['+15551234567;ext=5', null],
    ['', null],
    ['+', null],
  ];
  for (const [given, expected] of numbers) {
    it(`${JSON.stringify(given)} › ${expected ?? 'is none'}`, () => {
      assert.equal(normalisePhone(given), expected);
    });
  }

  it('any text › never throws; the result is E.164 and stable', () => {
    const typed = fc.string({ unit: fc.constantFrom(...'+0123456789 ().-x'.split('')), maxLength: 24 });
    const likely = fc.integer({ min: 1_000_000, max: 999_999_999_999_999 }).map((digits) => `+${digits}`);
    fc.assert(
      fc.property(fc.oneof(typed, likely, fc.string()), (text) => {
        const phone = normalisePhone(text);
        if (phone === null) return;
        assert.match(phone, /^\+[1-9]\d{6,14}$/);
        assert.equal(normalisePhone(phone), phone);
      }),
      { numRuns: 1_000 },
    );
  });

  it('separators that people type › change nothing', () => {
    const separators = fc.array(fc.constantFrom(' ', '-', '.', '(', ')', '\t'), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(separators, { minLength: 11, maxLength: 11 }), (between) => {
        const typed = '15551234567'
          .split('')
          .map((digit, index) => `${digit}${between[index]?.join('') ?? ''}`);
        assert.equal(normalisePhone(`+${typed.join('')}`), '+15551234567');
      }),
    );
  });

  it('the provider’s wa_id › the same number without its plus', () => {
    assert.equal(phoneOfWhatsappId('15551234567'), '+15551234567');
    for (const odd of ['', '+15551234567', 'US.1349', '123']) assert.equal(phoneOfWhatsappId(odd), null);
  });
});

describe('suspect number', () => {
  it('checked again › with growing waits, four times, the last when no message can be in transit', () => {
    const now = new Date('2026-11-26T09:00:00.000Z');
    const waits = [0, 1, 2, 3].map(
      (reviews) => (nextReviewAfter(reviews, now)?.getTime() ?? 0) - now.getTime(),
    );
    assert.deepEqual(
      waits.map((ms) => ms / 60_000),
      [5, 60, 24 * 60, 72 * 60],
    );
    for (const reviews of [4, 5, 50]) assert.equal(nextReviewAfter(reviews, now), null);
  });
});

describe('the numbers of a contact', () => {
  it('a phone number and a wa_id › two only if no spelling is the same, also where no plan has the number', () => {
    const cases: readonly (readonly [object, boolean])[] = [
      [{}, false],
      [{ phoneNumber: '+15550002101' }, false],
      [{ phoneNumber: '+15550002101', whatsappId: '15550002101' }, false],
      [{ phoneNumber: '+5511987652103', whatsappId: '551187652103' }, false],
      [{ phoneNumber: '+15550002101', whatsappId: '15550002102' }, true],
      [{ whatsappId: '99912345' }, false],
      [{ phoneNumber: '+99912345', whatsappId: '99912345' }, false],
      [{ phoneNumber: '+15550002101', whatsappId: '99912345' }, true],
    ];
    for (const [identity, expected] of cases)
      assert.equal(hasTwoNumbers(identity), expected, JSON.stringify(identity));
  });
});
