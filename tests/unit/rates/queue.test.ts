import assert from 'node:assert/strict';
import { queueRate, queueWeight } from '../../../src/rates/channel/queue.ts';

describe('rate of the provider’s queue', () => {
  it('any channel › slightly higher than its own limit', () => {
    for (const perSecond of [1, 20, 80, 1_000]) {
      assert.ok(queueRate(perSecond) >= perSecond * 1.1);
      assert.ok(queueRate(perSecond) <= perSecond * 1.1 + 1);
    }
  });

  it('a weight › turns the default rate into the channel’s', () => {
    assert.equal(queueWeight(80, 80), 1);
    for (const perSecond of [1, 20, 300]) {
      const rate = queueRate(80) * queueWeight(perSecond, 80);
      assert.ok(Math.abs(rate - queueRate(perSecond)) < 1e-9);
    }
  });
});
