import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createFixedClock } from '../../../src/platform/clock.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { createTransactions } from '../../../src/platform/transaction.ts';
import { readCommand, runCommand } from '../../../src/timers/commands.ts';
import { createTimerMeasures } from '../../../src/timers/repository-measures.ts';
import { timerModel, type TimerDoc } from '../../../src/timers/model.ts';
import { createTimerRepository } from '../../../src/timers/repository.ts';
import { maxAttempts } from '../../../src/timers/rules.ts';
import { createTimerRunner } from '../../../src/timers/runner.ts';
import { createTimers, type Firing, type TimerHandlers } from '../../../src/timers/timers.ts';
import { captureLog } from '../../support/logger.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { waitFor } from '../../support/wait.ts';

const start = new Date('2026-11-23T09:00:00Z');
const minuteMs = 60_000;

describe('timers', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('timers', [timerModel]);
  });
  after(() => database.close());
  afterEach(() => stored().deleteMany({}));

  const stored = () => database.connection.collection<TimerDoc>('timers');
  const scope = scopeOf(newId());

  /** The timers of one process with its own handlers; workers that share `clock` and the database are colleagues. */
  function createProcess(
    handlers: TimerHandlers,
    { clock = createFixedClock(start), leaseMs = 15_000 } = {},
  ) {
    const log = captureLog();
    const repository = createTimerRepository(database.connection);
    const outcomes: string[] = [];
    const runner = createTimerRunner({
      ...{ timers: repository, handlers, clock, logger: log.logger, leaseMs },
      onAttempt: (kind, outcome) => void outcomes.push(`${kind} ${outcome}`),
    });
    return { clock, log, repository, timers: createTimers({ timers: repository, clock }), runner, outcomes };
  }

  /** A handler that notes its firings. */
  function noting() {
    const firings: Firing[] = [];
    return { firings, wake: async (firing: Firing) => void firings.push(firing) };
  }

  const key = (kind = 'wake', subjectId = newId()) => ({ kind, subjectId });
  const laterBy = (ms: number): Date => new Date(start.getTime() + ms);

  it('armed › fires once when it is due, with its subject and its epoch, and not before', async () => {
    const { firings, wake } = noting();
    const { clock, timers, runner, outcomes } = createProcess({ wake });
    const one = key();
    const epoch = await timers.arm(scope, { ...one, dueAt: laterBy(minuteMs) });
    assert.equal(await runner.fireDue(), 0);
    clock.advance(minuteMs);
    assert.equal(await runner.fireDue(), 1);
    assert.equal(await runner.fireDue(), 0);
    assert.deepEqual(
      firings.map(({ kind, subjectId, dueAt, attempt, ...rest }) => ({
        kind,
        subjectId,
        dueAt,
        attempt,
        epoch: rest.epoch,
      })),
      [{ ...one, dueAt: laterBy(minuteMs), attempt: 1, epoch }],
    );
    assert.deepEqual(firings[0]?.scope, scope);
    assert.deepEqual(outcomes, ['wake done']);
  });

  it('armed for a time in the past › fires at once', async () => {
    const { firings, wake } = noting();
    const { timers, runner } = createProcess({ wake });
    await timers.arm(scope, { ...key(), dueAt: laterBy(-86_400_000) });
    await runner.fireDue();
    assert.equal(firings.length, 1);
  });

  it('armed again › has one row, the new time and a higher epoch, also after it has fired', async () => {
    const { firings, wake } = noting();
    const { clock, timers, runner } = createProcess({ wake });
    const one = key();
    await timers.arm(scope, { ...one, dueAt: laterBy(minuteMs) });
    await timers.arm(scope, { ...one, dueAt: laterBy(2 * minuteMs) });
    clock.advance(minuteMs);
    await runner.fireDue();
    assert.equal(firings.length, 0);
    clock.advance(minuteMs);
    await runner.fireDue();
    await timers.arm(scope, { ...one, dueAt: laterBy(0) });
    await runner.fireDue();
    assert.deepEqual(
      firings.map(({ epoch }) => epoch),
      [2, 3],
    );
    assert.equal(await stored().countDocuments({}), 1);
  });

  it('disarmed › never fires, and arming it again goes on with higher epochs', async () => {
    const { firings, wake } = noting();
    const { timers, runner } = createProcess({ wake });
    const one = key();
    await timers.arm(scope, { ...one, dueAt: start });
    assert.equal(await timers.disarm(scope, one), true);
    assert.equal(await timers.disarm(scope, one), false);
    assert.equal(await runner.fireDue(), 0);
    assert.equal(await timers.arm(scope, { ...one, dueAt: start }), 3);
    await runner.fireDue();
    assert.equal(firings.length, 1);
  });

  it('armed by many at the same moment › one row, and as many epochs', async () => {
    const { timers } = createProcess({});
    const one = key();
    const epochs = await Promise.all(
      Array.from({ length: 20 }, () => timers.arm(scope, { ...one, dueAt: start })),
    );
    assert.deepEqual(
      epochs.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_value, index) => index + 1),
    );
    assert.equal(await stored().countDocuments({}), 1);
  });

  it('armed in a transaction that fails › does not exist', async () => {
    const { timers } = createProcess({});
    const inTransaction = createTransactions(database.connection);
    const arming = inTransaction(async (session) => {
      await timers.arm(scope, { ...key(), dueAt: start }, session);
      throw new Error('no');
    });
    await assert.rejects(arming, /no/);
    assert.equal(await stored().countDocuments({}), 0);
  });

  it('another client › has a timer of its own for the same subject, and cannot disarm this one', async () => {
    const { firings, wake } = noting();
    const { timers, runner } = createProcess({ wake });
    const one = key();
    const other = scopeOf(newId());
    await timers.arm(scope, { ...one, dueAt: start });
    assert.equal(await timers.disarm(other, one), false);
    await timers.arm(other, { ...one, dueAt: start });
    await runner.fireDue();
    assert.deepEqual(
      firings.map((firing) => firing.scope.clientId.toHexString()).toSorted(),
      [scope, other].map(({ clientId }) => clientId.toHexString()).toSorted(),
    );
  });

  it('the handler fails › it is repeated later and later, with a warning that has no text of the error', async () => {
    const seen: number[] = [];
    const { clock, timers, runner, outcomes } = createProcess({
      wake: async ({ attempt }) => {
        seen.push(attempt);
        if (attempt < 3) throw new Error('secret');
      },
    });
    await timers.arm(scope, { ...key(), dueAt: start });
    await runner.fireDue();
    assert.equal((await stored().findOne({}))?.lastError, 'Error');
    assert.equal(await runner.fireDue(), 0);
    for (const seconds of [1, 2]) {
      clock.advance(seconds * 1_000);
      assert.equal(await runner.fireDue(), 1);
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.deepEqual(outcomes, ['wake retried', 'wake retried', 'wake done']);
    const ended = await stored().findOne({});
    assert.equal(ended?.attemptAt, undefined);
    assert.equal(ended?.lastError, undefined);
  });

  it('the handler fails for a day › the timer is given up: logged, counted, listed, and fires again on demand', async () => {
    let isBroken = true;
    const { clock, log, timers, runner, repository, outcomes } = createProcess({
      wake: async () => {
        if (isBroken) throw new RangeError('broken');
      },
    });
    const one = key();
    await timers.arm(scope, { ...one, dueAt: start });
    await stored().updateOne({}, { $set: { attempts: maxAttempts - 1 } });
    await runner.fireDue();
    assert.deepEqual(outcomes, ['wake gave-up']);
    assert.ok(log.lines().some(({ level, message }) => level === 'error' && message === 'timer given up'));
    assert.equal(await createTimerMeasures(database.connection).countFailedAcrossClients(10), 1);
    const operate = async (...args: string[]) => {
      const command = readCommand(args);
      assert.ok(command !== null);
      const lines: string[] = [];
      const print = (line: string) => void lines.push(line);
      return {
        code: await runCommand(command, { timers: repository, clock, print }),
        text: lines.join('\n'),
      };
    };
    const listed = await operate('list');
    assert.match(
      listed.text,
      new RegExp(`wake +${one.subjectId.toHexString()} +2026-11-23T09:00:00.000Z +RangeError`),
    );
    clock.advance(86_400_000);
    assert.equal(await runner.fireDue(), 0);
    isBroken = false;
    assert.equal((await operate('repeat', newId().toHexString())).code, 1);
    const id = (await stored().findOne({}))?._id.toHexString() ?? '';
    assert.deepEqual(await operate('repeat', id), { code: 0, text: 'Repeated: 1' });
    assert.deepEqual(await operate('repeat', 'all'), { code: 0, text: 'Repeated: 0' });
    assert.deepEqual(await operate('list'), { code: 0, text: 'No timers were given up.' });
    assert.equal(await runner.fireDue(), 1);
    assert.equal(outcomes.at(-1), 'wake done');
  });

  it('the command of operators › knows its words and refuses others', () => {
    const id = newId();
    assert.deepEqual(readCommand(['list']), { action: 'list' });
    assert.deepEqual(readCommand(['repeat', 'all']), { action: 'repeat', timerId: null });
    assert.deepEqual(readCommand(['repeat', id.toHexString()]), { action: 'repeat', timerId: id });
    for (const args of [
      [],
      ['list', 'x'],
      ['repeat'],
      ['repeat', 'x'],
      ['drop', 'all'],
      ['repeat', 'all', 'x'],
    ])
      assert.equal(readCommand(args), null, args.join(' '));
  });

  it('a kind that this version does not know › waits for a worker that does', async () => {
    const old = createProcess({});
    const { firings, wake } = noting();
    const current = createProcess({ wake }, { clock: old.clock });
    await old.timers.arm(scope, { ...key(), dueAt: start });
    await old.runner.fireDue();
    old.clock.advance(1_000);
    await current.runner.fireDue();
    assert.equal(firings.length, 1);
  });

  it('a worker dies while it handles a timer › another one fires it when the lease is over', async () => {
    const { firings, wake } = noting();
    const dead = createProcess({});
    const other = createProcess({ wake }, { clock: dead.clock });
    await dead.timers.arm(scope, { ...key(), dueAt: start });
    const leaseUntil = laterBy(15_000);
    const leased = await dead.repository.lease(scope, {
      now: start,
      leaseUntil,
      leaseToken: 'dead',
      limit: 5,
    });
    assert.equal(leased.length, 1);
    assert.equal(await other.runner.fireDue(), 0);
    dead.clock.advance(15_000);
    assert.equal(await other.runner.fireDue(), 1);
    assert.deepEqual(
      firings.map(({ attempt }) => attempt),
      [2],
    );
  });

  it('a handler that hangs › gives its place back when the lease is over, and holds up nobody', async () => {
    const hanging = newId();
    const { firings, wake } = noting();
    const { timers, runner, clock } = createProcess(
      { wake, hang: () => new Promise(() => undefined) },
      { leaseMs: 200 },
    );
    await timers.arm(scopeOf(hanging), { ...key('hang'), dueAt: start });
    await timers.arm(scope, { ...key(), dueAt: start });
    await runner.fireDue();
    assert.equal(firings.length, 1);
    const [timer] = await stored().find({ clientId: hanging }).toArray();
    assert.equal(timer?.lastError, 'TimerLeaseOver');
    assert.deepEqual(timer?.attemptAt, new Date(clock.now().getTime() + 1_000));
  });

  it('two workers at once › each timer is handled once', async () => {
    const counts = new Map<string, number>();
    const wake = async ({ subjectId }: Firing): Promise<void> => {
      const id = subjectId.toHexString();
      counts.set(id, (counts.get(id) ?? 0) + 1);
    };
    const one = createProcess({ wake });
    const two = createProcess({ wake }, { clock: one.clock });
    await Promise.all(Array.from({ length: 300 }, () => one.timers.arm(scope, { ...key(), dueAt: start })));
    await waitFor('all are handled', async () => {
      await Promise.all([one.runner.fireDue(), two.runner.fireDue()]);
      return counts.size === 300;
    });
    assert.deepEqual([...new Set(counts.values())], [1]);
  });

  it('fired twice at the same time, a handler that ends it in its transaction › writes once', async () => {
    const inTransaction = createTransactions(database.connection);
    const written: number[] = [];
    const repository = createTimerRepository(database.connection);
    const { timers } = createProcess({});
    const one = key();
    const epoch = await timers.arm(scope, { ...one, dueAt: start });
    const timer = await stored().findOne({});
    assert.ok(timer);
    const handle = (index: number) =>
      inTransaction(async (session) => {
        const isMine = await repository.end(scope, { _id: timer._id, epoch }, laterBy(1), session);
        return isMine ? index : null;
      });
    const results = await Promise.all([handle(1), handle(2), handle(3)]);
    for (const result of results) if (result !== null) written.push(result);
    assert.equal(written.length, 1);
  });

  it('armed again while its handler works › the old firing may not complete, and the new time stays', async () => {
    const answers: boolean[] = [];
    const one = key();
    const inTransaction = createTransactions(database.connection);
    const process = createProcess({
      wake: async ({ complete, attempt, epoch }) => {
        if (epoch === 1) await process.timers.arm(scope, { ...one, dueAt: laterBy(minuteMs) });
        answers.push(await inTransaction(complete));
        assert.equal(attempt, 1);
      },
    });
    await process.timers.arm(scope, { ...one, dueAt: start });
    await process.runner.fireDue();
    assert.deepEqual((await stored().findOne({}))?.attemptAt, laterBy(minuteMs));
    process.clock.advance(minuteMs);
    await process.runner.fireDue();
    assert.deepEqual(answers, [false, true]);
    assert.equal((await stored().findOne({}))?.attemptAt, undefined);
  });

  it('clients with hundreds of due timers › delay the one timer of each other client by few turns', async () => {
    const clientOf = (index: number) =>
      scopeOf(Types.ObjectId.createFromHexString(index.toString(16).padStart(24, '0')));
    const served = new Set<string>();
    const { timers, runner } = createProcess({
      wake: async (firing) => void served.add(firing.scope.clientId.toHexString()),
    });
    // More clients than places, before the others in the order of ids, and due for longer.
    const floods = Array.from({ length: 10 }, (_value, index) => clientOf(index + 1));
    const due = { dueAt: laterBy(-minuteMs), attemptAt: laterBy(-minuteMs), epoch: 1, attempts: 0 };
    await stored().insertMany(
      floods.flatMap((flood) =>
        Array.from({ length: 200 }, () => ({ _id: newId(), ...flood, ...key(), ...due })),
      ),
    );
    const others = Array.from({ length: 20 }, (_value, index) => clientOf(index + 100));
    for (const other of others) await timers.arm(other, { ...key(), dueAt: start });
    // Thirty clients in eight places: everyone has had a turn after four.
    for (let round = 0; round < 4; round += 1) await runner.fireDue();
    assert.deepEqual(
      [...floods, ...others].map(({ clientId }) => clientId.toHexString()).filter((id) => !served.has(id)),
      [],
    );
  });

  it('the oldest due timer › is measured', async () => {
    const { timers } = createProcess({});
    const measures = createTimerMeasures(database.connection);
    assert.equal(await measures.findOldestDueAcrossClients(start), null);
    await timers.arm(scope, { ...key(), dueAt: laterBy(-minuteMs) });
    await timers.arm(scope, { ...key(), dueAt: laterBy(minuteMs) });
    assert.deepEqual(await measures.findOldestDueAcrossClients(start), laterBy(-minuteMs));
  });
});
