import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { chooseTurns } from '../../../src/webhooks/lanes.ts';
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

  const start = new Date('2026-11-23T12:00:00Z');
  const after = (ms: number): Date => new Date(start.getTime() + ms);
  const large = [eventOf(3_000_000)];
  const dueOf = (...sources: readonly string[]) => sources.map((source) => ({ source }));

  it('two sources › one after the other; small ones beside them', () => {
    const places = createLargeBodies();
    const first = places.enter('a', large, start);
    assert.ok(first !== null);
    assert.notEqual(places.enter('c', [eventOf(1_000)], start), null);
    assert.equal(first.isWanted(start), false);
    assert.equal(places.enter('b', large, start), null);
    assert.deepEqual(
      [first.isWanted(start), places.keepsWaiting('b', start), places.keepsWaiting('c', start)],
      [true, true, false],
    );
    first.leave(start);
    assert.equal(places.keepsWaiting('b', start), false);
    assert.notEqual(places.enter('b', large, start), null);
  });

  it('a business with a smaller body than those that wait › is next', () => {
    const places = createLargeBodies();
    const first = places.enter('first', large, start);
    for (const name of ['x', 'y', 'z']) assert.equal(places.enter(name, large, start), null);
    assert.equal(places.enter('shop', [eventOf(300_000)], start), null);
    first?.leave(start);
    assert.equal(places.called(start), 'shop');
    assert.equal(places.enter('x', large, start), null);
    assert.notEqual(places.enter('shop', [eventOf(300_000)], start), null);
  });

  it('unverified sources with the smallest bodies › come after every other one', () => {
    const places = createLargeBodies();
    const first = places.enter('first', large, start);
    for (const name of ['unverified:a', 'unverified:b'])
      assert.equal(places.enter(name, [eventOf(270_000)], start), null);
    assert.equal(places.enter('shop', large, start), null);
    first?.leave(after(500));
    assert.equal(places.called(after(500)), 'shop');
  });

  it('a source that waits no longer, because another process served it › does not keep the place free', () => {
    const places = createLargeBodies();
    const first = places.enter('first', large, start);
    assert.equal(places.enter('gone', [eventOf(300_000)], start), null);
    assert.equal(places.enter('shop', large, start), null);
    places.refresh(dueOf('shop'), after(1_500));
    first?.leave(after(1_500));
    assert.equal(places.called(after(1_500)), 'shop');
  });

  it('a source whose small bodies come first › does not keep the place free', () => {
    const places = createLargeBodies();
    const first = places.enter('first', large, start);
    assert.equal(places.enter('mixed', [eventOf(300_000)], start), null);
    assert.equal(places.enter('shop', large, start), null);
    first?.leave(start);
    assert.equal(places.called(start), 'mixed');
    places.enter('mixed', [eventOf(1_000)], start);
    assert.equal(places.called(start), 'shop');
  });

  it('any number of strangers who verified a number › each is ahead of a business at most once, with a smaller body', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 256 * 1024 + 1, max: 4_000_000 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 256 * 1024 + 1, max: 499 * 1024 }),
        (strangers, own) => {
          const places = createLargeBodies();
          const ask = (name: string, bytes: number, now: Date) => places.enter(name, [eventOf(bytes)], now);
          let now = start;
          let held = ask('in progress', 4_000_000, now);
          const ahead: string[] = [];
          for (let turn = 0; turn <= strangers.length; turn += 1) {
            for (const [index, bytes] of strangers.entries()) ask(`s${index}`, bytes, now);
            ask('shop', own, now);
            now = new Date(now.getTime() + 500);
            held?.leave(now);
            places.refresh(dueOf('shop', ...strangers.map((_, index) => `s${index}`)), now);
            const name = places.called(now);
            if (name === 'shop') break;
            assert.ok(typeof name === 'string');
            ahead.push(name);
            held = ask(name, strangers[Number(name.slice(1))] ?? 0, now);
            assert.notEqual(held, null);
          }
          assert.equal(new Set(ahead).size, ahead.length, 'a stranger was ahead twice');
          for (const name of ahead) assert.ok((strangers[Number(name.slice(1))] ?? Infinity) <= own);
        },
      ),
    );
  });
});

describe('webhook events › places of a lane', () => {
  const due = (source: string) => ({ source, dueAt: new Date(0) });
  const strangers = Array.from({ length: 20 }, (_, index) => due(`unverified:${index}`));
  const shops = Array.from({ length: 10 }, (_, index) => due(`client:${index}`));
  const namesOf = (chosen: readonly { source: string | null }[]) => chosen.map(({ source }) => source);

  it('any number of unverified sources › have two places of eight, whoever is first', () => {
    const places = { all: 8, unverified: 2 };
    assert.equal(chooseTurns(strangers, { places, called: undefined }).length, 2);
    const chosen = namesOf(chooseTurns([...strangers, ...shops], { places, called: undefined }));
    assert.deepEqual(chosen, namesOf([...strangers.slice(0, 2), ...shops.slice(0, 6)]));
  });

  it('both of their places in use › all others are for verified ones', () => {
    const chosen = chooseTurns([...strangers, ...shops], {
      places: { all: 6, unverified: 0 },
      called: undefined,
    });
    assert.deepEqual(namesOf(chosen), namesOf(shops.slice(0, 6)));
  });

  it('the source whose large body is next › first', () => {
    const chosen = chooseTurns(shops, { places: { all: 1, unverified: 2 }, called: 'client:7' });
    assert.deepEqual(namesOf(chosen), ['client:7']);
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

  it('any number of unverified sources › wait together as one business would', () => {
    const usage = createSourceUsage();
    usage.add('client:shop', 50, now);
    usage.add('unverified:a', 40, now);
    usage.add('unverified:b', 40, now);
    const order = usage.sort(
      [due('unverified:fresh', 60_000), due('unverified:a', 1), due('client:shop', 1)],
      now,
    );
    assert.deepEqual(
      order.map(({ source }) => source),
      ['client:shop', 'unverified:fresh', 'unverified:a'],
    );
  });

  it('sources without used time › the longest due first', () => {
    const order = createSourceUsage().sort([due('a', 1), due('b', 3), due('c', 2)], now);
    assert.deepEqual(
      order.map(({ source }) => source),
      ['b', 'c', 'a'],
    );
  });
});
