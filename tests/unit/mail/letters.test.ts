import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addressInUseLetter,
  confirmationLetter,
  emailChangeLetter,
  invitationLetter,
  newEmailLetter,
  resetLetter,
} from '../../../src/mail/letters.ts';
import { nameForMail } from '../../../src/mail/names.ts';

const to = 'stranger@example.org';
const link = 'https://crm.example.com/accept-invitation#token=abc';
const invite = (name: string, companyName: string) => invitationLetter({ to, link, name, companyName });

/** What mail programs turn into links, beyond the one link that the mail is about. */
function linksOf(text: string): string[] {
  const others = text.replace(link, '');
  const found = others.matchAll(
    /\b[a-z][a-z0-9+.-]*:\S+|\/\/\S+|www\.\S+|[\p{L}\p{N}-]+[.․。．｡]\p{L}{2,}\S*|\d+(?:\.\d+){3}|\S*[@＠]\S*|\+?\d(?:[\s().-]*\d){6,}/giu,
  );
  return [...found].map(([match]) => match);
}

const hostile = [
  'URGENT http://evil.example pay now',
  'https://evil.example/pay?to=me#now',
  'Your bank: evil.example',
  'www.evil.example',
  'evil。example',
  'evil．example',
  'evil.\u200Dexample',
  'evil\u200B.example',
  'evil.пример.рф',
  'javascript:alert(1)',
  'mailto:thief@evil.example',
  'tel:+4930123456',
  'Call 0900 123 45 67 now',
  'Call +49(0)30-1234567',
  '192.168.0.1/login',
  '//evil.example',
  '\\\\evil.example\\share',
  '<a href="http://evil.example">Click here</a>',
  '[Click](http://evil.example)',
];

describe('mails to strangers', () => {
  for (const name of hostile)
    it(`invitation › ${JSON.stringify(name)} as name and as business › nothing becomes a link`, () => {
      const { text, subject } = invite(name, name);
      assert.deepEqual(linksOf(text), []);
      assert.equal(subject, 'Your invitation to WhatsApp CRM');
      assert.ok(text.includes(`\n${link}\n`), 'the link of the mail stays');
      assert.doesNotMatch(text, /[<>[\]]/);
    });

  for (const name of hostile)
    it(`password reset › an admin has renamed the user to ${JSON.stringify(name)} › nothing becomes a link`, () =>
      assert.deepEqual(linksOf(resetLetter({ to, link, name }).text), []));

  it('invitation › line breaks, control characters and marks of direction › stay in one line', () => {
    const shape = (text: string) => text.split('\n').length;
    const plain = invite('Jane', 'Bakery');
    for (const name of [
      'Jane\n\nPay now\n',
      'Jane\r\nBcc: all',
      'Jane\u2028Pay',
      'Jane\u0085Pay',
      'Jane\vPay',
    ]) {
      const letter = invite(name, name);
      assert.equal(shape(letter.text), shape(plain.text));
      // oxlint-disable-next-line no-control-regex -- control characters are what it is about
      assert.doesNotMatch(letter.text, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E]/);
    }
  });

  it('invitation › a whole speech as name › is cut, and cannot leave its quotes', () => {
    const speech = 'Your account is locked” – the security team needs your password today '.repeat(2);
    const { text } = invite(speech.slice(0, 120), speech.slice(0, 120));
    const [, quoted = ''] = /“([^”]*)” has created an account for you\./.exec(text) ?? [];
    assert.equal(quoted, 'Your account is locked – the security te…');
    assert.equal(text.match(/[“”]/g)?.length, 2);
  });

  it('invitation › says that the inviter wrote the names', () => {
    assert.match(
      invite('Jane', 'Bakery').text,
      /The inviter wrote the names in this mail; we have not checked them/,
    );
  });

  it('invitation › names of nothing but signs › a mail without them', () => {
    const { text } = invite('@@@ //', '…');
    assert.match(text, /^Hello,\n\nA business has created an account for you\./);
  });

  it('confirmation › nobody has proved the address › no name at all', () => {
    const { text } = confirmationLetter({ to, link });
    assert.match(text, /^Hello,\n/);
    assert.doesNotMatch(text, /[“”]/);
  });

  for (const name of [
    'Jane Doe',
    'J. R. R. Roe',
    'J.R.R. Roe',
    'Doe & Sons',
    'Dr. Jürgen Müller-Lüdenscheidt',
    'Trattoria S.p.A.',
    'Pekárna a.s.',
    '24/7 Pizza',
    'Bar 1845',
    'O’Neill’s',
    '株式会社さくら',
    'مخبز',
    '👩‍🍳 Ana',
  ])
    it(`ordinary name: ${name} › as it is`, () =>
      assert.equal(nameForMail(name), name.replaceAll('\u200D', '')));

  it('business named like its site › readable, but no link', () =>
    assert.equal(nameForMail('Booking.com'), 'Booking com'));

  it('any two names › one link, the same number of lines', () => {
    const lines = invite('Jane', 'Bakery').text.split('\n').length;
    const part = fc.constantFrom(
      'evil',
      '.',
      'com',
      '。',
      '//',
      ':',
      'http',
      '@',
      ' ',
      '1',
      '23',
      '\n',
      '\u200D',
      'ä',
    );
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 20 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(name, name, (first, second) => {
        const { text } = invite(first, second);
        assert.deepEqual(linksOf(text), []);
        assert.equal(text.split('\n').length, lines);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the letters of a change of address', () => {
  const rejectLink = 'https://crm.example.com/reject-email-change#token=abc';

  it('to an unconfirmed address › neither the name nor the new address, which others chose', () => {
    const { text } = emailChangeLetter({ to, rejectLink });
    assert.match(text, /^Hello,\n/);
    assert.deepEqual(linksOf(text.replace(rejectLink, '')), []);
  });

  it('to the new address › its one link; if that address has an account, none', () => {
    assert.ok(newEmailLetter({ to, link }).text.includes(link));
    assert.deepEqual(linksOf(newEmailLetter({ to, link }).text), []);
    assert.deepEqual(linksOf(addressInUseLetter({ to }).text), []);
  });
});
