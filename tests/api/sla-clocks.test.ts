import assert from 'node:assert/strict';
import { newId } from '../../src/platform/ids.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import {
  atMinute,
  minutesOf,
  shownClock,
  startSlaWorld,
  worldStart,
  minuteMs,
  type SlaWorld,
} from '../support/sla-world.ts';
import { useRunning } from '../support/use-running.ts';

const first = { firstResponseSeconds: 600 };
const all = { firstResponseSeconds: 600, nextResponseSeconds: 1_200, resolutionSeconds: 6_000, warnAt: 0.8 };

describe('deadlines of conversations', function () {
  this.timeout(60_000);
  const world = useRunning<SlaWorld>(() => startSlaWorld('sla_clocks'));

  afterEach(async () => {
    const { clock, collection } = world();
    clock.advance(worldStart.getTime() - clock.now().getTime());
    for (const name of ['sla_policies', 'sla_clocks', 'timers', 'conversations', 'audit_events'])
      await collection(name).deleteMany({});
  });

  /** A business with one policy, and a conversation. */
  async function stage(policyFields: object) {
    const of = world().scope();
    const policy = await world().addPolicy(of, policyFields);
    const thread = world().thread(of);
    const { clock } = world();
    const goTo = async (minutes: number): Promise<void> => {
      clock.advance(atMinute(minutes).getTime() - clock.now().getTime());
      await world().fire();
    };
    const shown = async () => (await thread.clocks()).map(shownClock);
    return { of, policy, thread, goTo, shown };
  }

  it('a message begins a conversation › first response and resolution run', async () => {
    const { thread, shown } = await stage(all);
    await thread.hears(atMinute(0));
    assert.deepEqual(await shown(), [
      { kind: 'first-response', state: 'running', startedAt: 0, dueAt: 10, endedAt: null },
      { kind: 'resolution', state: 'running', startedAt: 0, dueAt: 100, endedAt: null },
    ]);
  });

  it('no policy matches › nothing is measured', async () => {
    const { thread } = await stage({ ...all, match: { channelIds: [newId()] } });
    await thread.hears(atMinute(0));
    assert.deepEqual(await thread.clocks(), []);
  });

  it('an answer that was sent › meets the deadline; the next message begins the next response', async () => {
    const { thread, shown, goTo } = await stage(all);
    await thread.hears(atMinute(0));
    await goTo(5);
    await thread.answered('a', 'sent', atMinute(5));
    await goTo(7);
    await thread.hears(atMinute(7));
    await thread.hears(atMinute(8));
    const [one, two] = await shown();
    assert.deepEqual(one, { kind: 'first-response', state: 'met', startedAt: 0, dueAt: 10, endedAt: 5 });
    assert.deepEqual(two, {
      kind: 'next-response',
      state: 'running',
      startedAt: 7,
      dueAt: 27,
      endedAt: null,
    });
  });

  it('nobody answers › warned and breached once each, charged to the agent, and the conversation is marked', async () => {
    const { thread, goTo } = await stage({ ...first, warnAt: 0.8 });
    await thread.hears(atMinute(0));
    const { _id } = await thread.conversation();
    const agentId = newId();
    await world().assignTo(_id, agentId);
    await goTo(8);
    const [warned] = await thread.clocks();
    assert.deepEqual([warned?.state, minutesOf(warned?.warnedAt ?? null)], ['running', 8]);
    await goTo(10);
    const [breached] = await thread.clocks();
    assert.deepEqual([breached?.state, minutesOf(breached?.breachedAt ?? null)], ['breached', 10]);
    assert.deepEqual(breached?.breachedWhileAssignedTo, agentId);
    assert.deepEqual((await thread.conversation()).breachedAt, atMinute(10));
    await goTo(20);
    await thread.answered('a', 'sent', atMinute(20));
    const [late] = await thread.clocks();
    assert.deepEqual([late?.state, minutesOf(late?.endedAt ?? null)], ['breached', 20]);
  });

  it('the answer fails later › the clock runs again from its original start, and may be missed at once', async () => {
    const { thread, goTo, shown } = await stage(first);
    await thread.hears(atMinute(0));
    await goTo(5);
    await thread.answered('a', 'sent', atMinute(5));
    await goTo(7);
    await thread.answered('a', 'failed', atMinute(7));
    assert.deepEqual((await shown())[0], {
      ...{ kind: 'first-response', state: 'running', startedAt: 0, dueAt: 10, endedAt: null },
    });
    await goTo(8);
    await thread.answered('b', 'sent', atMinute(8));
    await goTo(15);
    await thread.answered('b', 'failed', atMinute(15));
    assert.equal((await shown())[0]?.state, 'breached');
  });

  it('the answer fails while the next message waits › both are one wait, which one answer ends', async () => {
    const { thread, goTo, shown } = await stage(all);
    await thread.hears(atMinute(0));
    await goTo(3);
    await thread.answered('a', 'sent', atMinute(3));
    await goTo(5);
    await thread.hears(atMinute(5));
    await thread.answered('a', 'failed', atMinute(6));
    const [one, two] = await shown();
    assert.deepEqual([one?.state, two?.state], ['running', 'void']);
    await goTo(7);
    await thread.answered('b', 'sent', atMinute(7));
    const [ended] = await shown();
    assert.deepEqual([ended?.state, ended?.endedAt], ['met', 7]);
  });

  it('the conversation is closed › the resolution is met, an answer still owed is void; reopened › a new cycle', async () => {
    const { thread, goTo, shown } = await stage(all);
    await thread.hears(atMinute(0));
    await goTo(5);
    await thread.becomes('closed');
    assert.deepEqual(
      (await shown()).map(({ state, endedAt }) => [state, endedAt]),
      [
        ['void', 5],
        ['met', 5],
      ],
    );
    await goTo(30);
    await thread.hears(atMinute(30));
    assert.deepEqual((await shown()).slice(2), [
      { kind: 'first-response', state: 'running', startedAt: 30, dueAt: 40, endedAt: null },
      { kind: 'resolution', state: 'running', startedAt: 30, dueAt: 130, endedAt: null },
    ]);
    assert.deepEqual(
      (await thread.clocks()).map(({ cycle }) => cycle),
      [1, 1, 2, 2],
    );
  });

  it('missed, closed and reopened › the miss of the first cycle stays, and the conversation counts as in time', async () => {
    const { thread, goTo, shown } = await stage(first);
    await thread.hears(atMinute(0));
    await goTo(11);
    await thread.becomes('closed');
    await goTo(20);
    await thread.hears(atMinute(20));
    assert.deepEqual(
      (await shown()).map(({ state }) => state),
      ['breached', 'running'],
    );
    assert.equal((await thread.conversation()).breachedAt, undefined);
  });

  it('set aside › the resolution pauses and goes on later; the answer is awaited all the same', async () => {
    const { thread, goTo, shown } = await stage(all);
    await thread.hears(atMinute(0));
    await goTo(5);
    await thread.becomes('pending');
    const [, paused] = await shown();
    assert.deepEqual([paused?.state, paused?.dueAt], ['paused', null]);
    await goTo(25);
    await thread.becomes('open');
    const [response, resumed] = await shown();
    assert.deepEqual([resumed?.state, resumed?.dueAt], ['running', 120]);
    assert.equal(response?.state, 'breached');
  });

  it('a message that is days old when it arrives › missed at once, and marked as a late arrival', async () => {
    const { thread } = await stage(first);
    await thread.hears(atMinute(-3 * 24 * 60));
    const [clock] = await thread.clocks();
    assert.deepEqual(
      { state: clock?.state, lateArrival: clock?.lateArrival },
      { state: 'breached', lateArrival: true },
    );
  });

  it('an earlier message arrives after a later one › the wait begins with the earlier one', async () => {
    const { thread, goTo, shown } = await stage(first);
    await goTo(5);
    await thread.hears(atMinute(5));
    await thread.hears(atMinute(2));
    assert.deepEqual((await shown())[0], {
      ...{ kind: 'first-response', state: 'running', startedAt: 2, dueAt: 12, endedAt: null },
    });
    const { _id } = await thread.conversation();
    const events = await world().collection('audit_events').find({ 'target.id': _id }).toArray();
    assert.deepEqual(
      events.map(({ action, before, after }) => ({ action, before, after })),
      [
        {
          action: 'sla-clock.rescheduled',
          before: { 'first-response dueAt': atMinute(15) },
          after: { 'first-response dueAt': atMinute(12) },
        },
      ],
    );
  });

  it('an answer becomes known after the next message, which it does not answer › that one waits by itself', async () => {
    const { thread, goTo, shown } = await stage(all);
    await thread.hears(atMinute(0));
    await goTo(5);
    await thread.hears(atMinute(4));
    await thread.answered('a', 'sent', atMinute(2));
    assert.deepEqual(await shown().then((found) => found.slice(0, 2)), [
      { kind: 'first-response', state: 'met', startedAt: 0, dueAt: 10, endedAt: 2 },
      { kind: 'next-response', state: 'running', startedAt: 4, dueAt: 24, endedAt: null },
    ]);
  });

  describe('an edit of the policy', () => {
    /** As the route: a higher version, and the timers that follow it. */
    async function edit({ of, policy }: Awaited<ReturnType<typeof stage>>, fields: object): Promise<void> {
      const policies = world().process.policyUseCases({ channels: { findById: async () => null } });
      const by = { type: 'user', userId: newId() } as const;
      await policies.update(of, by, { id: policy._id, version: undefined }, fields);
    }

    it('hundreds of running deadlines › all move, a hundred in one firing', async () => {
      const staged = await stage(first);
      await staged.thread.hears(atMinute(0));
      const [clock] = await staged.thread.clocks();
      assert.ok(clock);
      const others = Array.from({ length: 230 }, () => ({ ...clock, _id: newId(), conversationId: newId() }));
      await world().collection('sla_clocks').insertMany(others);
      await edit(staged, { firstResponseSeconds: 1_200 });
      await world().fire();
      const moved = { ...staged.of, dueAt: atMinute(20), policyVersion: 2 };
      assert.equal(await world().collection('sla_clocks').countDocuments(moved), 231);
    });

    it('a message was being stored with the old version › its deadline moves 90 s later', async () => {
      const staged = await stage(first);
      await edit(staged, { firstResponseSeconds: 1_200 });
      await world().fire();
      await staged.thread.hears(atMinute(0));
      const { of, thread, goTo, shown } = staged;
      await world()
        .collection('sla_clocks')
        .updateMany(of, { $set: { policyVersion: 1, dueAt: atMinute(10) } });
      await goTo(1);
      assert.deepEqual((await shown())[0]?.dueAt, 10);
      await goTo(1.5);
      assert.deepEqual((await shown())[0]?.dueAt, 20);
      assert.equal((await thread.clocks())[0]?.policyVersion, 2);
    });

    it('it comes while a deadline passes › judged by the new one, also before the edit is followed', async () => {
      const staged = await stage(first);
      await staged.thread.hears(atMinute(0));
      await edit(staged, { firstResponseSeconds: 1_200 });
      const { collection } = world();
      await collection('timers').deleteMany({ kind: { $ne: 'sla-clock.due' } });
      await staged.goTo(10);
      assert.deepEqual((await staged.shown())[0]?.dueAt, 20);
      assert.equal((await staged.shown())[0]?.state, 'running');
    });

    it('the target is taken away › the deadline ends without a result, and is no longer shown', async () => {
      const staged = await stage(all);
      await staged.thread.hears(atMinute(0));
      await edit(staged, { firstResponseSeconds: null });
      await world().fire();
      assert.deepEqual(
        (await staged.shown()).map(({ state }) => state),
        ['void', 'running'],
      );
      const conversation = await staged.thread.conversation();
      const found = await world().process.deadlines.ofConversations(staged.of, [conversation]);
      assert.deepEqual(
        found.get(conversation._id.toHexString())?.map(({ kind }) => kind),
        ['resolution'],
      );
    });
  });

  describe('timers', () => {
    it('a timer fires twice, in two workers at once › one breach, and one write', async () => {
      const { thread } = await stage(first);
      await thread.hears(atMinute(0));
      const { clock, createProcess } = world();
      clock.advance(10 * minuteMs);
      const [one, two] = [createProcess(), createProcess()];
      const [before] = await thread.clocks();
      await Promise.all([one.runner.fireDue(), two.runner.fireDue(), one.runner.fireDue()]);
      await world()
        .collection('timers')
        .updateMany({}, { $set: { attemptAt: clock.now() }, $unset: { expiresAt: '' } });
      await Promise.all([one.runner.fireDue(), two.runner.fireDue()]);
      const [after] = await thread.clocks();
      assert.deepEqual([after?.state, after?.version], ['breached', (before?.version ?? 0) + 1]);
    });

    it('the worker is killed before it commits › nothing is stored, and the repetition breaches once', async () => {
      const { of, thread } = await stage(first);
      await thread.hears(atMinute(0));
      const { clock, connection, createProcess } = world();
      clock.advance(10 * minuteMs);
      const killed = createProcess((work) =>
        createTransactions(connection)(async (session) => {
          await work(session);
          throw new Error('killed');
        }),
      );
      assert.equal(await killed.runner.fireDue(), 1);
      assert.equal((await thread.clocks())[0]?.state, 'running');
      assert.equal((await thread.conversation()).breachedAt, undefined);
      clock.advance(minuteMs);
      await world().fire();
      assert.equal((await thread.clocks())[0]?.state, 'breached');
      assert.deepEqual((await thread.conversation()).breachedAt, atMinute(10));
      assert.equal(
        await world()
          .collection('timers')
          .countDocuments({ ...of, failedAt: { $exists: true } }),
        0,
      );
    });

    it('the answer is stored while the timer waits › it never fires', async () => {
      const { thread, goTo } = await stage(first);
      await thread.hears(atMinute(0));
      await goTo(1);
      await thread.answered('a', 'sent', atMinute(1));
      assert.equal(
        await world()
          .collection('timers')
          .countDocuments({ attemptAt: { $exists: true } }),
        0,
      );
      await goTo(60);
      assert.equal((await thread.clocks())[0]?.state, 'met');
    });
  });
});
