import assert from 'node:assert/strict';
import { createPace } from '../../../src/rates/channel/pace.ts';

describe('pace of a bulk', () => {
  it('twenty permits › one every 50 ms, after a rest five at once', () => {
    const pace = createPace();
    let taken = 0;
    for (; pace.isTurn(1_000); taken += 1) pace.took(1_000, 20);
    assert.equal(taken, 5);
    assert.equal(pace.nextAtMs(), 1_050);
    assert.equal(pace.isTurn(1_049), false);
    assert.equal(pace.isTurn(1_050), true);
  });

  it('a late timer › compensated by at most 200 ms', () => {
    const pace = createPace();
    for (let count = 0; count < 5; count += 1) pace.took(0, 20);
    pace.took(90, 20);
    assert.equal(pace.nextAtMs(), 100);
    pace.took(1_000, 20);
    assert.equal(pace.nextAtMs(), 850);
  });

  it('no permits at all › one a second', () => {
    const pace = createPace();
    pace.took(0, 0);
    assert.equal(pace.nextAtMs(), 800);
  });
});
