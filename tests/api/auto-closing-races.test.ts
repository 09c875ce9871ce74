import assert from 'node:assert/strict';
import fc from 'fast-check';
import { autoCloseTimer } from '../../src/inbox/auto-closing/closer.ts';
import type { LastWords } from '../../src/inbox/auto-closing/last-words.ts';
import type { TimerDoc } from '../../src/timers/model.ts';
import { AppError } from '../../src/platform/errors.ts';
import { hourMs, minuteMs, startSnoozeWorld, type SnoozeWorld } from '../support/snooze-world.ts';
import { useRunning } from '../support/use-running.ts';

const numRuns = Number(process.env['SNOOZE_RUNS'] ?? 25);

describe('closing silent conversations › at the same moment', function () {
  this.timeout(300_000);
  const world = useRunning<SnoozeWorld>(() => startSnoozeWorld('auto_closing_races'));
  type Of = ReturnType<SnoozeWorld['scope']>;
  type Thread = ReturnType<SnoozeWorld['thread']>;

  /** The contact asked, somebody answered an hour later, and closing after 24 hours is due. */
  async function silence(of: Of): Promise<Thread> {
    const { clock, words, connection } = world();
    const thread = world().thread(of);
    await thread.hears();
    const askedAt = clock.now();
    clock.advance(hourMs);
    const oursAt = clock.now();
    words.set(thread.id.toHexString(), { askedAt, answeredAt: oursAt, oursAt });
    await connection
      .collection('conversations')
      .updateOne({ _id: thread.id }, { $set: { lastMessageAt: oursAt }, $inc: { revision: 1 } });
    return thread;
  }

  const note = (thread: Thread, change: Partial<LastWords>): void => {
    const { words } = world();
    const key = thread.id.toHexString();
    const before = words.get(key);
    assert.ok(before);
    words.set(key, { ...before, ...change });
  };

  /** The timer of the business fires in this worker, whoever else handles it. */
  async function look(of: Of, { handlers }: Pick<SnoozeWorld['worker'], 'handlers'>): Promise<void> {
    const { clientId: subjectId } = of;
    const firing = { scope: of, kind: autoCloseTimer, subjectId, dueAt: world().clock.now(), epoch: 1 };
    await handlers[autoCloseTimer]?.({ ...firing, attempt: 1, complete: async () => true });
  }

  const act = fc.constantFrom('fire', 'fire', 'hears', 'snooze', 'closed', 'pending');
  type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

  async function race(acts: readonly Act[], delayMinutes: number): Promise<void> {
    const { clock } = world();
    const of = world().scope();
    const thread = await silence(of);
    await world().closeAfter(of, 24);
    clock.advance(24 * hourMs);
    // Written before the closing, and on its way since.
    const writtenAt = new Date(clock.now().getTime() - delayMinutes * minuteMs);
    const isSnoozeable = !acts.includes('closed');
    const start: Readonly<Record<Act, () => Promise<unknown>>> = {
      fire: () => look(of, world().createWorker()),
      async hears() {
        await thread.hears(writtenAt);
        note(thread, { askedAt: writtenAt });
      },
      snooze: async () =>
        isSnoozeable && (await thread.stored()).status !== 'closed'
          ? thread.snooze({ kind: 'until-reply' })
          : undefined,
      closed: () => thread.becomes('closed'),
      pending: () => thread.becomes('pending'),
    };
    for (const result of await Promise.allSettled(acts.map((one) => start[one]())))
      if (result.status === 'rejected')
        assert.ok(result.reason instanceof AppError && result.reason.isRefusal, String(result.reason));
    await look(of, world().worker);
    const { status, history } = await thread.stored();
    const closings = history.filter(({ reason }) => reason === 'contact-silent');
    assert.ok(closings.length <= 1, 'it closes once');
    if (acts.includes('hears') && !acts.includes('closed'))
      assert.notEqual(status, 'closed', 'the product never leaves a message in a closed conversation');
    if (acts.every((one) => one === 'fire')) assert.equal(status, 'closed');
  }

  it('two workers, a message, a snooze, a closing › closed once, and no message is left behind', async () => {
    const acts = fc.array(act, { minLength: 2, maxLength: 5 });
    await fc.assert(fc.asyncProperty(acts, fc.integer({ min: 0, max: 600 }), race), { numRuns });
  });

  it('the contact writes after the look, before the closing › stays open', async () => {
    const of = world().scope();
    const thread = await silence(of);
    await world().closeAfter(of, 24);
    world().clock.advance(24 * hourMs);
    const { createWorker, findLastWords } = world();
    const worker = createWorker(undefined, async (scope, asked) => {
      const words = await findLastWords(scope, asked);
      await thread.hears();
      return words;
    });
    await look(of, worker);
    const { status, history } = await thread.stored();
    assert.deepEqual([status, history], ['open', []]);
  });

  it('a message that was on its way during the closing › opens the conversation again', async () => {
    const of = world().scope();
    const thread = await silence(of);
    await world().closeAfter(of, 24);
    world().clock.advance(24 * hourMs);
    await look(of, world().worker);
    assert.equal((await thread.stored()).status, 'closed');
    const conversationId = await thread.hears(new Date(world().clock.now().getTime() - hourMs));
    assert.deepEqual(conversationId, thread.id);
    const { status, answeredUntil, closedAt } = await thread.stored();
    assert.deepEqual([status, answeredUntil, closedAt], ['open', undefined, undefined]);
  });

  it('the last words cannot be read › nothing closes, and the repetition closes all', async () => {
    const of = world().scope();
    const threads = [await silence(of), await silence(of)];
    await world().closeAfter(of, 24);
    world().clock.advance(24 * hourMs);
    let failures = 1;
    const worker = world().createWorker(undefined, async (scope, asked) => {
      if (failures-- > 0) throw new Error('the database is away');
      return world().findLastWords(scope, asked);
    });
    await assert.rejects(look(of, worker), /away/);
    assert.equal((await threads[0]?.stored())?.status, 'open');
    await look(of, worker);
    for (const thread of threads) assert.equal((await thread.stored()).status, 'closed');
  });

  it('more than one firing looks at, most of them waiting › the next goes on behind it, and all that may close are closed', async () => {
    const of = world().scope();
    const threads: Thread[] = [];
    for (let index = 0; index < 30; index += 1) threads.push(await silence(of));
    const silent = threads.filter((_thread, index) => index % 7 === 6);
    for (const thread of threads.filter((one) => !silent.includes(one))) note(thread, { answeredAt: null });
    await world().closeAfter(of, 24);
    world().clock.advance(48 * hourMs);
    await world().fire();
    for (const thread of threads)
      assert.equal((await thread.stored()).status, silent.includes(thread) ? 'closed' : 'open');
    const armed = await world()
      .connection.collection<TimerDoc>('timers')
      .find({ ...of, attemptAt: { $exists: true } })
      .toArray();
    assert.deepEqual(
      armed.map(({ subjectId }) => subjectId),
      [of.clientId],
      'one timer is left, that of the business',
    );
  });

  it('a worker dies after half of the closings › the next one closes the rest, each once', async () => {
    const of = world().scope();
    const threads: Thread[] = [];
    for (let index = 0; index < 8; index += 1) threads.push(await silence(of));
    await world().closeAfter(of, 24);
    world().clock.advance(24 * hourMs);
    const { runInTransaction } = world().audit;
    let left = 4;
    const dying = world().createWorker((work) => {
      if ((left -= 1) < 0) throw new Error('killed');
      return runInTransaction(work);
    });
    await assert.rejects(look(of, dying), /killed/);
    await world().fire();
    for (const thread of threads) {
      const { status, history } = await thread.stored();
      assert.deepEqual([status, history.length], ['closed', 1]);
    }
  });
});
