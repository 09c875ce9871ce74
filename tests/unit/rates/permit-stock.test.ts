import assert from 'node:assert/strict';
import { createPermitStock } from '../../../src/rates/channel/permit-stock.ts';

const lease = 5_000;

function takeAll(stock: ReturnType<typeof createPermitStock>, nowMs: number): number {
  let count = 0;
  while (stock.take(nowMs)) count += 1;
  return count;
}

describe('permit stock', () => {
  it('before the first share › there is no permit', () => {
    assert.equal(createPermitStock().take(0), false);
  });

  it('permits › as many as the share; each comes free one second after its answer, to the millisecond', () => {
    const stock = createPermitStock();
    stock.renew({ permits: 2, target: 2 }, 0, lease);
    assert.equal(takeAll(stock, 10), 2);
    stock.answered(110, 10);
    assert.equal(stock.nextFreeAtMs(110), 1_110);
    assert.equal(stock.take(1_109.9), false);
    assert.equal(stock.take(1_110), true);
    assert.equal(stock.held(1_110), 2);
  });

  it('the lease is about to end › no permit that could outlast it is handed out or used', () => {
    const stock = createPermitStock();
    stock.renew({ permits: 5, target: 5 }, 0, lease);
    assert.equal(stock.take(3_000), true);
    assert.equal(stock.take(3_000.1), false);
    assert.equal(stock.stillHolds(3_500), true);
    assert.equal(stock.stillHolds(3_500.1), false);
  });

  it('a share that has to shrink › hands out no more than the target, and keeps permits in use in the record', () => {
    const stock = createPermitStock();
    stock.renew({ permits: 10, target: 10 }, 0, lease);
    assert.equal(takeAll(stock, 0), 10);
    assert.equal(stock.keeps(0), 10);
    stock.renew({ permits: 10, target: 4 }, 100, lease);
    for (let count = 0; count < 8; count += 1) stock.answered(200, 0);
    assert.equal(stock.keeps(1_199), 10);
    assert.equal(takeAll(stock, 1_200), 2);
    assert.equal(stock.keeps(1_200), 4);
  });

  it('a renewal in progress › the record counts everything that may be handed out meanwhile', () => {
    const stock = createPermitStock();
    stock.renew({ permits: 10, target: 10 }, 0, lease);
    assert.equal(stock.take(0), true);
    assert.equal(stock.keeps(1_000), 10);
    assert.equal(takeAll(stock, 1_050), 9);
  });

  it('a lease that was not renewed › only permits in use still count', () => {
    const stock = createPermitStock();
    stock.renew({ permits: 10, target: 10 }, 0, lease);
    assert.equal(stock.take(0), true);
    assert.equal(stock.keeps(3_001), 1);
    assert.equal(stock.share(), null);
  });

  it('dropped › nothing is handed out until the next renewal', () => {
    const stock = createPermitStock();
    stock.renew({ permits: 1, target: 1 }, 0, lease);
    stock.drop();
    assert.equal(stock.take(1), false);
    stock.renew({ permits: 1, target: 1 }, 2, lease);
    assert.equal(stock.take(3), true);
  });

  it('the wait › none if served at once, else by the share and the duration of answers', () => {
    const stock = createPermitStock();
    assert.equal(stock.waitMs(40, 0, 40), 0);
    assert.equal(stock.waitMs(41, 0, 40), (1 / 40) * 1_100);
    stock.renew({ permits: 2, target: 4 }, 0, lease);
    assert.equal(takeAll(stock, 0), 2);
    assert.equal(stock.waitMs(2, 0, 40), 0);
    assert.equal(stock.waitMs(6, 0, 40), 1_100);
    stock.answered(600, 0);
    assert.equal(stock.waitMs(6, 600, 40), 1_150);
    stock.renew({ permits: 0, target: 0 }, 1_000, lease);
    assert.equal(stock.waitMs(1, 2_000, 40), null);
  });
});
