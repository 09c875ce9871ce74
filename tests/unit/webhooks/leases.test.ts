import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createLargeBodies } from '../../../src/webhooks/large-bodies.ts';
import { chooseForLease, maxInlineBytes, type Takeable } from '../../../src/webhooks/lease-size.ts';
import type { LeasedEvent } from '../../../src/webhooks/repository.ts';
import { createSourceUsage } from '../../../src/webhooks/source-usage.ts';

const small: Takeable = { bytes: 1_000 };
const large: Takeable = { bytes: maxInlineBytes + 1 };

describe('webhook events › one lease', () => {
  const cases: readonly [string, readonly Takeable[], number][] = [
    ['nothing is due', [], 0],
    ['small bodies', [small, small, small], 3],
    ['a large body first', [large, small], 1],
    ['a large body behind small ones', [small, small, large, small], 2],
    ['more bytes than a lease may hold', Array.from({ length: 200 }, () => ({ bytes: 16_000 })), 32],
    ['an event that was taken twice without a verdict', [{ ...small, takes: 2 }, small], 1],
    ['one that was taken once', [{ ...small, takes: 1 }, small], 2],
  ];
  for (const [what, due, count] of cases) {
    it(`${what} › takes ${count}`, () => {
      assert.deepEqual(chooseForLease(due), due.slice(0, count));
    });
  }
});

describe('webhook events › large bodies', () => {
  const eventOf = (bytes: number): LeasedEvent => ({
    _id: new Types.ObjectId(),
    receivedAt: new Date(0),
    status: 'pending',
    attempts: 1,
    bytes,
  });

  it('two sources › one after the other; small ones beside them', () => {
    const places = createLargeBodies();
    const first = places.enter('a', [eventOf(3_000_000)]);
    assert.ok(first !== null);
    assert.notEqual(places.enter('c', [eventOf(1_000)]), null);
    assert.equal(first.isWanted(), false);
    assert.equal(places.enter('b', [eventOf(3_000_000)]), null);
    assert.deepEqual(
      [first.isWanted(), places.keepsWaiting('b'), places.keepsWaiting('c')],
      [true, true, false],
    );
    first.leave();
    assert.equal(places.keepsWaiting('b'), false);
    assert.notEqual(places.enter('b', [eventOf(3_000_000)]), null);
  });
});

describe('webhook events › order of sources', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const due = (source: string | null, agoMs: number) => ({ source, dueAt: new Date(now.getTime() - agoMs) });

  it('a flood with a long backlog, and a source that has just had a short turn › the short one first', () => {
    const usage = createSourceUsage();
    usage.add('flood', 2_000, new Date(now.getTime() - 5_000));
    usage.add('quiet', 30, now);
    const order = usage.sort([due('flood', 60_000), due('quiet', 1), due(null, 5)], now);
    assert.deepEqual(
      order.map(({ source }) => source),
      [null, 'quiet', 'flood'],
    );
  });

  it('a flood that has waited › its used time has faded', () => {
    const usage = createSourceUsage();
    usage.add('flood', 2_000, new Date(now.getTime() - 120_000));
    usage.add('busy', 200, now);
    assert.equal(usage.sort([due('busy', 1), due('flood', 1)], now)[0]?.source, 'flood');
  });

  it('sources without used time › the longest due first', () => {
    const order = createSourceUsage().sort([due('a', 1), due('b', 3), due('c', 2)], now);
    assert.deepEqual(
      order.map(({ source }) => source),
      ['b', 'c', 'a'],
    );
  });
});
