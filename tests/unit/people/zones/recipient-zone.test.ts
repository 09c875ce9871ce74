import assert from 'node:assert/strict';
import fc from 'fast-check';
import { recipientZone } from '../../../../src/people/zones/recipient-zone.ts';
import { zonesOfNumber } from '../../../../src/people/zones/zones-of-number.ts';
import { isTimeZone, localTime } from '../../../../src/platform/zones.ts';
import { northAmericanPrefixes } from '../../../../src/people/zones/north-american-prefixes.ts';
import { otherPrefixes } from '../../../../src/people/zones/other-prefixes.ts';

const winter = new Date('2026-12-01T12:00:00Z');
const summer = new Date('2026-07-01T12:00:00Z');
const of = (phoneNumber: string | undefined, at = winter, contactZone?: string) => {
  const { zone, source } = recipientZone({ contactZone, phoneNumber, clientZone: 'Asia/Kolkata' }, at);
  return `${zone} by ${source}`;
};

describe('time zone of a recipient', () => {
  const told: readonly [string, string, string | undefined][] = [
    ['a city', 'America/New_York by number', '+12125550123'],
    ['a country with one clock', 'Europe/Berlin by number', '+4915123456789'],
    ['places with different names and the same time', 'Europe/London by number', '+447400123456'],
    ['an island within two hours, Portugal', 'Europe/Lisbon by country', '+351912345678'],
    ['an island within two hours, Spain', 'Europe/Madrid by number', '+34612345678'],
    ['a mobile number of a country with far places', 'Europe/Moscow by number', '+79161234567'],
    ['a number that may be anywhere in such a country', 'Asia/Kolkata by client', '+5215512345678'],
    ['a freephone number', 'Asia/Kolkata by client', '+18005550123'],
    ['digits of no plan', 'Asia/Kolkata by client', '+99912345'],
    ['no number', 'Asia/Kolkata by client', undefined],
  ];
  for (const [name, expected, phone] of told)
    it(`${name} › ${expected}`, () => assert.equal(of(phone), expected));

  it('what somebody has told › before everything else', () => {
    assert.equal(of('+12125550123', winter, 'Pacific/Auckland'), 'Pacific/Auckland by contact');
  });

  it('places that only sometimes show the same time › judged at the time of use', () => {
    // Arizona has no summer time.
    const border = '+19286720123';
    assert.deepEqual(zonesOfNumber(border), ['America/Denver', 'America/Phoenix']);
    assert.deepEqual(
      [of(border, winter), of(border, summer)],
      ['America/Phoenix by number', 'America/Phoenix by country'],
    );
  });

  it('every place of the tables is a zone that the rules know', () => {
    const lines = `${northAmericanPrefixes}${otherPrefixes}`
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    const zones = new Set(lines.flatMap((line) => (line.split(': ')[0] ?? '').split(' ')));
    assert.ok(zones.size > 200);
    assert.deepEqual(
      [...zones].filter((zone) => !isTimeZone(zone)),
      [],
    );
  });

  it('any number at any time › off by two hours at most from each place that it may belong to, or the zone of the client', () => {
    const phone = fc.stringMatching(/^\+[1-9]\d{6,13}$/);
    const time = fc.date({ min: new Date('2000-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(phone, time, (phoneNumber, at) => {
        const { zone, source } = recipientZone(
          { contactZone: undefined, phoneNumber, clientZone: 'Etc/UTC' },
          at,
        );
        if (source === 'client') return assert.equal(zone, 'Etc/UTC');
        const offset = localTime(at, zone).offset;
        const off = zonesOfNumber(phoneNumber).map((one) => Math.abs(localTime(at, one).offset - offset));
        assert.ok(Math.max(...off) <= (source === 'number' ? 0 : 120));
      }),
    );
  });
});
