import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { instantOf, isTimeZone, localTime, zoneDataVersion } from '../../../src/platform/zones.ts';

describe('time zone', () => {
  for (const name of [
    'UTC',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'Asia/Kolkata',
    'Etc/GMT+5',
  ]) {
    it(`${name} › is one`, () => assert.equal(isTimeZone(name), true));
  }
  for (const name of ['', '+02:00', 'Europe/Atlantis', 'Berlin; drop', 'x'.repeat(100), '../etc']) {
    it(`"${name.slice(0, 20)}" › is none`, () => assert.equal(isTimeZone(name), false));
  }
});

const wall = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
  return { year, month, day, hour, minute };
};

describe('local time', () => {
  it('the rules › are those of a release later than 2026c, whatever Node brings', () => {
    assert.match(zoneDataVersion, /^20\d\d[a-z]$/);
    assert.ok(zoneDataVersion > '2026c', zoneDataVersion);
  });

  // British Columbia stays at -07 (2026b); Alberta at -06 and Morocco at +00 (2026c).
  for (const [zone, text, expected] of [
    ['America/Vancouver', '2026-12-01T09:00', '2026-12-01T16:00:00.000Z'],
    ['America/Edmonton', '2026-12-01T09:00', '2026-12-01T15:00:00.000Z'],
    ['Africa/Casablanca', '2026-12-01T09:00', '2026-12-01T09:00:00.000Z'],
    ['Europe/Berlin', '2026-12-01T09:00', '2026-12-01T08:00:00.000Z'],
    ['Asia/Kathmandu', '2026-12-01T09:00', '2026-12-01T03:15:00.000Z'],
  ] as const)
    it(`nine in the morning in ${zone} › ${expected}`, () => {
      assert.equal(instantOf(wall(text), zone).toISOString(), expected);
      assert.equal(localTime(new Date(expected), zone).toFormat("yyyy-MM-dd'T'HH:mm"), text);
    });

  for (const [name, zone, text, expected] of [
    ['skipped › moves forward by the gap', 'Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
    [
      'skipped by half an hour › moves forward by it',
      'Australia/Lord_Howe',
      '2026-10-04T02:15',
      '2026-10-03T15:45:00.000Z',
    ],
    ['shown twice › the first', 'America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z'],
    [
      'shown twice in the south › the first',
      'Australia/Lord_Howe',
      '2026-04-05T01:45',
      '2026-04-04T14:45:00.000Z',
    ],
  ] as const)
    it(`a time ${name}`, () => assert.equal(instantOf(wall(text), zone).toISOString(), expected));

  it('any minute of the year in zones that both know › as Temporal resolves it', () => {
    const zone = fc.constantFrom(
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Africa/Cairo',
      'America/Santiago',
    );
    const minute = fc.integer({ min: 0, max: 366 * 24 * 60 });
    fc.assert(
      fc.property(zone, minute, (timeZone, minutes) => {
        const at = Temporal.PlainDateTime.from('2026-01-01T00:00').add({ minutes });
        const { year, month, day, hour, minute: of } = at;
        const expected = at.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
        assert.equal(instantOf({ year, month, day, hour, minute: of }, timeZone).getTime(), expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('an instant › shown with its offset and weekday', () => {
    const shown = localTime(new Date('2026-07-01T10:00:00Z'), 'Europe/Berlin');
    assert.equal(shown.toISO(), '2026-07-01T12:00:00.000+02:00');
    assert.deepEqual([shown.weekday, shown.zoneName, shown.offsetNameShort], [3, 'Europe/Berlin', 'CEST']);
  });

  it('an unknown zone › is a fault, and not silence', () => {
    assert.throws(() => localTime(new Date(0), 'Mars/Olympus'), /Unknown time zone/);
  });
});
