import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  allocate,
  effectiveLimit,
  factorAt,
  fairShare,
  leaseMs,
  slowedDown,
  type ChannelRate,
  wantedShare,
} from '../../../src/rates/channel/rules.ts';
import { fullestWindow, runTrace } from '../../support/channel-rate-trace.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const after = (ms: number): Date => new Date(now.getTime() + ms);
const rateOf = (limit: number, leases: ChannelRate['leases'] = []): ChannelRate => ({
  ...{ limit, factor: 1, slowedAt: null, leases },
});
const leaseOf = (holder: string, permits: number, wanted = 1_000) => ({
  ...{ holder, permits, wanted, expiresAt: after(leaseMs) },
});

describe('channel rate › shares', () => {
  it('one holder › gets what it wants, up to the limit', () => {
    assert.equal(allocate(rateOf(80), { holder: 'a', keeps: 0, wanted: 8, now }).permits, 8);
    assert.equal(allocate(rateOf(80), { holder: 'a', keeps: 8, wanted: 500, now }).permits, 80);
  });

  it('a newcomer › takes only free permits; its fair share is recorded', () => {
    const rate = rateOf(80, [leaseOf('a', 80)]);
    const asked = allocate(rate, { holder: 'b', keeps: 0, wanted: 80, now });
    assert.equal(asked.permits, 0);
    assert.equal(asked.target, 40);
    assert.deepEqual(
      asked.leases.map(({ holder, permits }) => [holder, permits]),
      [
        ['a', 80],
        ['b', 0],
      ],
    );
  });

  it('a holder with too much › must shrink, and counts with what it keeps until it has released it', () => {
    const rate = rateOf(80, [leaseOf('a', 80), leaseOf('b', 0)]);
    const told = allocate(rate, { holder: 'a', keeps: 80, wanted: 80, now });
    assert.deepEqual([told.permits, told.target], [80, 40]);
    const shrinking = allocate({ ...rate, leases: told.leases }, { holder: 'a', keeps: 55, wanted: 80, now });
    assert.deepEqual([shrinking.permits, shrinking.target], [55, 40]);
    const other = allocate({ ...rate, leases: shrinking.leases }, { holder: 'b', keeps: 0, wanted: 80, now });
    assert.deepEqual([other.permits, other.target], [25, 40]);
  });

  it('a holder that died › its share returns a little after its lease has ended, not before', () => {
    const rate = rateOf(80, [leaseOf('dead', 60)]);
    const ask = { holder: 'b', keeps: 0, wanted: 80 };
    assert.equal(allocate(rate, { ...ask, now: after(leaseMs + 499) }).permits, 20);
    assert.equal(allocate(rate, { ...ask, now: after(leaseMs + 500) }).permits, 80);
  });

  it('a holder that leaves › removed from the record; with open calls it stays with those', () => {
    const rate = rateOf(80, [leaseOf('a', 80), leaseOf('b', 0)]);
    const gone = allocate(rate, { holder: 'a', keeps: 0, wanted: 0, now });
    assert.deepEqual(
      gone.leases.map(({ holder }) => holder),
      ['b'],
    );
    const leaving = allocate(rate, { holder: 'a', keeps: 3, wanted: 0, now });
    assert.deepEqual([leaving.permits, leaving.target], [3, 0]);
  });

  it('holders with small demands › get what they want, and the others share the rest evenly', () => {
    const demands = [
      { holder: 'a', wanted: 100 },
      { holder: 'b', wanted: 8 },
      { holder: 'c', wanted: 100 },
      { holder: 'd', wanted: 0 },
    ];
    const shares = demands.map(({ holder }) => fairShare(81, demands, holder, now));
    assert.deepEqual(shares, [36, 8, 37, 0]);
  });

  it('more holders than permits › each has its turn', () => {
    const demands = ['a', 'b', 'c'].map((holder) => ({ holder, wanted: 5 }));
    const turns = [0, 1, 2].map((turn) =>
      demands.map(({ holder }) => fairShare(1, demands, holder, new Date(turn * 10_000))),
    );
    assert.deepEqual(turns, [
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
  });

  it('any demands › none gets more than it wants, shares are as even as possible, and nothing is left unused', () => {
    const demandList = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(demandList, fc.integer({ min: 1, max: 200 }), fc.nat(100_000), (wants, limit, ms) => {
        const demands = wants.map((wanted, index) => ({ holder: `h${index}`, wanted }));
        const shares = demands.map(({ holder }) => fairShare(limit, demands, holder, new Date(ms)));
        const sum = shares.reduce((total, share) => total + share, 0);
        assert.ok(shares.every((share, index) => share <= (wants[index] ?? 0)));
        const total = wants.reduce((all, wanted) => all + wanted, 0);
        assert.equal(sum, Math.min(limit, total));
        const largest = Math.max(...shares);
        for (const [index, share] of shares.entries()) {
          assert.ok(share >= Math.min(wants[index] ?? 0, largest - 1), `${shares.join()} of ${wants.join()}`);
        }
      }),
    );
  });

  it('any record and any ask › the sum stays within the limit, unless kept permits already exceed it', () => {
    const leases = fc.array(
      fc.record({
        permits: fc.nat(50),
        wanted: fc.nat(50),
        endsInMs: fc.integer({ min: -10_000, max: 5_000 }),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(
        leases,
        fc.nat(50),
        fc.nat(100),
        fc.integer({ min: 1, max: 100 }),
        (held, keeps, wanted, limit) => {
          const record = held.map(({ permits, wanted: wants, endsInMs }, index) => ({
            ...{ holder: `h${index}`, permits, wanted: wants, expiresAt: after(endsInMs) },
          }));
          const before = record
            .slice(1)
            .filter(({ expiresAt }) => expiresAt > after(-500))
            .reduce((sum, { permits }) => sum + permits, keeps);
          const { leases: next, permits } = allocate(rateOf(limit, record), {
            holder: 'h0',
            keeps,
            wanted,
            now,
          });
          const sum = next.reduce((total, lease) => total + lease.permits, 0);
          assert.ok(sum <= Math.max(limit, before), `${sum} of ${limit}, ${before} before`);
          assert.ok(permits >= keeps);
        },
      ),
    );
  });

  it('requested share › twice what is in use, a tenth of the limit at least, all of it at most', () => {
    assert.equal(wantedShare(80, 1), 8);
    assert.equal(wantedShare(80, 20), 40);
    assert.equal(wantedShare(80, 60), 80);
    assert.equal(wantedShare(1, 0), 1);
  });
});

describe('channel rate › reduced by refusals', () => {
  it('a refusal › takes a quarter, at most once a second, down to a tenth', () => {
    let rate = slowedDown({ factor: 1, slowedAt: null }, now);
    assert.deepEqual(rate, { factor: 0.75, slowedAt: now });
    assert.deepEqual(slowedDown(rate, after(999)), rate);
    rate = slowedDown(rate, after(1_000));
    assert.deepEqual(rate, { factor: 0.5625, slowedAt: after(1_000) });
    for (let second = 2; second < 20; second += 1) rate = slowedDown(rate, after(second * 1_000));
    assert.equal(rate.factor, 0.1);
  });

  it('time without one › restores a twentieth every ten seconds, up to the full rate', () => {
    const rate = { factor: 0.75, slowedAt: now };
    assert.equal(factorAt(rate, after(-5)), 0.75);
    assert.equal(factorAt(rate, after(9_999)), 0.75);
    assert.equal(factorAt(rate, after(10_000)), 0.8);
    assert.equal(factorAt(rate, after(49_999)), 0.95);
    assert.equal(factorAt(rate, after(50_000)), 1);
    assert.equal(effectiveLimit({ ...rate, limit: 80 }, after(50_000)), 80);
  });

  it('a refusal while it recovers › counts from the current value', () => {
    const { factor } = slowedDown({ factor: 0.5, slowedAt: now }, after(20_000));
    assert.ok(Math.abs(factor - 0.45) < 1e-9);
  });

  it('the remaining limit › whole calls, at least one', () => {
    assert.equal(effectiveLimit({ limit: 80, factor: 0.75, slowedAt: now }, now), 60);
    assert.equal(effectiveLimit({ limit: 1, factor: 0.1, slowedAt: now }, now), 1);
    assert.equal(
      allocate({ ...rateOf(80), factor: 0.5, slowedAt: now }, { holder: 'a', keeps: 0, wanted: 80, now })
        .permits,
      40,
    );
  });

  it('any trace of refusals › between a tenth and the full rate, and the full rate in the end', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30_000), { minLength: 1, maxLength: 40 }), (pauses) => {
        let rate: { factor: number; slowedAt: Date | null } = { factor: 1, slowedAt: null };
        let atMs = now.getTime();
        for (const pauseMs of pauses) {
          atMs += pauseMs;
          const before = factorAt(rate, new Date(atMs));
          rate = slowedDown(rate, new Date(atMs));
          const left = factorAt(rate, new Date(atMs));
          assert.ok(left >= 0.1 && left <= before);
        }
        assert.equal(factorAt(rate, new Date(atMs + 180_000)), 1);
      }),
    );
  });
});

