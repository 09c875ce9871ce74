import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type BodyBudget,
  type BodyHold,
  createBodyBudget,
  slowAfterMs,
} from '../../../src/http/body-budget.ts';
import type { BodyPool } from '../../../src/http/body-pools.ts';
import { AppError } from '../../../src/platform/errors.ts';

/** Of 800 bytes: 300 for the provider, 200 for channels, 200 for users, 100 for anonymous callers. */
const maxBytes = 800;

const isOverloaded = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'overloaded' && error.retryAfterSeconds === 5;

function createPlay() {
  let nowMs = 0;
  const levels: Record<string, number> = {};
  const refusals: string[] = [];
  const budget: BodyBudget = createBodyBudget({
    maxBytes,
    nowMs: () => nowMs,
    observer: {
      held: (pool, bytes) => void (levels[pool] = bytes),
      refused: (pool, reason) => refusals.push(`${pool} ${reason}`),
    },
  });
  const givenUp: string[] = [];
  const begin = (pool: BodyPool, key: string, declaredBytes = 0): BodyHold =>
    budget.hold({
      sender: { pool, key },
      declaredBytes,
      onGivenUp(refusal) {
        assert.ok(isOverloaded(refusal));
        givenUp.push(key);
      },
    });
  return {
    levels,
    refusals,
    givenUp,
    begin,
    hold(pool: BodyPool, key: string, bytes: number): BodyHold {
      const hold = begin(pool, key);
      hold.grow(bytes);
      return hold;
    },
    pass: (ms: number) => void (nowMs += ms),
  };
}

describe('http › memory of bodies', () => {
  it('a full pool › refuses more, and other pools still have their own', () => {
    const play = createPlay();
    play.hold('provider', 'a', 150).complete();
    play.hold('provider', 'b', 150).complete();
    assert.throws(() => play.hold('provider', 'c', 1), isOverloaded);
    play.hold('channel', 'a', 100);
    play.hold('user', 'a', 50);
    play.hold('anonymous', 'a', 25);
    assert.deepEqual(play.levels, { provider: 300, channel: 100, user: 50, anonymous: 25 });
    assert.deepEqual(play.refusals, ['provider full']);
  });

  it('one sender › gets only its part of the pool', () => {
    const play = createPlay();
    play.hold('user', 'a', 50);
    assert.throws(() => play.hold('user', 'a', 1), isOverloaded);
    play.hold('user', 'b', 50);
  });

  it('a declared length without room › refused before a byte arrives, and reserves nothing', () => {
    const play = createPlay();
    play.begin('channel', 'a', 100);
    play.begin('channel', 'a', 100);
    assert.throws(() => play.begin('channel', 'a', 101), isOverloaded);
    assert.deepEqual(play.levels, {});
  });

  it('bodies that end › give their memory back, once', () => {
    const play = createPlay();
    const hold = play.hold('user', 'a', 50);
    hold.complete();
    hold.release();
    hold.release();
    play.hold('user', 'a', 50);
    assert.deepEqual(play.levels, { user: 50 });
  });

  it('slow bodies in a full pool › are given up, oldest first and no more than needed', () => {
    const play = createPlay();
    for (const key of ['a', 'b', 'c', 'd']) play.hold('user', key, 50);
    play.pass(slowAfterMs);
    play.hold('user', 'e', 50);
    assert.deepEqual(play.givenUp, ['a']);
    assert.deepEqual([play.levels, play.refusals], [{ user: 200 }, ['user slow']]);
  });

  it('a slow body without need › stays', () => {
    const play = createPlay();
    const slow = play.hold('user', 'a', 20);
    play.pass(60_000);
    play.hold('user', 'b', 50);
    slow.grow(30);
    assert.deepEqual(play.givenUp, []);
  });

  it('bodies that are handled › are never given up', () => {
    const play = createPlay();
    for (const key of ['a', 'b', 'c', 'd']) play.hold('user', key, 50).complete();
    play.pass(60_000);
    assert.throws(() => play.hold('user', 'e', 1), isOverloaded);
    assert.deepEqual(play.givenUp, []);
  });

  it('a slow body that grows in a full pool › does not give itself up', () => {
    const play = createPlay();
    const slow = play.hold('user', 'a', 40);
    play.pass(slowAfterMs);
    for (const key of ['b', 'c', 'd']) play.hold('user', key, 50).complete();
    play.hold('user', 'e', 10).complete();
    assert.throws(() => slow.grow(10), isOverloaded);
    assert.deepEqual(play.givenUp, []);
    slow.release();
    assert.deepEqual(play.levels, { user: 160 });
  });

  it('too few slow bytes for the newcomer › nobody is given up', () => {
    const play = createPlay();
    play.hold('user', 'a', 10);
    play.pass(slowAfterMs);
    for (const key of ['b', 'c', 'd']) play.hold('user', key, 50);
    play.hold('user', 'e', 40);
    assert.throws(() => play.hold('user', 'f', 50), isOverloaded);
    assert.deepEqual(play.givenUp, []);
  });

  it('a few senders that fill the pool › the one that keeps the most makes room for a newcomer, oldest first', () => {
    const play = createPlay();
    play.hold('provider', 'a', 50);
    for (const key of ['a', 'b', 'a', 'b', 'a']) play.hold('provider', key, key === 'a' ? 33 : 70);
    play.hold('provider', 'meta', 20);
    assert.deepEqual([play.givenUp, play.refusals], [['a'], ['provider greedy']]);
    assert.deepEqual(play.levels, { provider: 50 + 3 * 33 + 2 * 70 - 50 + 20 });
  });

  it('a newcomer that would keep the most › makes nobody give up', () => {
    const play = createPlay();
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) play.hold('provider', key, 50);
    assert.throws(() => play.hold('provider', 'g', 50), isOverloaded);
    play.hold('provider', 'h', 49);
    assert.deepEqual(play.givenUp, ['a']);
  });

  it('any bodies of any senders › the pool is never exceeded, and a sender that keeps less than all is served', () => {
    const body = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      bytes: fc.integer({ min: 1, max: 150 }),
      isComplete: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(body, { maxLength: 40 }), (bodies) => {
        const play = createPlay();
        for (const { key, bytes, isComplete } of bodies) {
          try {
            const hold = play.hold('provider', key, bytes);
            if (isComplete) hold.complete();
          } catch (error) {
            assert.ok(isOverloaded(error));
          }
          assert.ok((play.levels['provider'] ?? 0) <= 300);
        }
        if (bodies.every(({ isComplete }) => !isComplete)) play.hold('provider', 'meta', 1);
      }),
    );
  });

  it('only declared › gives up nobody', () => {
    const play = createPlay();
    for (const key of ['a', 'b', 'c', 'd']) play.hold('user', key, 50);
    play.pass(slowAfterMs);
    play.begin('user', 'e', 50);
    assert.deepEqual(play.givenUp, []);
  });
});
