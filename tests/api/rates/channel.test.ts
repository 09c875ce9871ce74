import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { newId, randomFraction } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import {
  createChannelPermits,
  type ChannelPermits,
  type Permit,
  type RatedChannel,
} from '../../../src/rates/channel/permits.ts';
import {
  createChannelRateRepository,
  type ChannelRateRepository,
} from '../../../src/rates/channel/repository.ts';
import { fullestWindow } from '../../support/channel-rate-trace.ts';
import { captureLog } from '../../support/logger.ts';
import { useRatesDatabase } from '../../support/rates-database.ts';
import { waitFor } from '../../support/wait.ts';

describe('channel permits', function () {
  this.timeout(40_000);
  const database = useRatesDatabase('channel_rates');
  const log = captureLog();
  const workers: ChannelPermits[] = [];
  let connections: Connection[];
  let rates: ChannelRateRepository;

  before(async () => {
    connections = [await database.connect(), await database.connect()];
    const [first] = connections;
    assert.ok(first);
    rates = createChannelRateRepository(first);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  });

  /** As in a further worker process. */
  function startWorker(repository?: ChannelRateRepository): ChannelPermits {
    const connection = connections[workers.length % connections.length];
    assert.ok(connection);
    const made = createChannelPermits({
      rates: repository ?? createChannelRateRepository(connection),
      logger: log.logger,
    });
    workers.push(made);
    return made;
  }

  const newChannel = (perSecond: number): RatedChannel => ({
    ...{ scope: scopeOf(newId()), channelId: newId(), perSecond },
  });

  async function take(worker: ChannelPermits, channel: RatedChannel, maxWaitMs = 5_000): Promise<Permit> {
    const permit = await worker.acquire(channel, { priority: 1, maxWaitMs });
    assert.equal(permit.kind, 'permit');
    return permit as Permit;
  }

  interface Load {
    readonly channel: RatedChannel;
    readonly untilMs: number;
    readonly arrivals: number[];
    readonly slowestMs: number;
  }

  /** One sender after another: takes a permit, calls a provider with a delay on both ways, answers. */
  async function send(
    worker: ChannelPermits,
    { channel, untilMs, arrivals, slowestMs }: Load,
  ): Promise<void> {
    while (performance.now() < untilMs) {
      const permit = await worker.acquire(channel, { priority: 1, maxWaitMs: 700 });
      if (permit.kind === 'busy') {
        await sleep(Math.min(permit.retryAfterMs, 300));
        continue;
      }
      await sleep(randomFraction() * slowestMs);
      if (permit.stillHolds()) arrivals.push(performance.now());
      await sleep(randomFraction() * slowestMs);
      permit.done();
    }
  }

  it('two workers under load, calls of any length › no second with more than the limit, and the rate is used', async () => {
    const channel = newChannel(40);
    const arrivals: number[] = [];
    const startedAt = performance.now();
    const load = { channel, arrivals, untilMs: startedAt + 5_000, slowestMs: 150 };
    const both = [startWorker(), startWorker()];
    await Promise.all(both.flatMap((worker) => Array.from({ length: 60 }, () => send(worker, load))));
    assert.ok(fullestWindow(arrivals) <= 40, `${fullestWindow(arrivals)} in one second`);
    const settled =
      arrivals.filter((atMs) => atMs > startedAt + 2_000 && atMs < startedAt + 5_000).length / 3;
    assert.ok(settled > 40 * 0.6, `only ${settled} per second`);
    assert.equal(log.text(), '');
  });

  it('a worker that joins late › gets its share, and the limit always holds', async () => {
    const channel = newChannel(20);
    const startedAt = performance.now();
    const arrivals: number[] = [];
    const ofSecond: number[] = [];
    const untilMs = startedAt + 7_000;
    const first = Array.from({ length: 40 }, () =>
      send(startWorkerOnce('first'), { channel, arrivals, untilMs, slowestMs: 60 }),
    );
    await sleep(1_500);
    const second = Array.from({ length: 40 }, () =>
      send(startWorkerOnce('second'), { channel, arrivals: ofSecond, untilMs, slowestMs: 60 }),
    );
    await Promise.all([...first, ...second]);
    assert.ok(fullestWindow([...arrivals, ...ofSecond]) <= 20);
    const lately = ofSecond.filter((atMs) => atMs > untilMs - 2_000).length;
    assert.ok(lately >= 5, `${lately} calls of the second worker in the last two seconds`);
  });

  const named = new Map<string, ChannelPermits>();
  function startWorkerOnce(name: string): ChannelPermits {
    const worker = named.get(name) ?? startWorker();
    named.set(name, worker);
    return worker;
  }

  it('the lower priority number › is served first, though it came last', async () => {
    const channel = newChannel(1);
    const worker = startWorker();
    const held = await take(worker, channel);
    const served: string[] = [];
    const queue = (name: string, priority: number) =>
      worker.acquire(channel, { priority, maxWaitMs: 15_000 }).then((permit) => {
        served.push(name);
        if (permit.kind === 'permit') permit.done();
      });
    const all = [queue('campaign', 9), queue('campaign too', 9), queue('agent', 1)];
    held.done();
    await Promise.all(all);
    assert.deepEqual(served, ['agent', 'campaign', 'campaign too']);
  });

  it('a returned permit › goes to the next at once, without waiting its second', async () => {
    const channel = newChannel(1);
    const worker = startWorker();
    const held = await take(worker, channel);
    const next = worker.acquire(channel, { priority: 5, maxWaitMs: 5_000 });
    const startedAt = performance.now();
    held.giveBack();
    held.done();
    const permit = await next;
    assert.equal(permit.kind, 'permit');
    assert.ok(performance.now() - startedAt < 500);
    assert.equal(held.stillHolds(), false);
  });

  it('a bulk and an urgent message › bulk is spread over the second, the urgent one goes in between', async () => {
    const channel = newChannel(10);
    const worker = startWorker();
    const takenAt: number[] = [];
    const startedAt = performance.now();
    const bulk = Array.from({ length: 10 }, async () => {
      const permit = await worker.acquire(channel, { priority: 5, isBulk: true, maxWaitMs: 5_000 });
      takenAt.push(performance.now() - startedAt);
      if (permit.kind === 'permit') permit.done();
    });
    await sleep(400);
    const askedAt = performance.now();
    (await take(worker, channel)).done();
    assert.ok(performance.now() - askedAt < 300);
    await Promise.all(bulk);
    assert.ok(Math.max(...takenAt) > 600, `all within ${Math.max(...takenAt)} ms`);
  });

  it('a queue longer than the caller’s maximum wait › busy at once, with the time', async () => {
    const channel = newChannel(2);
    const worker = startWorker();
    const permits = [await take(worker, channel), await take(worker, channel)];
    const waiting = [1, 2, 3, 4].map(() => worker.acquire(channel, { priority: 5, maxWaitMs: 10_000 }));
    const startedAt = performance.now();
    const answer = await worker.acquire(channel, { priority: 5, maxWaitMs: 1_000 });
    assert.ok(performance.now() - startedAt < 1_000);
    assert.equal(answer.kind, 'busy');
    assert.ok(answer.kind === 'busy' && answer.retryAfterMs > 1_000 && answer.retryAfterMs < 5_000);
    // Those who wait with a low priority do not count for one with a higher.
    const urgent = worker.acquire(channel, { priority: 1, maxWaitMs: 1_400 });
    for (const permit of permits) permit.done();
    const first = await urgent;
    assert.equal(first.kind, 'permit');
    await worker.close();
    for (const result of await Promise.all(waiting)) if (result.kind === 'permit') result.done();
  });

  it('maximum wait over, or a signal › the caller leaves the queue', async () => {
    const channel = newChannel(1);
    const worker = startWorker();
    await take(worker, channel);
    const control = new AbortController();
    const leaving = worker.acquire(channel, { priority: 1, maxWaitMs: 3_000, signal: control.signal });
    setTimeout(() => control.abort(new Error('canceled')), 50);
    await assert.rejects(leaving, /canceled/);
    const impatient = await worker.acquire(channel, { priority: 1, maxWaitMs: 1_200 });
    assert.equal(impatient.kind, 'busy');
    const aborted = { priority: 1, maxWaitMs: 1, signal: control.signal };
    await assert.rejects(worker.acquire(channel, aborted), /canceled/);
  });

  it('a worker that died › its share goes to the others when its lease ends', async () => {
    const channel = newChannel(10);
    const dead = { holder: 'dead', limit: 10, keeps: 10, wanted: 10 };
    await rates.renew(channel.scope, channel.channelId, dead);
    const startedAt = performance.now();
    const worker = startWorker();
    const permit = await worker.acquire(channel, { priority: 1, maxWaitMs: 20_000 });
    const waitedMs = performance.now() - startedAt;
    assert.equal(permit.kind, 'permit');
    assert.ok(waitedMs > 4_900, `${waitedMs} ms`);
  });

  it('an unused share › returned; closing returns it at once, except permits in use', async () => {
    const channel = newChannel(10);
    const worker = startWorker();
    const leases = async () => (await rates.find(channel.scope, channel.channelId))?.leases ?? [];
    (await take(worker, channel)).done();
    assert.equal((await leases()).length, 1);
    await waitFor('the share is given back', async () => (await leases()).length === 0);

    await take(worker, channel);
    await worker.close();
    assert.deepEqual(
      (await leases()).map(({ permits, wanted }) => ({ permits, wanted })),
      [{ permits: 1, wanted: 0 }],
    );
    assert.equal((await worker.acquire(channel, { priority: 1, maxWaitMs: 1_000 })).kind, 'busy');
  });

  it('the database is away › permits of the lease still work, then none, and all works again when it is back', async () => {
    const channel = newChannel(5);
    let isAway = false;
    const worker = startWorker({
      ...rates,
      renew: async (...ask) => {
        if (isAway) throw new Error('no connection');
        return rates.renew(...ask);
      },
    });
    const kept = await take(worker, channel);
    isAway = true;
    (await take(worker, channel)).done();
    await sleep(4_000);
    assert.equal(kept.stillHolds(), false);
    const refused = await worker.acquire(channel, { priority: 1, maxWaitMs: 300 });
    assert.equal(refused.kind, 'busy');
    assert.match(log.text(), /rate not renewed/);
    isAway = false;
    (await take(worker, channel)).done();
    kept.done();
    kept.done();
    assert.equal(kept.stillHolds(), false);
  });

  it('the provider reports the rate limit › every worker slows down', async () => {
    const channel = newChannel(40);
    const [first, second] = [startWorker(), startWorker()];
    const permits = await Promise.all(Array.from({ length: 40 }, () => take(first, channel)));
    await Promise.all([first.slowDown(channel), second.slowDown(channel)]);
    const found = await rates.find(channel.scope, channel.channelId);
    assert.equal(found?.factor, 0.75);
    for (const permit of permits) permit.done();
    await sleep(2_500);
    const startedAt = performance.now();
    const arrivals: number[] = [];
    const load = { channel, arrivals, untilMs: startedAt + 2_500, slowestMs: 10 };
    await Promise.all(
      [first, second].flatMap((worker) => Array.from({ length: 50 }, () => send(worker, load))),
    );
    assert.ok(fullestWindow(arrivals) <= 30, `${fullestWindow(arrivals)} in one second`);
    assert.ok(fullestWindow(arrivals) >= 10, `${fullestWindow(arrivals)} in one second`);
  });

  it('many workers change one record at a time › each change is made', async () => {
    const channel = newChannel(80);
    const asks = Array.from({ length: 16 }, (_value, index) => ({
      ...{ holder: `h${index}`, limit: 80, keeps: 0, wanted: 5 },
    }));
    const granted = await Promise.all(asks.map((ask) => rates.renew(channel.scope, channel.channelId, ask)));
    assert.equal(
      granted.reduce((sum, { permits }) => sum + permits, 0),
      80,
    );
    const found = await rates.find(channel.scope, channel.channelId);
    assert.equal(found?.leases.length, 16);
    assert.equal(found?.version, 17);
  });
});