describe('channel rate › any trace of workers', function () {
  this.timeout(60_000);
  const traces = fc.record({
    seed: fc.integer(),
    limit: fc.integer({ min: 1, max: 25 }),
    holders: fc.integer({ min: 1, max: 4 }),
    slowestCallMs: fc.integer({ min: 1, max: 500 }),
    slowestAnswerMs: fc.integer({ min: 1, max: 4_000 }),
    lostPercent: fc.constantFrom(0, 10, 40),
    hasCrashes: fc.boolean(),
    outage: fc.constantFrom({ fromMs: 0, untilMs: 0 }, { fromMs: 6_000, untilMs: 14_000 }),
  });

  it('crashes, lost answers, an outage, any latency › no second at the provider with more than the limit', () => {
    let calls = 0;
    fc.assert(
      fc.property(traces, (options) => {
        const { arrivals, sums } = runTrace({ ...options, lastsMs: 25_000 });
        calls += arrivals.length;
        assert.ok(fullestWindow(arrivals) <= options.limit);
        for (const { permits } of sums) assert.ok(permits <= options.limit, `${permits} permits`);
      }),
      { numRuns: 150 },
    );
    assert.ok(calls > 5_000, `only ${calls} calls were made`);
  });

  it('workers under load › use the full rate, minus the network time', () => {
    const { arrivals } = runTrace({
      ...{ seed: 7, limit: 20, holders: 3, lastsMs: 40_000, lostPercent: 0, hasCrashes: false },
      ...{ slowestCallMs: 20, slowestAnswerMs: 20 },
    });
    const settled = arrivals.filter((atMs) => atMs > 10_000).length / 30;
    assert.ok(settled > 20 * 0.7, `${settled} per second`);
    assert.equal(fullestWindow(arrivals) <= 20, true);
  });

  it('the measurement itself › detects one call too many', () => {
    assert.equal(fullestWindow([0, 500, 999.9, 1_000, 1_999]), 3);
    assert.equal(fullestWindow([0, 1_000, 2_000]), 1);
  });
});
