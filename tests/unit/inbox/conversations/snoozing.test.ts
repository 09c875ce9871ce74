import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isWokenAt,
  presetTime,
  snoozeOf,
  snoozePresets,
} from '../../../../src/inbox/conversations/snoozing.ts';
import { localTime } from '../../../../src/platform/zones.ts';

const now = new Date('2026-11-23T09:00:00Z');
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const ahead = (ms: number) => new Date(now.getTime() + ms);

describe('a wish to snooze', () => {
  for (const [situation, aheadMs, isAllowed] of [
    ['in the past', -1, false],
    ['now', 0, false],
    ['less than a minute ahead', minuteMs - 1, false],
    ['a minute ahead', minuteMs, true],
    ['365 days ahead', 365 * dayMs, true],
    ['farther', 365 * dayMs + 1, false],
  ] as const)
    it(`${situation} › ${isAllowed ? 'a snooze until then' : 'refused'}`, () => {
      const at = ahead(aheadMs);
      assert.deepEqual(snoozeOf({ kind: 'until', at }, now), isAllowed ? { until: at } : null);
    });

  it('until the contact writes › without a time', () => {
    assert.deepEqual(snoozeOf({ kind: 'until-reply' }, now), { until: null });
  });

  it('a preset › the instant at which the clocks of the zone show it', () => {
    const wish = { kind: 'preset', preset: 'tomorrow-morning', zone: 'Europe/Berlin' } as const;
    assert.deepEqual(snoozeOf(wish, now), { until: new Date('2026-11-24T08:00:00Z') });
  });
});

describe('a preset', () => {
  // 2026-11-23 is a Monday.
  for (const [preset, zone, seenAt, expected] of [
    ['tomorrow-morning', 'Europe/Berlin', '2026-11-23T09:00:00Z', '2026-11-24T08:00:00Z'],
    ['tomorrow-afternoon', 'Europe/Berlin', '2026-11-23T09:00:00Z', '2026-11-24T13:00:00Z'],
    // There it is still Sunday.
    ['tomorrow-morning', 'America/Los_Angeles', '2026-11-23T07:59:00Z', '2026-11-23T17:00:00Z'],
    ['tomorrow-morning', 'America/Los_Angeles', '2026-11-23T08:01:00Z', '2026-11-24T17:00:00Z'],
    // British Columbia does not change its clocks any more.
    ['tomorrow-morning', 'America/Vancouver', '2026-11-23T20:00:00Z', '2026-11-24T16:00:00Z'],
    // The night in which Berlin puts its clocks forward.
    ['tomorrow-morning', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T07:00:00Z'],
    ['monday-morning', 'Europe/Berlin', '2026-11-22T22:59:00Z', '2026-11-23T08:00:00Z'],
    ['monday-morning', 'Europe/Berlin', '2026-11-22T23:01:00Z', '2026-11-30T08:00:00Z'],
    ['monday-morning', 'Europe/Berlin', '2026-11-27T12:00:00Z', '2026-11-30T08:00:00Z'],
    ['tomorrow-morning', 'Europe/Berlin', '2026-12-31T12:00:00Z', '2027-01-01T08:00:00Z'],
  ] as const)
    it(`${preset} in ${zone} at ${seenAt} › ${expected}`, () => {
      assert.deepEqual(presetTime(preset, zone, new Date(seenAt)), new Date(expected));
    });

  it('any instant and zone › a wanted hour of one of the next eight days, and never refused', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham', 'UTC'];
    const ms = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });
    fc.assert(
      fc.property(ms, fc.constantFrom(...zones), fc.constantFrom(...snoozePresets), (at, zone, preset) => {
        const seen = new Date(at);
        const until = presetTime(preset, zone, seen);
        const local = localTime(until, zone);
        assert.equal(local.hour, preset === 'tomorrow-afternoon' ? 14 : 9);
        assert.equal(local.minute, 0);
        const days = local.startOf('day').diff(localTime(seen, zone).startOf('day'), 'days').days;
        if (preset === 'monday-morning') assert.equal(local.weekday, 1);
        assert.ok(preset === 'monday-morning' ? days >= 1 && days <= 7 : days === 1, String(days));
        assert.notEqual(snoozeOf({ kind: 'preset', preset, zone }, seen), null);
      }),
    );
  });
});

describe('the timer of a snooze', () => {
  const until = ahead(dayMs);

  it('of this snooze › wakes', () => {
    assert.equal(isWokenAt({ status: 'pending', snooze: { until } }, new Date(until)), true);
  });

  for (const [situation, conversation] of [
    ['of an earlier snooze', { status: 'pending', snooze: { until: ahead(2 * dayMs) } }],
    ['after the contact shall write first', { status: 'pending', snooze: { until: null } }],
    ['after it was set aside by hand', { status: 'pending' }],
    ['after it was woken', { status: 'open' }],
    ['after it was closed', { status: 'closed' }],
  ] as const)
    it(`${situation} › wakes nothing`, () => assert.equal(isWokenAt(conversation, until), false));
});
