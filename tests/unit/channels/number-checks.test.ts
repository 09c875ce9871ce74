import assert from 'node:assert/strict';
import fc from 'fast-check';
import { changesFromAnswers, isNumberCheckOver, rateAfter } from '../../../src/channels/numbers/rules.ts';
import { gatesOpened, nextNumberCheckAfter } from '../../../src/channels/rules.ts';
import type { ChannelDoc } from '../../../src/channels/store/model.ts';
import type { AccountAnswer, NumberAnswer } from '../../../src/whatsapp/gateway.ts';

const now = new Date('2026-11-26T09:00:00.000Z');
const rate = fc.integer({ min: 1, max: 1_000 });
const level = fc.constantFrom(20, 80, 1_000);

const refusedWith = (code: number) =>
  ({ kind: 'refused', error: { code, httpStatus: 400, title: '', detail: '' } }) as const;
const away = { kind: 'away', reason: 'ECONNREFUSED' } as const;
const numberOf = (fields: object = {}): NumberAnswer => ({
  kind: 'described',
  number: { displayNumber: '+1 555-000-1000', ...fields },
});
const owned: AccountAnswer = { kind: 'described', portfolioId: '42' };

describe('number checks', () => {
  describe('rate', () => {
    for (const [sends, known, next, expected] of [
      [80, undefined, 1_000, 1_000],
      [80, undefined, 80, 80],
      [20, undefined, 1_000, 20],
      [1_000, undefined, 80, 80],
      [80, 1_000, 1_000, 80],
      [1_000, 1_000, 80, 80],
      [500, 1_000, 80, 80],
    ] as const) {
      it(`sends ${sends} of ${known ?? 'the usual 80'}, may send ${next} › ${expected}`, () => {
        const paced = { sendsPerSecond: sends, ...(known === undefined ? {} : { throughput: known }) };
        assert.equal(rateAfter(paced, next), expected);
      });
    }

    it('never more than the provider allows; a lower one set by a person stays; repeated, nothing changes', () => {
      fc.assert(
        fc.property(rate, level, level, (sendsPerSecond, throughput, next) => {
          const after = rateAfter({ sendsPerSecond, throughput }, next);
          assert.ok(after >= 1 && after <= next);
          if (sendsPerSecond < throughput) assert.equal(after, Math.min(sendsPerSecond, next));
          else assert.equal(after, next);
          assert.equal(rateAfter({ sendsPerSecond: after, throughput: next }, next), after);
        }),
      );
    });
  });

  it('all reported › limit, throughput with its rate, and portfolio; the rest is the verification', () => {
    const number = numberOf({ messagingLimit: 2_000, throughput: 1_000, qualityRating: 'GREEN' });
    assert.deepEqual(changesFromAnswers({ sendsPerSecond: 80 }, { number, account: owned }, now), {
      verification: { at: now, displayNumber: '+1 555-000-1000', qualityRating: 'GREEN' },
      messagingLimit: 2_000,
      messagingLimitAt: now,
      portfolioId: '42',
      throughput: 1_000,
      sendsPerSecond: 1_000,
    });
  });

  it('not reported › left as it was', () => {
    const expected = { verification: { at: now, displayNumber: '+1 555-000-1000' } };
    const hidden: AccountAnswer = { kind: 'described', portfolioId: null };
    for (const account of [hidden, refusedWith(200), away, null]) {
      assert.deepEqual(
        changesFromAnswers({ sendsPerSecond: 80 }, { number: numberOf(), account }, now),
        expected,
      );
    }
    for (const number of [refusedWith(190), away]) {
      assert.equal(changesFromAnswers({ sendsPerSecond: 80 }, { number, account: null }, now), null);
    }
  });

  it('the check is over › when nobody is away or busy', () => {
    for (const account of [owned, refusedWith(200), null])
      assert.equal(isNumberCheckOver({ number: numberOf(), account, membership: null }), true);
    for (const account of [away, refusedWith(80007), refusedWith(2)])
      assert.equal(isNumberCheckOver({ number: numberOf(), account, membership: null }), false);
    assert.equal(isNumberCheckOver({ number: refusedWith(190), account: null, membership: null }), true);
    for (const membership of [away, refusedWith(80007)])
      assert.equal(isNumberCheckOver({ number: numberOf(), account: owned, membership }), false);
    for (const number of [away, refusedWith(4)])
      assert.equal(isNumberCheckOver({ number, account: null, membership: null }), false);
  });

  it('failed › again after 1, 2, 4 … 60 minutes', () => {
    const minutes = [1, 2, 3, 7, 50].map(
      (tries) => (nextNumberCheckAfter({ tries }, now).getTime() - now.getTime()) / 60_000,
    );
    assert.deepEqual(minutes, [1, 2, 4, 60, 60]);
  });

  it('gates › each change opens its own gate', () => {
    const channel = (fields: Partial<ChannelDoc>) => ({ state: 'active', ...fields }) as ChannelDoc;
    for (const [before, after, opened] of [
      [{ state: 'paused' }, {}, ['channel']],
      [{}, { state: 'paused' }, []],
      [{ restriction: { code: 'X', since: now } }, {}, ['channel']],
      [{}, { restriction: { code: 'X', since: now } }, []],
      [{ messagingLimit: 250 }, { messagingLimit: 2_000 }, ['portfolio']],
      [{ messagingLimit: 250 }, {}, ['portfolio']],
      [{}, { portfolioId: '42' }, ['portfolio']],
      [{ state: 'paused', messagingLimit: 250 }, {}, ['channel', 'portfolio']],
      [{ messagingLimit: 250 }, { messagingLimit: 250, displayNumber: '+1' }, []],
    ] as const) {
      assert.deepEqual(gatesOpened(channel(before), channel(after)), opened);
    }
  });
});
