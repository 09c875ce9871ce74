import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { clockText, nextAllowedInstant } from '../../../../src/consent/sending-policy/quiet-hours.ts';
import { isQuietMinute, weekdays, type QuietHours } from '../../../../src/consent/sending-policy/rules.ts';

const night: QuietHours = { from: '21:00', to: '09:00' };
const next = (quietHours: QuietHours | null, zone: string, now: string): string | null =>
  nextAllowedInstant(quietHours, zone, new Date(now))?.toISOString() ?? null;

describe('quiet hours', () => {
  const cases: readonly [string, QuietHours | null, string, string, string | null][] = [
    ['none', null, 'Europe/Berlin', '2026-11-23T23:00:00Z', null],
    ['by day', night, 'Europe/Berlin', '2026-11-23T12:00:00Z', null],
    ['the minute before', night, 'Europe/Berlin', '2026-11-23T19:59:59.999Z', null],
    ['the first minute', night, 'Europe/Berlin', '2026-11-23T20:00:00Z', '2026-11-24T08:00:00.000Z'],
    ['after midnight', night, 'Europe/Berlin', '2026-11-24T07:59:59.999Z', '2026-11-24T08:00:00.000Z'],
    ['the end itself', night, 'Europe/Berlin', '2026-11-24T08:00:00Z', null],
    ['an offset of 45 minutes', night, 'Asia/Kathmandu', '2026-11-23T18:00:00Z', '2026-11-24T03:15:00.000Z'],
    // The clock goes from 02:00 to 03:00.
    ['a night in spring', night, 'Europe/Berlin', '2026-03-28T22:00:00Z', '2026-03-29T07:00:00.000Z'],
    ['a night in autumn', night, 'Europe/Berlin', '2026-10-24T21:00:00Z', '2026-10-25T08:00:00.000Z'],
    [
      'an end that the clock skips',
      { from: '21:00', to: '02:30' },
      'Europe/Berlin',
      '2026-03-28T22:00:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'an end that the clock shows twice: the first',
      { from: '21:00', to: '02:30' },
      'Europe/Berlin',
      '2026-10-24T22:00:00Z',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'an end that the clock shows twice: the second',
      { from: '21:00', to: '02:30' },
      'Europe/Berlin',
      '2026-10-25T01:10:00Z',
      '2026-10-25T01:30:00.000Z',
    ],
    [
      'time between two nights that the clock skips',
      { from: '03:00', to: '02:30' },
      'Europe/Berlin',
      '2026-03-29T00:30:00Z',
      '2026-03-30T00:30:00.000Z',
    ],
    [
      'midnight that the clock skips',
      { from: '20:00', to: '00:00' },
      'Africa/Cairo',
      '2026-04-23T20:00:00Z',
      '2026-04-23T22:00:00.000Z',
    ],
    ['another day', { ...night, days: ['sat'] }, 'UTC', '2026-11-23T23:00:00Z', null],
    [
      'the morning after',
      { ...night, days: ['sun'] },
      'UTC',
      '2026-11-23T03:00:00Z',
      '2026-11-23T09:00:00.000Z',
    ],
    ['the last evening', { ...night, days: ['sun'] }, 'UTC', '2026-11-23T21:00:00Z', null],
  ];
  for (const [name, quietHours, zone, now, expected] of cases) {
    it(`${name} › ${expected ?? 'now'}`, () => assert.equal(next(quietHours, zone, now), expected));
  }

  it('a zone that does not exist › is a fault, and not silence', () => {
    assert.throws(() => next(night, 'Mars/Olympus', '2026-11-23T12:00:00Z'), /Unknown time zone/);
  });

  it('any policy at any time › never within quiet hours, and never a minute later than needed', () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 15, 30, 59))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const policy = fc
      .record({ from: time, to: time, days: fc.subarray([...weekdays], { minLength: 1 }) })
      .filter(({ from, to }) => from !== to);
    const zone = fc.constantFrom(
      ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/Santiago', 'Australia/Lord_Howe'],
      ...['Africa/Cairo', 'Asia/Kathmandu', 'Pacific/Chatham', 'Pacific/Apia', 'America/St_Johns'],
    );
    // Around the changes of the clock of 2026 in these zones, and anywhere.
    const changes = [
      '2026-03-08',
      '2026-03-29',
      '2026-04-05',
      '2026-04-24',
      '2026-09-06',
      '2026-10-25',
      '2026-11-01',
    ];
    const around = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * 1_440, max: 2 * 1_440 }))
      .map(([day, minutes]) => new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000 + 17_000));
    const anywhere = fc.date({
      min: new Date('2025-01-01'),
      max: new Date('2030-01-01'),
      noInvalidDate: true,
    });
    const isQuiet = (quietHours: QuietHours, name: string, ms: number): boolean => {
      const local = DateTime.fromMillis(ms, { zone: name });
      return isQuietMinute(quietHours, local.weekday, local.hour * 60 + local.minute);
    };
    fc.assert(
      fc.property(policy, zone, fc.oneof(around, anywhere), (quietHours, name, now) => {
        const allowed = nextAllowedInstant(quietHours, name, now);
        if (allowed === null) return assert.ok(!isQuiet(quietHours, name, now.getTime()));
        assert.ok(allowed > now && !isQuiet(quietHours, name, allowed.getTime()));
        for (let ms = now.getTime(); ms < allowed.getTime(); ms += 60_000)
          assert.ok(isQuiet(quietHours, name, ms), new Date(ms).toISOString());
        assert.ok(isQuiet(quietHours, name, allowed.getTime() - 1));
      }),
      { numRuns: 600 },
    );
  });
});

describe('an instant in words', () => {
  it('the time on the clocks of the zone; from a day ahead with the weekday', () => {
    const now = new Date('2026-11-23T20:00:00Z');
    const text = (at: string, zone: string) => clockText(new Date(at), zone, now);
    assert.equal(text('2026-11-24T08:00:00Z', 'Europe/Berlin'), '09:00 (Europe/Berlin)');
    assert.equal(text('2026-11-24T03:15:00Z', 'Asia/Kathmandu'), '09:00 (Asia/Kathmandu)');
    assert.equal(text('2026-11-24T20:00:00Z', 'UTC'), 'Tuesday 20:00 (UTC)');
  });
});
