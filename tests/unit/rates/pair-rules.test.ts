import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decidePair,
  decidePairs,
  maxPairBurst,
  pairEndsAtMs,
  pairIntervalMs,
  type PairState,
  untouchedPair,
} from '../../../src/rates/pair/rules.ts';

const start = 1_700_000_000_000;

/** Answers of a pair to several callers at the same time, in order. */
function ask(state: PairState, times: number, { nowMs = start, burst = maxPairBurst } = {}) {
  const comeBack: number[] = [];
  let granted = 0;
  let current = state;
  for (let count = 0; count < times; count += 1) {
    const decision = decidePair(current, { nowMs, burst });
    current = decision.next;
    if (decision.granted) granted += 1;
    else comeBack.push(decision.comeBackAtMs - nowMs);
  }
  return { granted, comeBack, state: current };
}

describe('pair rate', () => {
  it('a new pair › exactly the burst at once', () => {
    for (const burst of [1, 5, maxPairBurst]) {
      assert.equal(ask(untouchedPair, burst + 3, { burst }).granted, burst);
    }
  });

  it('refused › each gets a different time, six seconds apart', () => {
    const { comeBack } = ask(untouchedPair, maxPairBurst + 3);
    assert.deepEqual(comeBack, [6_000, 12_000, 18_000]);
  });

  it('one at a time › half a second more between two, so that their arrivals are six seconds apart', () => {
    const { comeBack, state } = ask(untouchedPair, 4, { burst: 1 });
    assert.deepEqual(comeBack, [6_500, 13_000, 19_500]);
    let current = state;
    for (const afterMs of comeBack) {
      const decision = decidePair(current, { nowMs: start + afterMs, burst: 1 });
      assert.equal(decision.granted, true);
      current = decision.next;
    }
  });

  it('callers that return at their time › all let through', () => {
    const { comeBack, state } = ask(untouchedPair, maxPairBurst + 20);
    let current = state;
    for (const afterMs of comeBack) {
      const decision = decidePair(current, { nowMs: start + afterMs, burst: maxPairBurst });
      assert.equal(decision.granted, true);
      current = decision.next;
    }
  });

  it('refusals › cost nothing: only calls that were let through count', () => {
    const { state } = ask(untouchedPair, 500);
    assert.equal(decidePair(state, { nowMs: start + 6_000, burst: maxPairBurst }).granted, true);
    assert.equal(decidePair(state, { nowMs: start + 5_999, burst: maxPairBurst }).granted, false);
  });

  it('a burst of twenty › two minutes until the pair is even', () => {
    const { state } = ask(untouchedPair, 20);
    assert.equal(state.tatMs - start, 120_000);
  });

  it('a penalty › nothing until then, and from then on one in six seconds', () => {
    const blocked = { ...ask(untouchedPair, 3).state, blockedMs: start + 16_000 };
    const early = ask(blocked, 2, { nowMs: start + 15_999 });
    assert.deepEqual([early.granted, early.comeBack], [0, [1, 6_001]]);
    const first = ask(blocked, 2, { nowMs: start + 16_000 });
    assert.deepEqual([first.granted, first.comeBack], [1, [6_000]]);
    assert.equal(ask(first.state, 2, { nowMs: start + 22_000 }).granted, 1);
    assert.equal(ask(blocked, 50, { nowMs: start + 16_000 + 44 * 6_000 }).granted, maxPairBurst);
  });

  it('the end of a pair’s record › when everything in it is over', () => {
    assert.equal(pairEndsAtMs({ tatMs: 5, queueMs: 7, blockedMs: 0 }), 44 * 6_000);
    assert.equal(pairEndsAtMs({ tatMs: start, queueMs: start + 1, blockedMs: 0 }), start + 1);
    assert.equal(pairEndsAtMs({ tatMs: start, queueMs: 0, blockedMs: start }), start + 44 * 6_000);
  });

  it('several at the same time › as if one after another', () => {
    const { granted, comeBack, state } = ask(untouchedPair, 60);
    const asks = Array.from({ length: 60 }, () => ({ nowMs: start, burst: maxPairBurst }));
    const { decisions, next } = decidePairs(untouchedPair, asks);
    assert.deepEqual(next, state);
    assert.equal(decisions.filter((decision) => decision.granted).length, granted);
    const times = decisions.flatMap((decision) => (decision.granted ? [] : [decision.comeBackAtMs - start]));
    assert.deepEqual(times, comeBack);
    assert.deepEqual(decidePairs(state, []), { decisions: [], next: state });
  });

  const traces = fc.record({
    burst: fc.integer({ min: 1, max: maxPairBurst }),
    pauses: fc.array(fc.oneof(fc.nat(200), fc.nat(20_000)), { minLength: 1, maxLength: 120 }),
    penaltyAt: fc.option(fc.nat(100), { nil: undefined }),
  });

  it('any trace of callers › in any span never more than the burst and one in six seconds', () => {
    fc.assert(
      fc.property(traces, ({ burst, pauses, penaltyAt }) => {
        const granted: number[] = [];
        let state = untouchedPair;
        let nowMs = start;
        let blockedMs = 0;
        for (const [index, pauseMs] of pauses.entries()) {
          nowMs += pauseMs;
          if (index === penaltyAt) {
            blockedMs = nowMs + 64_000;
            state = { ...state, blockedMs };
          }
          const decision = decidePair(state, { nowMs, burst });
          state = decision.next;
          if (decision.granted) {
            assert.ok(nowMs >= blockedMs);
            granted.push(nowMs);
          } else {
            assert.ok(decision.comeBackAtMs > nowMs);
          }
        }
        for (const [first, from] of granted.entries()) {
          for (let last = first; last < granted.length; last += 1) {
            const allowed = burst + Math.floor(((granted[last] ?? from) - from) / pairIntervalMs);
            assert.ok(last - first + 1 <= allowed);
          }
        }
        const afterPenalty = granted.filter((atMs) => blockedMs > 0 && atMs >= blockedMs);
        for (const [index, atMs] of afterPenalty.entries()) {
          assert.ok(index + 1 <= 1 + Math.floor((atMs - blockedMs) / pairIntervalMs));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('any waiters, each returning at its time › all are served, one every six seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 45 }), (waiters, burst) => {
        const due = Array.from({ length: waiters }, () => start);
        let state = untouchedPair;
        let asked = 0;
        while (due.length > 0) {
          due.sort((one, other) => one - other);
          const nowMs = due.shift() ?? start;
          const decision = decidePair(state, { nowMs, burst });
          state = decision.next;
          asked += 1;
          if (!decision.granted) due.push(decision.comeBackAtMs);
        }
        assert.equal(asked, waiters + Math.max(0, waiters - burst));
      }),
    );
  });
});
