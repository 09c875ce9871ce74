/** What the store of answers promises when processes die, meet or come back late. */
import assert from 'node:assert/strict';
import type { AnswerOnce, KeyedRequest } from '../../src/http/idempotency.ts';
import type { RenderedReply } from '../../src/http/reply.ts';
import { buildIdempotency } from '../../src/idempotency/build.ts';
import { answerModel } from '../../src/idempotency/model.ts';
import { createCipher } from '../../src/platform/cipher.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { AppError } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { createTransactions, type RunInTransaction } from '../../src/platform/transaction.ts';
import { captureLog } from '../support/logger.ts';
import { waitFor } from '../support/wait.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const never = new Promise<never>(() => undefined);

function gate() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve: () => resolve() };
}

const minuteMs = 60_000;
const reply: RenderedReply = { status: 201, headers: { location: '/x' }, text: '{"secret":"s-1"}' };

describe('idempotency › the store of answers', () => {
  const clock = createFixedClock(new Date());
  let database: TestDatabase;
  let answerOnce: AnswerOnce;
  let runInTransaction: RunInTransaction;

  const withKey = (byte: number): AnswerOnce =>
    buildIdempotency({
      mongo: database.connection,
      cipher: createCipher(Buffer.alloc(32, byte)),
      clock,
      logger: captureLog().logger,
    });

  before(async () => {
    database = await connectTestDatabase('idempotency', [answerModel]);
    await database.connection.createCollection('things');
    answerOnce = withKey(1);
    runInTransaction = createTransactions(database.connection);
  });
  after(() => database.close());

  const newRequest = (): KeyedRequest => ({ clientId: newId(), route: 'createThing', key: 'k-1', hash: 'a' });
  const things = () => database.connection.collection('things');

  /** A handler that stores one thing, and what happens before and after its commit. */
  const store =
    (
      request: KeyedRequest,
      { before: wait, after: then }: Partial<Record<'before' | 'after', Promise<unknown>>> = {},
    ) =>
    async () => {
      await wait;
      await runInTransaction(async (session) => {
        await things().insertOne({ of: request.clientId }, { session });
      });
      await then;
      return reply;
    };

  const countOf = ({ clientId }: KeyedRequest) => things().countDocuments({ of: clientId });
  const refusedWith = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

  const requests = () => database.connection.collection('idempotent_requests');
  const untilTaken = ({ clientId }: KeyedRequest) =>
    waitFor('the key is taken', async () => (await requests().countDocuments({ clientId })) === 1);
  const untilCommitted = ({ clientId }: KeyedRequest) =>
    waitFor(
      'the commit',
      async () => (await requests().countDocuments({ clientId, committedAt: { $exists: true } })) === 1,
    );

  it('a process that died before its commit › holds the key for a minute, then the request is handled again', async () => {
    const request = newRequest();
    void answerOnce(request, () => never);
    await untilTaken(request);
    await assert.rejects(answerOnce(request, store(request)), refusedWith('request-in-progress'));
    clock.advance(minuteMs);
    assert.deepEqual(await answerOnce(request, store(request)), reply);
    assert.equal(await countOf(request), 1);
  });

  it('a process that died after its commit › nothing is stored twice, and the answer says that it is done', async () => {
    const request = newRequest();
    void answerOnce(request, store(request, { after: never }));
    await untilCommitted(request);
    clock.advance(minuteMs);
    await assert.rejects(answerOnce(request, store(request)), refusedWith('answer-lost'));
    assert.equal(await countOf(request), 1);
  });

  it('a process that froze before its commit and comes back › cannot commit what another has taken over', async () => {
    const request = newRequest();
    const { promise: ice, resolve: thaw } = gate();
    const late = answerOnce(request, store(request, { before: ice }));
    await untilTaken(request);
    clock.advance(minuteMs);
    assert.deepEqual(await answerOnce(request, store(request)), reply);
    thaw();
    await assert.rejects(late, refusedWith('request-in-progress'));
    assert.equal(await countOf(request), 1);
  });

  it('work that goes on after the answer › is not held to the key any more', async () => {
    const request = newRequest();
    const { promise: ice, resolve: thaw } = gate();
    let rest: Promise<unknown> = Promise.resolve();
    await answerOnce(request, async () => {
      rest = store(request, { before: ice })();
      return reply;
    });
    await requests().deleteMany({ clientId: request.clientId });
    thaw();
    await rest;
    assert.equal(await countOf(request), 1);
  });

  it('ten at once › one is handled; the others get its answer, or that it is in progress', async () => {
    const request = newRequest();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => answerOnce(request, store(request))),
    );
    assert.equal(await countOf(request), 1);
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') assert.deepEqual(outcome.value, reply);
      else assert.ok(refusedWith('request-in-progress')(outcome.reason), String(outcome.reason));
    assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
  });

  it('a refused request › frees the key, even for another body', async () => {
    const request = newRequest();
    const refuse = async () => {
      await store(request)();
      throw new AppError('wrong-state', 'Not now.');
    };
    await assert.rejects(answerOnce(request, refuse), refusedWith('wrong-state'));
    assert.deepEqual(await answerOnce({ ...request, hash: 'b' }, store(request)), reply);
  });

  it('an error of the database › frees the key before a commit, and keeps it after one', async () => {
    const broken = async () => {
      throw new Error('reset');
    };
    const early = newRequest();
    await assert.rejects(answerOnce(early, broken), /reset/);
    assert.deepEqual(await answerOnce(early, store(early)), reply);
    const late = newRequest();
    await assert.rejects(
      answerOnce(late, async () => (await store(late)(), broken())),
      /reset/,
    );
    clock.advance(minuteMs);
    await assert.rejects(answerOnce(late, store(late)), refusedWith('answer-lost'));
    assert.equal(await countOf(late), 1);
  });

  it('an answer › is repeated for a day, is stored sealed, and another CREDENTIALS_KEY does not open it', async () => {
    const request = newRequest();
    await answerOnce(request, store(request));
    const stored = await requests().findOne({ clientId: request.clientId });
    assert.doesNotMatch(JSON.stringify(stored), /s-1/);
    await assert.rejects(withKey(2)(request, store(request)), refusedWith('answer-lost'));
    clock.advance(24 * 60 * minuteMs - 1);
    assert.deepEqual(await answerOnce(request, store(request)), reply);
    clock.advance(1);
    await answerOnce(request, store(request));
    assert.equal(await countOf(request), 2);
  });
});
