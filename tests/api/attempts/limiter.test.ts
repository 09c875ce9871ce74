import assert from 'node:assert/strict';
import { mock } from 'node:test';
import {
  createAttemptLimiter,
  lockSecondsOf,
  type LockPolicy,
} from '../../../src/identity/attempts/limiter.ts';
import { rateLimitModel } from '../../../src/identity/attempts/model.ts';
import { newSecret } from '../../../src/platform/ids.ts';
import { connectMongo } from '../../../src/platform/mongo.ts';
import { runMigrations } from '../../../src/platform/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

const policy: LockPolicy = { attempts: 3, windowSeconds: 60, firstLockSeconds: 60, maxLockSeconds: 200 };

describe('attempt limiter', () => {
  let database: TestDatabase;
  before(async function () {
    this.timeout(30_000);
    database = await connectTestDatabase('attempts', []);
    await runMigrations(database.connection);
  });
  after(() => database.close());
  afterEach(() => mock.timers.reset());

  /** The library reads the global clock: the test holds it still and moves it. */
  const holdClock = () => mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const advance = (ms: number) => mock.timers.setTime(Date.now() + ms);

  const limiter = () => createAttemptLimiter({ name: 'test', policy, connection: database.connection });

  async function takeTimes(times: number, key: string, from = limiter()) {
    const waits: (number | undefined)[] = [];
    for (let count = 0; count < times; count += 1) waits.push(await from.take(key));
    return waits;
  }

  it('up to the limit › allowed; the next one locks, and later ones do not extend the lock', async () => {
    holdClock();
    const key = newSecret();
    assert.deepEqual(await takeTimes(4, key), [undefined, undefined, undefined, 60]);
    advance(20_000);
    assert.deepEqual(await takeTimes(2, key), [40, 40]);
    advance(39_001);
    assert.deepEqual(await takeTimes(1, key), [1]);
    advance(1_000);
    assert.deepEqual(await takeTimes(1, key), [undefined]);
  });

  it('repeated locks › twice as long each time, up to a maximum, never permanent; forgotten after a day', async () => {
    holdClock();
    const key = newSecret();
    const locks: (number | undefined)[] = [];
    for (let round = 0; round < 5; round += 1) {
      const [lockSeconds] = (await takeTimes(4, key)).slice(-1);
      locks.push(lockSeconds);
      advance((lockSeconds ?? 0) * 1_000 + 1);
    }
    assert.deepEqual(locks, [60, 120, 200, 200, 200]);
    advance(86_400_000);
    assert.deepEqual(await takeTimes(4, key), [undefined, undefined, undefined, 60]);
  });

  it('the window ends › the count restarts exactly then', async () => {
    holdClock();
    const key = newSecret();
    await takeTimes(3, key);
    advance(59_999);
    const before = await limiter().take(key);
    assert.ok(before !== undefined);
    const other = newSecret();
    await takeTimes(3, other);
    advance(60_000);
    assert.deepEqual(await takeTimes(1, other), [undefined]);
  });

  it('many at once, from two processes › exactly the limit, and one lock', async () => {
    holdClock();
    const key = newSecret();
    const [one, two] = [limiter(), limiter()];
    const waits = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).take(key)));
    assert.equal(waits.filter((wait) => wait === undefined).length, 3);
    const lockCounts = database.connection.collection(rateLimitModel.collection);
    assert.equal((await lockCounts.findOne({ key: `test:locks:${key}` }))?.['points'], 1);
  });

  it('two at once at the end of a window, with one attempt left in the new one › one is allowed', async () => {
    holdClock();
    const one = { ...policy, attempts: 1 };
    const key = newSecret();
    const create = () => createAttemptLimiter({ name: 'pair', policy: one, connection: database.connection });
    const [left, right] = [create(), create()];
    assert.equal(await left.take(key), undefined);
    advance(60_000);
    const waits = await Promise.all([left.take(key), right.take(key)]);
    assert.equal(waits.filter((wait) => wait === undefined).length, 1);
  });

  it('returned › does not count; forgotten › neither do the locks', async () => {
    holdClock();
    const key = newSecret();
    const counted = limiter();
    for (let count = 0; count < 10; count += 1) {
      assert.equal(await counted.take(key), undefined);
      await counted.giveBack(key);
    }
    assert.deepEqual(await takeTimes(4, key), [undefined, undefined, undefined, 60]);
    await counted.forget(key);
    assert.deepEqual(await takeTimes(4, key), [undefined, undefined, undefined, 60]);
  });

  it('MongoDB away › the same limits from memory', async function () {
    this.timeout(30_000);
    const connection = await connectMongo({ uri: database.uri, appName: 'away', maxPoolSize: 2 });
    const away = createAttemptLimiter({ name: 'test', policy, connection });
    await connection.close();
    const key = newSecret();
    assert.deepEqual(await takeTimes(5, key, away), [undefined, undefined, undefined, 60, 60]);
    await away.forget(key);
    assert.equal(await away.take(key), undefined);
  });
});

describe('length of locks', () => {
  it('the first, the second, the thousandth › growing up to the longest', () => {
    assert.deepEqual(
      [1, 2, 3, 1_000].map((count) => lockSecondsOf(policy, count)),
      [60, 120, 200, 200],
    );
  });
});
