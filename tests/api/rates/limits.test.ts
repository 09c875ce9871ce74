import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';
import { createFixedClock } from '../../../src/platform/clock.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { createTransactions } from '../../../src/platform/transaction.ts';
import { createSendRates, type SendRates } from '../../../src/rates/send-rates.ts';
import { captureLog } from '../../support/logger.ts';
import { useRatesDatabase } from '../../support/rates-database.ts';

const dayMs = 24 * 60 * 60 * 1_000;

describe('send rates', function () {
  this.timeout(30_000);
  const database = useRatesDatabase('send_rates');
  let connections: Connection[];
  let clock: ReturnType<typeof createFixedClock>;
  let first: SendRates;
  let second: SendRates;

  before(async () => {
    connections = [await database.connect(), await database.connect()];
  });
  beforeEach(() => {
    clock = createFixedClock(new Date('2026-11-23T09:00:00.000Z'));
    const made = connections.map((connection) =>
      createSendRates({
        ...{ connection, transact: createTransactions(connection), clock, logger: captureLog().logger },
      }),
    );
    [first, second] = made as [SendRates, SendRates];
  });

  const inMs = (ms: number): Date => new Date(clock.now().getTime() + ms);
  const either = (index: number): SendRates => (index % 2 === 0 ? first : second);
  const newPair = () => ({ channelId: newId(), contactId: newId() });

  describe('pair', () => {
    it('fifty at the same time over two workers › exactly the burst, then one after another', async () => {
      const scope = scopeOf(newId());
      const pair = newPair();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_value, index) => either(index).reservePair(scope, pair, { burst: 20 })),
      );
      assert.equal(answers.filter(({ granted }) => granted).length, 20);
      const times = answers.flatMap((answer) => (answer.granted ? [] : [answer.comeBackAt.getTime()]));
      const slots = Array.from({ length: 30 }, (_value, index) => inMs(6_000 * (index + 1)).getTime());
      assert.deepEqual(
        times.toSorted((one, other) => one - other),
        slots,
      );
    });

    it('two at the same time to a pair that is even › both count', async () => {
      const scope = scopeOf(newId());
      const pair = newPair();
      const ask = () =>
        Promise.all([first, second].map((rates) => rates.reservePair(scope, pair, { burst: 1 })));
      assert.equal((await ask()).filter(({ granted }) => granted).length, 1);
      clock.advance(60_000);
      assert.equal((await ask()).filter(({ granted }) => granted).length, 1);
    });

    it('no burst given › Meta’s burst', async () => {
      const scope = scopeOf(newId());
      const pair = newPair();
      for (let count = 0; count < 45; count += 1) {
        assert.deepEqual(await first.reservePair(scope, pair), { granted: true });
      }
      assert.deepEqual(await second.reservePair(scope, pair), { granted: false, comeBackAt: inMs(6_000) });
    });

    it('another contact, channel or client › counts apart', async () => {
      const scope = scopeOf(newId());
      const pair = newPair();
      const ask = { burst: 1 };
      await first.reservePair(scope, pair, ask);
      assert.equal((await first.reservePair(scope, pair, ask)).granted, false);
      for (const [owner, other] of [
        [scope, { ...pair, contactId: newId() }],
        [scope, { ...pair, channelId: newId() }],
        [scopeOf(newId()), pair],
      ] as const) {
        assert.equal((await first.reservePair(owner, other, ask)).granted, true);
      }
    });

    it('a caller that returns on time › is let through', async () => {
      const scope = scopeOf(newId());
      const pair = newPair();
      const ask = { burst: 1 };
      await first.reservePair(scope, pair, ask);
      const refused = [await first.reservePair(scope, pair, ask), await second.reservePair(scope, pair, ask)];
      for (const answer of refused) {
        assert.ok(!answer.granted);
        clock.advance(answer.comeBackAt.getTime() - clock.now().getTime());
        assert.equal((await first.reservePair(scope, pair, ask)).granted, true);
      }
    });

    it('penalised › nothing until its end, then one in six seconds; a shorter penalty changes nothing', async () => {
      const scope = scopeOf(newId());
      const pair = newPair();
      const until = inMs(16_000);
      await Promise.all([first, second].map((rates) => rates.penalisePair(scope, pair, until)));
      await second.penalisePair(scope, pair, inMs(1_000));
      assert.deepEqual(await first.reservePair(scope, pair), { granted: false, comeBackAt: until });
      clock.advance(16_000);
      assert.equal((await first.reservePair(scope, pair)).granted, true);
      assert.deepEqual(await first.reservePair(scope, pair), { granted: false, comeBackAt: inMs(6_000) });
    });
  });

  describe('portfolio', () => {
    const ask = (limit: number | null, contactId = newId(), portfolioId = 'portfolio-1') => ({
      ...{ portfolioId, limit, contactId },
    });

    it('two hundred people at the same time over two workers › exactly the limit', async () => {
      const scope = scopeOf(newId());
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_value, index) => either(index).reserveUser(scope, ask(50))),
      );
      assert.equal(answers.filter(({ granted }) => granted).length, 50);
      assert.equal(await first.usage(scope, 'portfolio-1'), 50);
      const stored = await connections[0]?.collection('portfolio_users').countDocuments({ ...scope });
      assert.equal(stored, 50);
      const [refused] = answers.filter(({ granted }) => !granted);
      assert.deepEqual(refused, { granted: false, freeAt: inMs(dayMs) });
    });

    it('the same people again and again › count once; their day restarts', async () => {
      const scope = scopeOf(newId());
      const people = [newId(), newId()];
      const [one, other] = people;
      const both = () =>
        Promise.all(
          [one, other, one, other].map((contactId, index) =>
            either(index).reserveUser(scope, ask(2, contactId)),
          ),
        );
      assert.ok((await both()).every(({ granted }) => granted));
      clock.advance(dayMs - 1);
      assert.ok((await both()).every(({ granted }) => granted));
      clock.advance(dayMs - 1);
      assert.deepEqual(await first.reserveUser(scope, ask(2)), { granted: false, freeAt: inMs(1) });
      assert.equal(await first.usage(scope, 'portfolio-1'), 2);
    });

    it('a day later › there is room again, without any sweep', async () => {
      const scope = scopeOf(newId());
      const early = newId();
      await first.reserveUser(scope, ask(2, early));
      clock.advance(1_000);
      await first.reserveUser(scope, ask(2));
      assert.deepEqual(await first.reserveUser(scope, ask(2)), {
        granted: false,
        freeAt: inMs(dayMs - 1_000),
      });
      clock.advance(dayMs - 1_000);
      assert.deepEqual(await first.reserveUser(scope, ask(2)), { granted: true });
      assert.equal((await first.reserveUser(scope, ask(2, early))).granted, false);
      assert.equal(await first.usage(scope, 'portfolio-1'), 2);
    });

    it('a person whose day is over, seen again before any sweep › counts once', async () => {
      const scope = scopeOf(newId());
      const person = newId();
      await first.reserveUser(scope, ask(10, person));
      clock.advance(dayMs);
      await Promise.all([first, second].map((rates) => rates.reserveUser(scope, ask(10, person))));
      assert.equal(await first.usage(scope, 'portfolio-1'), 1);
    });

    it('refused together › get different times, as places come free', async () => {
      const scope = scopeOf(newId());
      for (let count = 0; count < 3; count += 1) {
        await first.reserveUser(scope, ask(3));
        clock.advance(1_000);
      }
      const answers = await Promise.all([1, 2, 3].map(() => first.reserveUser(scope, ask(3))));
      const free = answers.map((answer) => (answer.granted ? null : answer.freeAt));
      assert.deepEqual(free, [inMs(dayMs - 3_000), inMs(dayMs - 2_000), inMs(dayMs - 1_000)]);
    });

    it('a limit that was lowered › no new person until enough places are free', async () => {
      const scope = scopeOf(newId());
      for (let count = 0; count < 4; count += 1) {
        await first.reserveUser(scope, ask(10));
        clock.advance(1_000);
      }
      assert.deepEqual(await first.reserveUser(scope, ask(2)), {
        granted: false,
        freeAt: inMs(dayMs - 2_000),
      });
      assert.deepEqual(await first.reserveUser(scope, ask(0)), { granted: false, freeAt: inMs(dayMs) });
    });

    it('no limit › nobody is counted', async () => {
      const scope = scopeOf(newId());
      assert.deepEqual(await first.reserveUser(scope, ask(null)), { granted: true });
      assert.equal(await first.usage(scope, 'portfolio-1'), 0);
    });

    it('another portfolio or client › counts apart', async () => {
      const scope = scopeOf(newId());
      await first.reserveUser(scope, ask(1));
      assert.equal((await first.reserveUser(scope, ask(1))).granted, false);
      assert.equal((await first.reserveUser(scope, ask(1, newId(), 'portfolio-2'))).granted, true);
      assert.equal((await first.reserveUser(scopeOf(newId()), ask(1))).granted, true);
    });

    it('the sweep › removes those whose day is over, of all clients, and counts them off', async () => {
      const scopes = [scopeOf(newId()), scopeOf(newId())];
      for (const scope of scopes) await first.reserveUser(scope, ask(10));
      clock.advance(1_000);
      for (const scope of scopes) await first.reserveUser(scope, ask(10));
      clock.advance(dayMs - 1_000);
      await Promise.all([first.sweepExpiredUsers(), second.sweepExpiredUsers()]);
      for (const scope of scopes) assert.equal(await first.usage(scope, 'portfolio-1'), 1);
      clock.advance(1_000);
      assert.ok((await first.sweepExpiredUsers()) >= 2);
      assert.equal(await first.sweepExpiredUsers(), 0);
    });

    it('the database refuses › every caller gets the error, and the next one is served', async () => {
      const [connection] = connections;
      assert.ok(connection);
      let isAway = true;
      const transactions = createTransactions(connection);
      const rates = createSendRates({
        connection,
        clock,
        logger: captureLog().logger,
        transact: async (work) => {
          if (isAway) throw new Error('no primary');
          return transactions(work);
        },
      });
      const scope = scopeOf(newId());
      const results = await Promise.allSettled([1, 2].map(() => rates.reserveUser(scope, ask(5))));
      assert.deepEqual(
        results.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      isAway = false;
      assert.deepEqual(await rates.reserveUser(scope, ask(5)), { granted: true });
    });
  });

  describe('management calls', () => {
    const headers = (call_count: number, minutes = 0) => ({
      'x-business-use-case-usage': JSON.stringify({
        waba: [{ call_count, estimated_time_to_regain_access: minutes }],
      }),
    });

    it('nothing known, or little used › calls are allowed', async () => {
      const scope = scopeOf(newId());
      assert.deepEqual(await first.mayCall(scope, 'waba'), { ok: true });
      await first.recordAnswer(scope, 'waba', { headers: headers(60) });
      await first.recordAnswer(scope, 'waba', { headers: {} });
      assert.deepEqual(await second.mayCall(scope, 'waba'), { ok: true });
    });

    it('nearly all used › none until the time that Meta names; an older answer opens nothing', async () => {
      const scope = scopeOf(newId());
      await Promise.all([
        first.recordAnswer(scope, 'waba', { headers: headers(97, 3) }),
        second.recordAnswer(scope, 'waba', { headers: headers(94) }),
      ]);
      assert.deepEqual(await second.mayCall(scope, 'waba'), { ok: false, retryAfterMs: 180_000 });
      assert.deepEqual(await second.mayCall(scope, 'another'), { ok: true });
      assert.deepEqual(await second.mayCall(scopeOf(newId()), 'waba'), { ok: true });
      clock.advance(180_000);
      assert.deepEqual(await second.mayCall(scope, 'waba'), { ok: true });
    });

    it('refused by the limit › none for a while', async () => {
      const scope = scopeOf(newId());
      await first.recordAnswer(scope, 'waba', { headers: {}, errorCode: 80007 });
      assert.deepEqual(await second.mayCall(scope, 'waba'), { ok: false, retryAfterMs: 900_000 });
    });
  });

  it('the rate of a channel › as in its settings, reduced by refusals', async () => {
    const channel = { scope: scopeOf(newId()), channelId: newId(), perSecond: 80 };
    const full = { perSecond: 80, effectivePerSecond: 80, slowedAt: null };
    assert.deepEqual(await first.channelRate(channel), full);
    await first.slowDown(channel);
    clock.advance(Date.now() - clock.now().getTime());
    const slowed = await second.channelRate(channel);
    assert.equal(slowed.effectivePerSecond, 60);
    assert.ok(slowed.slowedAt !== null);
    clock.advance(60_000);
    assert.deepEqual(await second.channelRate(channel), full);
    const permit = await first.acquire(channel, { priority: 1, maxWaitMs: 2_000 });
    assert.ok(permit.kind === 'permit' && permit.stillHolds());
    permit.done();
    await first.close();
  });
});
