import assert from 'node:assert/strict';
import { newId } from '../../src/platform/ids.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { databaseOf, scopeOf } from '../../src/platform/mongo.ts';
import { webhookUsageModel } from '../../src/webhooks/quota/model.ts';
import { createQuota, minUnverifiedBytes, secondsToNextDay } from '../../src/webhooks/quota/quota.ts';
import { createWebhookUsageRepository, type UsageKind } from '../../src/webhooks/quota/repository.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const noon = new Date('2026-11-28T12:00:00.000Z');

describe('webhook quota', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('quota', [webhookUsageModel]);
  });
  after(() => database?.close());

  const usageOf = (scope: ReturnType<typeof scopeOf>) =>
    databaseOf(database.connection)
      .collection(webhookUsageModel.collection)
      .find({ ...scope })
      .toArray();

  /** The quota as one process has it. */
  const startProcess = (bytesPerDay: number) => {
    const clock = createFixedClock(noon);
    const usage = createWebhookUsageRepository(database.connection);
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
      bytesPerDay: { verified: bytesPerDay, unverified: 2 * minUnverifiedBytes },
    });
    const take = (scope: ReturnType<typeof scopeOf>, bytes: number, kind: UsageKind = 'verified') =>
      quota(scope, { kind, bytes });
    return { take, clock, commands: () => commands };
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

  it('unverified channels › a small day of their own, in which each event takes its minimum, however small', async () => {
    const scope = scopeOf(newId());
    const { take } = startProcess(6_400);
    const { take: takeElsewhere } = startProcess(6_400);
    const answers = [
      await take(scope, 10, 'unverified'),
      await take(scope, 10, 'unverified'),
      await take(scope, 10, 'unverified'),
      await takeElsewhere(scope, 10, 'unverified'),
    ];
    assert.deepEqual(answers, [true, true, false, false]);
    assert.equal(await take(scope, 6_400), true, 'the verified ones have their whole day');
    assert.deepEqual(
      (await usageOf(scope)).map(({ bytes, unverifiedBytes }) => ({ bytes, unverifiedBytes })),
      [{ bytes: 6_400, unverifiedBytes: 2 * minUnverifiedBytes }],
    );
  });

  it('a day that an older version has begun › goes on', async () => {
    const scope = scopeOf(newId());
    await databaseOf(database.connection)
      .collection(webhookUsageModel.collection)
      .insertOne({ ...scope, day: '2026-11-28', bytes: 6_000, expiresAt: new Date(noon.getTime() + 60_000) });
    const { take } = startProcess(6_400);
    assert.deepEqual(
      [await take(scope, 10, 'unverified'), await take(scope, 500), await take(scope, 400)],
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
