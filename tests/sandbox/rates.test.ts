import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createBehaviourStore } from '../../sandbox/behaviour-store.ts';
import { createPairLimiter, createWindowLog, perSecond } from '../../sandbox/rates.ts';
import { control, readLedger, send, setStage, templateTo } from './helpers.ts';

const gaps = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 200 });

describe('sandbox rates', () => {
  it('window › any arrivals › never more than the rate in any second, and no refusal without need', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 20 }), (steps, rate) => {
        const log = createWindowLog();
        const taken: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          const recent = taken.filter((at) => at > now - 1_000).length;
          const hasRoom = log.hasRoom('a', perSecond(rate), now);
          assert.equal(hasRoom, recent < rate);
          if (!hasRoom) continue;
          log.add('a', now);
          taken.push(now);
        }
        for (const start of taken) {
          assert.ok(taken.filter((at) => at >= start && at < start + 1_000).length <= rate);
        }
      }),
    );
  });

  it('window › half a message a second › one in any two seconds', () => {
    assert.deepEqual(perSecond(0.5), { events: 1, windowMs: 2_000 });
    assert.deepEqual(perSecond(80), { events: 80, windowMs: 1_000 });
  });

  it('pair › a burst, then one each interval › the burst is paid back', () => {
    const pairs = createPairLimiter();
    const limit = { intervalMs: 6_000, burst: 45 };
    const take = (now: number, tries: number): number =>
      Array.from({ length: tries }, () => pairs.take('a b', limit, now)).filter(Boolean).length;
    assert.equal(take(0, 60), 45);
    assert.equal(take(5_999, 10), 0);
    assert.equal(take(6_000, 10), 1);
    assert.equal(take(66_000, 20), 10);
    assert.equal(take(1_000_000, 60), 45);
    assert.equal(pairs.take('a c', limit, 6_000), true);
  });

  it('pair › any arrivals › never more than the burst and what the time allows', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 5 }), (steps, burst) => {
        const pairs = createPairLimiter();
        const taken: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          if (pairs.take('a', { intervalMs: 100, burst }, now)) taken.push(now);
        }
        for (const [first, start] of taken.entries()) {
          for (const [last, end] of taken.entries()) {
            if (last < first) continue;
            assert.ok(last - first + 1 <= burst + (end - start) / 100);
          }
        }
      }),
    );
  });

  it('limits meta › without numbers of one’s own › 80 a second, and a person each 6 s with a burst of 45', () => {
    const store = createBehaviourStore({ limits: 'meta' });
    const count = (tries: number, take: () => boolean): number =>
      Array.from({ length: tries }, take).filter(Boolean).length;
    assert.equal(
      count(100, () => store.takeSend('1', 0)),
      80,
    );
    assert.equal(
      count(100, () => store.takePair('1', 'a', 0)),
      45,
    );
    assert.equal(
      count(100, () => store.takePair('2', 'a', 0)),
      45,
    );
    store.patch({ pairSeconds: 1, pairBurst: 2, sendsPerSecond: 3 });
    assert.equal(
      count(100, () => store.takeSend('1', 0)),
      3,
    );
    assert.equal(
      count(100, () => store.takePair('1', 'a', 0)),
      2,
    );
    store.reset();
    assert.equal(
      count(100, () => store.takeSend('1', 0)),
      80,
    );
  });

  it('limits › none › neither', () => {
    const store = createBehaviourStore({});
    assert.ok(Array.from({ length: 500 }, () => store.takeSend('1', 0)).every(Boolean));
    assert.ok(Array.from({ length: 500 }, () => store.takePair('1', 'a', 0)).every(Boolean));
  });

  it('pair limit › a second message to one person › 131056, in the ledger too; to another accepted', async () => {
    const stage = await setStage({ behaviour: { pairSeconds: 60, pairBurst: 1, receipts: 'none' } });
    try {
      const replies = [
        await send(stage.sandbox, templateTo('+15551234501')),
        await send(stage.sandbox, templateTo('+1 555 123 4501')),
        await send(stage.sandbox, templateTo('+15551234601')),
      ];
      assert.deepEqual(
        replies.map(({ status, body }) => [status, body.error?.code]),
        [
          [200, undefined],
          [400, 131056],
          [200, undefined],
        ],
      );
      const { items } = await readLedger(stage.sandbox);
      assert.deepEqual([items[1]?.wamid, items[1]?.answered], [null, { status: 400, code: 131056 }]);
      await control(stage.sandbox, 'PUT /behaviour', { pairSeconds: null });
      assert.equal((await send(stage.sandbox, templateTo('+15551234501'))).status, 200);
    } finally {
      await stage.end();
    }
  });
});
