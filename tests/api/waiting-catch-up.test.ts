import assert from 'node:assert/strict';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { newId } from '../../src/platform/ids.ts';
import { useRunning } from '../support/use-running.ts';
import { atMinute, minuteMs, startWaitingWorld, type WaitingWorld } from '../support/waiting-world.ts';

const kind = 'conversations.waits';

describe('waits that an earlier version left', function () {
  this.timeout(60_000);
  const world = useRunning<WaitingWorld>(() => startWaitingWorld('waiting_catch_up'));
  type Of = ReturnType<WaitingWorld['scope']>;
  type Thread = ReturnType<WaitingWorld['thread']>;

  /** As the earlier version stores it: it knows nothing of waits. */
  async function forget(of: Of): Promise<void> {
    const { connection } = world();
    const unknown = { waitingSince: 1, latestAnswerAt: 1, settledArrivals: 1, changedAt: 1 } as const;
    await connection.collection('conversations').updateMany(of, { $unset: unknown });
    await connection.collection('messages').updateMany(of, { $unset: { answer: 1, asksNothing: 1 } });
  }

  const answer = async (thread: Thread, minute: number, status: 'delivered' | 'failed' = 'delivered') => {
    const { _id: conversationId } = await thread.conversation();
    const timestamp = atMinute(minute);
    return thread.add({
      ...{ conversationId, status, timestamp, messageType: 'text', providerMessageId: newId().toHexString() },
      statusHistory: [{ key: `sent:${timestamp.getTime()}`, status: 'sent', timestamp }],
    });
  };

  /** Fires the timer of the business, and what it arms. */
  async function fire(of: Of, bounds?: { readonly pageSize: number; readonly maxPages: number }) {
    const { connection, clock } = world();
    const handle = world().catchUp(bounds)[kind];
    assert.ok(handle);
    const firing = { scope: of, kind, dueAt: clock.now(), epoch: 1, attempt: 1, complete: async () => true };
    await handle({ ...firing, subjectId: of.clientId });
    let firings = 1;
    for (;;) {
      const timer = await connection
        .collection<{ subjectId: typeof of.clientId }>('timers')
        .findOneAndDelete({ ...of, kind });
      if (timer === null) return firings;
      await handle({ ...firing, subjectId: timer.subjectId });
      firings += 1;
    }
  }

  it('each open or pending conversation › as its messages tell it; twice does no harm', async () => {
    const { clock } = world();
    const of = world().scope();
    const told = new Map<Thread, number | null>();
    const begin = async (...asks: readonly number[]): Promise<Thread> => {
      const thread = world().thread(of);
      for (const minute of asks) await thread.hears(atMinute(minute));
      return thread;
    };
    told.set(await begin(1, 3), 1);
    const answered = await begin(1);
    await answer(answered, 2);
    told.set(answered, null);
    const asksAgain = await begin(1, 4, 6);
    await answer(asksAgain, 2);
    told.set(asksAgain, 4);
    const failed = await begin(1);
    await answer(failed, 2, 'failed');
    told.set(failed, 1);
    const closed = await begin(1);
    await closed.becomes('closed');
    told.set(closed, null);
    const reopened = await begin(1);
    clock.advance(5 * minuteMs);
    await reopened.becomes('closed');
    await reopened.becomes('open');
    told.set(reopened, null);
    // What is settled is told by when messages were stored, and the clock of this world does not move their ids.
    const { _id } = await reopened.conversation();
    const history = [{ at: new Date(Date.now() + 2_000), status: 'closed' }];
    await world().connection.collection('conversations').updateOne({ _id }, { $set: { history } });
    await forget(of);
    for (let time = 0; time < 2; time += 1) {
      await fire(of);
      for (const [thread, minute] of told)
        assert.deepEqual(await thread.waitingSince(), minute === null ? null : atMinute(minute));
    }
  });

  it('an answer from before the upgrade fails after it › waits again since the first time', async () => {
    const of = world().scope();
    const thread = world().thread(of);
    await thread.hears(atMinute(1));
    await thread.answered('a', 'sent', atMinute(2));
    await world()
      .connection.collection('messages')
      .updateMany(
        { ...of, direction: 'outbound' },
        { $set: { status: 'sent', messageType: 'text', providerMessageId: newId().toHexString() } },
      );
    await forget(of);
    await fire(of);
    assert.equal(await thread.waitingSince(), null);
    await thread.answered('a', 'failed', atMinute(3));
    assert.deepEqual(await thread.waitingSince(), atMinute(1));
  });

  it('more conversations than one firing looks at › the next firings go on', async () => {
    const of = world().scope();
    const threads = Array.from({ length: 7 }, () => world().thread(of));
    for (const [index, thread] of threads.entries()) await thread.hears(atMinute(index % 3));
    await forget(of);
    assert.equal(await fire(of, { pageSize: 2, maxPages: 1 }), 4);
    for (const [index, thread] of threads.entries())
      assert.deepEqual(await thread.waitingSince(), atMinute(index % 3));
  });

  it('migration 0055 › two timers for each business, which it leaves alone the second time', async () => {
    const up = await migrationOf('0055-waits-and-changes.js');
    const { connection } = world();
    const clientId = newId();
    await connection.collection('clients').insertOne({ _id: clientId });
    const db = databaseOf({ connection });
    await up(db);
    const timers = () => connection.collection('timers').find({ clientId }).sort({ kind: 1 }).toArray();
    const armed = await timers();
    assert.deepEqual(
      armed.map((timer) => timer['kind']),
      [kind, `${kind}-again`],
    );
    await up(db);
    assert.deepEqual(await timers(), armed);
  });
});
