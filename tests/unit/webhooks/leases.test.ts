import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createFairOrder } from '../../../src/webhooks/fair-order.ts';
import { chooseTurns, laneBounds } from '../../../src/webhooks/lane-bounds.ts';
import { chooseForLease, maxInlineBytes, type Takeable } from '../../../src/webhooks/lease-size.ts';
import type { DueSource } from '../../../src/webhooks/source.ts';

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

const due = (source: string | null, agoMs = 0, bytes: number | null = 1_024): DueSource => ({
  source,
  dueAt: new Date(1_795_430_000_000 - agoMs),
  bytes,
});
const namesOf = (sources: readonly DueSource[]) => sources.map(({ source }) => source);

describe('webhook events › places of a lane', () => {
  const strangers = Array.from({ length: 20 }, (_, index) => due(`unverified:${index}`));
  const shops = Array.from({ length: 10 }, (_, index) => due(`client:${index}`));

  it('any number of unverified sources › have two places of eight, whoever is first', () => {
    assert.equal(chooseTurns(strangers, [], laneBounds.all).length, 2);
    const chosen = chooseTurns([...strangers, ...shops], [], laneBounds.all);
    assert.deepEqual(namesOf(chosen), namesOf([...strangers.slice(0, 2), ...shops.slice(0, 6)]));
  });

  it('both of their places in use › all others are for verified ones', () => {
    const chosen = chooseTurns([...strangers, ...shops], ['unverified:a', 'unverified:b'], laneBounds.all);
    assert.deepEqual(namesOf(chosen), namesOf(shops.slice(0, 6)));
  });

  it('large bodies › one at a time', () => {
    assert.equal(chooseTurns(shops, [], laneBounds.large).length, 1);
    assert.equal(chooseTurns(shops, ['client:x'], laneBounds.large).length, 0);
  });
});

describe('webhook events › order of sources', () => {
  const maxTurnMs = 500;
  const newOrder = (maxSources?: number) =>
    createFairOrder({ maxTurnMs, ...(maxSources === undefined ? {} : { maxSources }) });

  it('a flood with a long backlog, and a source that has just had a short turn › the short one first', () => {
    const order = newOrder();
    order.add('flood', 400, 3);
    order.add('quiet', 30, 3);
    assert.deepEqual(namesOf(order.sort([due('flood', 60_000), due('quiet', 1), due(null, 5)])), [
      null,
      'quiet',
      'flood',
    ]);
  });

  it('a business that was alone for hours, and one that has never had a turn › wait as equals', () => {
    const order = newOrder();
    for (let turn = 0; turn < 1_000; turn += 1) order.add('busy', 10_000, 1);
    assert.deepEqual(namesOf(order.sort([due('fresh', 1), due('busy', 2)])), ['busy', 'fresh']);
  });

  it('a smaller body than those that wait › is next', () => {
    const waiting = [due('x', 9, 4_000_000), due('y', 8, 4_000_000), due('shop', 1, 300_000)];
    assert.equal(newOrder().sort(waiting)[0]?.source, 'shop');
  });

  it('any number of unverified sources › wait together as one business would', () => {
    const order = newOrder();
    order.add('client:shop', 50, 4);
    order.add('unverified:a', 40, 4);
    order.add('unverified:b', 40, 4);
    const waiting = [due('unverified:fresh', 60_000), due('unverified:a', 1), due('client:shop', 1)];
    assert.deepEqual(namesOf(order.sort(waiting)), ['client:shop', 'unverified:fresh', 'unverified:a']);
  });

  it('sources without turns › the longest due first', () => {
    assert.deepEqual(namesOf(newOrder().sort([due('a', 1), due('b', 3), due('c', 2)])), ['b', 'c', 'a']);
  });

  it('more sources than are remembered › those whose turns are over are forgotten, which changes nothing', () => {
    const order = newOrder(2);
    order.add('past', 500, 1);
    order.add('flood', 500, 100);
    order.add('other', 100, 100);
    assert.deepEqual(namesOf(order.sort([due('flood', 2), due('other', 1), due('past')])), [
      'past',
      'other',
      'flood',
    ]);
  });

  it('any history of any sources › a business waits for two longest turns of each waiting source at most', () => {
    const turnMs = fc.integer({ min: 1, max: 2 * maxTurnMs });
    const bytes = fc.integer({ min: 1, max: 4_000_000 });
    const past = fc.record({
      source: fc.integer({ min: -1, max: 9 }),
      turnMs,
      count: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(
        fc.array(past, { maxLength: 60 }),
        fc.array(fc.record({ turnMs, bytes }), { minLength: 1, maxLength: 30 }),
        bytes,
        (history, strangers, ownBytes) => {
          const order = newOrder();
          for (const { source, ...turn } of history)
            order.add(source === -1 ? 'shop' : `s${source}`, turn.turnMs, turn.count);
          const waiting = [
            ...strangers.map((stranger, index) => due(`s${index}`, 60_000, stranger.bytes)),
            due('shop', 0, ownBytes),
          ];
          let aheadMs = 0;
          for (;;) {
            const next = order.sort(waiting)[0]?.source ?? null;
            if (next === 'shop') break;
            const tookMs = strangers[Number(next?.slice(1))]?.turnMs ?? 0;
            order.add(next, tookMs, waiting.length);
            aheadMs += Math.min(tookMs, maxTurnMs);
            assert.ok(aheadMs <= (2 * waiting.length + 1) * maxTurnMs, `${aheadMs} ms came first`);
          }
        },
      ),
    );
  });
});
