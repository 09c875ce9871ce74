import assert from 'node:assert/strict';
import { newId } from '../../src/platform/ids.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { databaseOf, scopeOf } from '../../src/platform/mongo.ts';
import { usageModel } from '../../src/quotas/model.ts';
import { createQuota, secondsToNextDay } from '../../src/quotas/quota.ts';
import { createUsageRepository, type UsageKind } from '../../src/quotas/repository.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const noon = new Date('2026-11-28T12:00:00.000Z');

describe('quota', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('quota', [usageModel]);
  });
  after(() => database?.close());

  const usageOf = (scope: ReturnType<typeof scopeOf>) =>
    databaseOf(database.connection)
      .collection(usageModel.collection)
      .find({ ...scope })
      .toArray();

  /** The quota as one process has it. */
  const startProcess = (bytesPerDay: number) => {
    const clock = createFixedClock(noon);
    const usage = createUsageRepository(database.connection);
    let commands = 0;
    const counting: typeof usage = {
      reserve(...given) {
        commands += 1;
        return usage.reserve(...given);
      },
    };
    const quota = createQuota({
      usage: counting,
      clock,
      bytesPerDay: {
        ...{ webhooks: bytesPerDay, 'unverified-webhooks': 1_000 },
        ...{ api: 2_000, 'unverified-api': 500, files: 1, 'unverified-files': 1 },
      },
    });
    const take = (scope: ReturnType<typeof scopeOf>, bytes: number, kind: UsageKind = 'webhooks') =>
      quota.take(scope, { kind, bytes });
    return { take, owe: quota.owe, clock, commands: () => commands };
  };

  it('three processes at once › never more than the day has, and nearly all of it', async () => {
    const scope = scopeOf(newId());
    const processes = [1, 2, 3].map(() => startProcess(640_000));
    const takes = processes.flatMap(({ take }) => Array.from({ length: 400 }, () => take(scope, 1_000)));
    const granted = (await Promise.all(takes)).filter(Boolean).length;
    assert.ok(granted <= 640 && granted >= 600, `${granted} granted`);
    const [day, ...others] = await usageOf(scope);
    assert.ok(day !== undefined && others.length === 0 && day['bytes'] <= 640_000);
  });

  it('an event that no longer fits › is refused; a smaller one and another business are not', async () => {
    const scope = scopeOf(newId());
    const { take } = startProcess(6_400);
    assert.deepEqual(
      [await take(scope, 6_000), await take(scope, 500), await take(scope, 400)],
      [true, false, true],
    );
    assert.equal(await take(scopeOf(newId()), 6_400), true);
    assert.equal(await take(scopeOf(newId()), 6_401), false);
  });

  it('each kind › has a day of its own', async () => {
    const scope = scopeOf(newId());
    const { take } = startProcess(6_400);
    const { take: takeElsewhere } = startProcess(6_400);
    assert.deepEqual(
      [
        await take(scope, 1_000, 'unverified-webhooks'),
        await takeElsewhere(scope, 10, 'unverified-webhooks'),
        await take(scope, 500, 'unverified-api'),
        await take(scope, 2_000, 'api'),
        await take(scope, 10, 'api'),
        await take(scope, 6_400),
      ],
      [true, false, true, true, false, true],
    );
    const [day, ...others] = await usageOf(scope);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [day?.['bytes'], day?.['unverifiedBytes'], day?.['apiBytes'], day?.['unverifiedApiBytes']],
      [6_400, 1_000, 2_000, 500],
    );
  });

  it('what is owed › the next takes find less, or nothing', async () => {
    const scope = scopeOf(newId());
    const { take, owe } = startProcess(6_400);
    assert.equal(await take(scope, 100, 'api'), true);
    owe(scope, { kind: 'api', bytes: 1_500 });
    assert.equal(await take(scope, 300, 'api'), true);
    assert.equal(await take(scope, 200, 'api'), false);
    const [day] = await usageOf(scope);
    assert.ok(Number(day?.['apiBytes']) >= 1_900, 'what was owed is stored with the next take');
  });

  it('a day that an older version has begun › goes on', async () => {
    const scope = scopeOf(newId());
    await databaseOf(database.connection)
      .collection(usageModel.collection)
      .insertOne({ ...scope, day: '2026-11-28', bytes: 6_000, expiresAt: new Date(noon.getTime() + 60_000) });
    const { take } = startProcess(6_400);
    assert.deepEqual(
      [await take(scope, 10, 'unverified-webhooks'), await take(scope, 500), await take(scope, 400)],
      [true, false, true],
    );
  });

  it('the next day › begins with the whole quota', async () => {
    const scope = scopeOf(newId());
    const { take, clock } = startProcess(6_400);
    await take(scope, 6_400);
    assert.equal(await take(scope, 1), false);
    clock.advance(12 * 60 * 60 * 1_000);
    assert.equal(await take(scope, 6_400), true);
    assert.deepEqual((await usageOf(scope)).map(({ day }) => String(day)).toSorted(), [
      '2026-11-28',
      '2026-11-29',
    ]);
  });

  it('thousands of small events, or of refused ones › few commands', async () => {
    const scope = scopeOf(newId());
    const process = startProcess(6_400_000);
    await Promise.all(Array.from({ length: 5_000 }, () => process.take(scope, 100)));
    assert.ok(process.commands() <= 10, `${process.commands()} commands`);
    await process.take(scope, 5_850_000);
    const before = process.commands();
    await Promise.all(Array.from({ length: 5_000 }, () => process.take(scope, 200_000)));
    assert.ok(process.commands() - before <= 2);
  });

  it('the rest of a day › in seconds, never 0', () => {
    assert.equal(secondsToNextDay(noon), 12 * 60 * 60);
    assert.equal(secondsToNextDay(new Date('2026-11-28T23:59:59.999Z')), 1);
  });
});
