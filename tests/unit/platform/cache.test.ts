import assert from 'node:assert/strict';
import { createCache } from '../../../src/platform/cache.ts';
import { createFixedClock } from '../../../src/platform/clock.ts';

function setUp(maxEntries = 10) {
  const clock = createFixedClock(new Date('2026-11-23T09:00:00.000Z'));
  const cache = createCache<string>({ ttlMs: 1_000, maxEntries, clock });
  const loads: string[] = [];
  const get = (key: string): Promise<string> =>
    cache.get(key, async () => {
      loads.push(key);
      return `${key}${loads.length}`;
    });
  return { clock, cache, loads, get };
}

describe('cache', () => {
  it('a fresh key › loaded once; an expired one › loaded again', async () => {
    const { clock, get } = setUp();
    assert.equal(await get('a'), 'a1');
    clock.advance(999);
    assert.equal(await get('a'), 'a1');
    clock.advance(1);
    assert.equal(await get('a'), 'a2');
  });

  it('two callers at once › one load', async () => {
    const { get, loads } = setUp();
    assert.deepEqual(await Promise.all([get('a'), get('a')]), ['a1', 'a1']);
    assert.deepEqual(loads, ['a']);
  });

  it('a failed load › rejects its callers, and the next caller loads again', async () => {
    const { cache, get } = setUp();
    const failing = () => Promise.reject(new Error('away'));
    const both = await Promise.allSettled([cache.get('a', failing), cache.get('a', failing)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(await get('a'), 'a1');
  });

  it('a late failure › does not remove a newer value', async () => {
    const { clock, cache, get, loads } = setUp();
    let fail = (_error: Error): void => undefined;
    const slow = cache.get('a', () => new Promise((_resolve, reject) => (fail = reject)));
    clock.advance(1_000);
    assert.equal(await get('a'), 'a1');
    fail(new Error('too late'));
    await assert.rejects(slow, /too late/);
    assert.equal(await get('a'), 'a1');
    assert.equal(loads.length, 1);
  });

  it('a forgotten key › loaded again', async () => {
    const { cache, get } = setUp();
    await get('a');
    cache.forget('a');
    assert.equal(await get('a'), 'a2');
  });

  it('more keys than it may hold › the oldest goes, the others stay', async () => {
    const { get, loads } = setUp(2);
    for (const key of ['a', 'b', 'c']) await get(key);
    assert.equal(await get('c'), 'c3');
    assert.equal(await get('b'), 'b2');
    assert.equal(await get('a'), 'a4');
    assert.deepEqual(loads, ['a', 'b', 'c', 'a']);
  });
});
