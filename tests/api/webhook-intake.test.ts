import assert from 'node:assert/strict';
import { startTcpProxy } from '../../proofs/faults/tcp-proxy.ts';
import { isDependencyAway } from '../../src/http/problems.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { AppError } from '../../src/platform/errors.ts';
import { connectMongo, databaseOf } from '../../src/platform/mongo.ts';
import { createIntake } from '../../src/webhooks/intake.ts';
import { webhookEventModel } from '../../src/webhooks/model.ts';
import { createWebhookRepository } from '../../src/webhooks/repository.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';
import { watchedUri } from '../support/wire-probe.ts';

const longAgo = new Date('2026-11-23T09:00:00.000Z');

describe('webhook intake', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('intake', [webhookEventModel]);
  });
  beforeEach(() => events().deleteMany({}));
  after(() => database?.close());

  const events = () => databaseOf(database.connection).collection(webhookEventModel.collection);

  it('bodies at the same time › are one command, each stored', async () => {
    const watched = await connectMongo({ uri: watchedUri(database.uri), appName: 'intake', maxPoolSize: 10 });
    const commands: string[] = [];
    watched.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName));
    const intake = createIntake({
      events: createWebhookRepository(watched),
      clock: systemClock,
      maxQueued: 300,
    });
    await Promise.all(Array.from({ length: 300 }, (_value, index) => intake.store(`{"number":${index}}`)));
    await watched.close();
    assert.deepEqual(
      commands.filter((name) => name === 'insert'),
      ['insert'],
    );
    assert.equal((await events().distinct('body')).length, 300);
  });

  it('more than the maximum waiting › refused until the waiting ones are stored', async () => {
    const repository = createWebhookRepository(database.connection);
    const intake = createIntake({ events: repository, clock: systemClock, maxQueued: 2 });
    const [first, second] = [intake.store('1'), intake.store('2')];
    await assert.rejects(
      async () => intake.store('3'),
      (error) => error instanceof AppError && error.code === 'overloaded',
    );
    await Promise.all([first, second]);
    await intake.store('4');
    assert.deepEqual(await events().distinct('body'), ['1', '2', '4']);
  });

  it('the database is away › each fails as unavailable, not as an internal error', async () => {
    const target = new URL(database.uri);
    const proxy = await startTcpProxy(0, () => Number(target.port));
    const query = 'directConnection=true&serverSelectionTimeoutMS=100';
    const uri = `mongodb://127.0.0.1:${proxy.port}${target.pathname}?${query}`;
    const connection = await connectMongo({ uri, appName: 'intake-away', maxPoolSize: 10 });
    const repository = createWebhookRepository(connection);
    const intake = createIntake({ events: repository, clock: systemClock, maxQueued: 10 });
    await intake.store('before');
    await proxy.close();
    const outcomes = await Promise.allSettled([intake.store('1'), intake.store('2')]);
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && isDependencyAway(outcome.reason), JSON.stringify(outcome));
    }
    await connection.close();
  });

  describe('a lease', () => {
    const uri = () => watchedUri(database.uri);
    const store = (count: number) =>
      events().insertMany(
        Array.from({ length: count }, (_value, index) => ({
          ...{ receivedAt: longAgo, body: `{"number":${index}}`, status: 'pending', attempts: index },
          ...{ source: 'unnamed', bytes: 12 },
          nextAttemptAt: new Date(longAgo.getTime() - index),
        })),
      );

    it('of free events › three commands, and the leased events equal the stored ones', async () => {
      await store(5);
      const watched = await connectMongo({ uri: uri(), appName: 'lease', maxPoolSize: 10 });
      const commands: string[] = [];
      watched.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName));
      const wish = {
        limit: 3,
        leaseMs: 1_000,
        now: systemClock.now(),
        lane: 'all' as const,
        source: 'unnamed',
      };
      const lease = await createWebhookRepository(watched).lease(wish);
      await watched.close();
      assert.deepEqual(
        commands.filter((name) => name === 'find' || name === 'update'),
        ['find', 'update', 'find'],
      );
      const held = await events().find({ leaseToken: lease.token }).sort({ _id: 1 }).toArray();
      assert.deepEqual(
        held.map(({ body, attempts }) => [body, attempts]),
        [2, 3, 4].map((index) => [`{"number":${index}}`, index + 1]),
      );
      assert.deepEqual(
        lease.events.map(({ _id, attempts }) => [_id, attempts]),
        held.map(({ _id, attempts }) => [_id, attempts]),
      );
    });

    it('ten at once for the same events › each event is held by one', async () => {
      await store(60);
      const repository = createWebhookRepository(database.connection);
      const wish = {
        limit: 20,
        leaseMs: 60_000,
        now: systemClock.now(),
        lane: 'all' as const,
        source: 'unnamed',
      };
      const leases = await Promise.all(Array.from({ length: 10 }, () => repository.lease(wish)));
      const held = leases.flatMap(({ token, events: taken }) =>
        taken.map(({ _id }) => `${_id.toHexString()} ${token}`),
      );
      const stored = await events()
        .find({ leaseToken: { $exists: true } })
        .toArray();
      const expected = stored.map(({ _id, leaseToken }) => `${String(_id)} ${String(leaseToken)}`);
      assert.deepEqual(held.toSorted(), expected.toSorted());
    });
  });
});
