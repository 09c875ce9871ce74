import assert from 'node:assert/strict';
import { cancelByUpdate, held, heldTimes, openGate, rescheduleTo } from '../support/send-message-waiting.ts';
import {
  accepted,
  countEvents,
  dispatched,
  failureOf,
  providerMessageId,
  receipt,
  statusOf,
  waitForEvent,
  type Play,
} from '../support/send-message-stage.ts';
import { useStage } from '../support/use-stage.ts';

const hourMs = 3_600_000;
const read = { status: 'read', attempts: 1, providerMessageId };
const reasons = (play: Play): unknown[] => play.callsOf('withdraw').map(({ input }) => input['reason']);

describe('sendMessage › waiting', () => {
  const stage = useStage('waiting');

  async function readIt(play: Play): Promise<void> {
    await play.signal(receipt('read'));
    assert.deepEqual(await play.result(), read);
  }

  describe('behind a gate', () => {
    it('the gate opens › dispatched again at once, and sent', async () => {
      const play = await stage().play(heldTimes(1, () => held('channel')));
      await waitForEvent(play, 'TIMER_STARTED');
      assert.equal(play.callsOf('dispatch').length, 1);
      await openGate(play);
      await play.called('dispatch', 2);
      await readIt(play);
    });

    it('told twice, and it is still closed › looks once for each, and goes on waiting', async () => {
      const play = await stage().play(heldTimes(3, () => held('channel')));
      for (const looks of [1, 2, 3]) {
        await play.called('dispatch', looks);
        await openGate(play);
      }
      await play.called('dispatch', 4);
      await readIt(play);
    });

    it('told before it is held › looks once more instead of missing it', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + 300 });
      await openGate(play);
      await play.called('dispatch');
      await readIt(play);
    });

    it('told while the dispatch finds it closed › looks again at once, not in an hour', async () => {
      const play: Play = await stage().play(
        heldTimes(1, async () => {
          await openGate(play);
          return held('channel');
        }),
      );
      await play.called('dispatch', 2);
      await readIt(play);
    });

    it('the clock of the dispatch is behind › looks once a second, not in circles', async () => {
      const backAtMs = Date.now() + 2_500;
      const play = await stage().play({
        dispatch: async () =>
          Date.now() < backAtMs ? held('quiet-hours', Date.now() - 1) : dispatched(accepted),
      });
      await readIt(play);
      const looks = play.callsOf('dispatch').length;
      assert.ok(looks >= 2 && looks <= 4, `${looks} looks`);
    });

    it('it opens at a time › dispatched again then, without being told', async () => {
      const play = await stage().play(heldTimes(1, () => held('quiet-hours', Date.now() + 200)));
      await play.called('dispatch', 2);
      await readIt(play);
    });

    it('its time is over first › expired, with the hold in its story', async () => {
      const play = await stage().play({ dispatch: async () => held('channel') }, { dispatchTtlMs: 1_100 });
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
      assert.deepEqual(reasons(play), ['expired']);
      assert.equal(play.callsOf('dispatch').length, 1);
    });

    it('the worker is another one when it opens › goes on where it was', async () => {
      const play = await stage().play(heldTimes(1, () => held('channel')));
      await waitForEvent(play, 'TIMER_STARTED');
      await stage().betweenWorkers(() => openGate(play));
      await play.called('dispatch', 2);
      await readIt(play);
    });
  });

  describe('cancelSend', () => {
    it('before its time › canceled at once, never dispatched, and the run completes', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + hourMs });
      await waitForEvent(play, 'TIMER_STARTED');
      await cancelByUpdate(play);
      assert.deepEqual(await play.result(), { status: 'canceled', attempts: 0 });
      assert.equal(await statusOf(play), 'COMPLETED');
      assert.deepEqual([reasons(play), play.callsOf('dispatch')], [['canceled'], []]);
    });

    it('while it is held › canceled', async () => {
      const play = await stage().play({ dispatch: async () => held('channel') });
      await waitForEvent(play, 'TIMER_STARTED');
      await cancelByUpdate(play);
      assert.equal((await play.result()).status, 'canceled');
    });

    it('after it has left › refused, and it goes on waiting for receipts', async () => {
      const play = await stage().play();
      await waitForEvent(play, 'TIMER_STARTED');
      await assert.rejects(cancelByUpdate(play));
      assert.deepEqual(reasons(play), []);
      await readIt(play);
    });
  });

  describe('reschedule', () => {
    it('to an earlier time › leaves then', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + hourMs });
      await waitForEvent(play, 'TIMER_STARTED');
      await rescheduleTo(play, Date.now() + 50);
      await play.called('dispatch');
      await readIt(play);
    });

    it('to a later time › does not leave at the first one', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + 1_000 });
      await waitForEvent(play, 'TIMER_STARTED');
      await rescheduleTo(play, Date.now() + hourMs);
      await waitForEvent(play, 'TIMER_CANCELED');
      assert.equal(await countEvents(play, 'TIMER_STARTED'), 2);
      assert.equal(play.callsOf('dispatch').length, 0);
      await cancelByUpdate(play);
      assert.equal((await play.result()).status, 'canceled');
    });

    it('after it has left › refused', async () => {
      const play = await stage().play();
      await waitForEvent(play, 'TIMER_STARTED');
      await assert.rejects(rescheduleTo(play, Date.now()));
      await readIt(play);
    });
  });

  describe('an unknown outcome', () => {
    const unknown = { kind: 'unknown', reason: 'ECONNRESET' } as const;

    it('nobody tells it in time › expired, stored by an activity of its own', async () => {
      const play = await stage().play(
        { dispatch: async () => dispatched(unknown) },
        { unknownDeadlineMs: 200 },
      );
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 1 });
      assert.equal(play.callsOf('expireUnknown').length, 1);
    });

    it('a receipt comes while the expiry is stored › it counts', async () => {
      const play: Play = await stage().play(
        {
          dispatch: async () => dispatched(unknown),
          async expireUnknown() {
            assert.ok(play.calls.at(-1)?.isLocal === false, 'the database is away for a moment');
            await play.signal(receipt('read'));
            return 'expired';
          },
        },
        { unknownDeadlineMs: 200 },
      );
      assert.deepEqual(await play.result(), read);
      assert.equal(play.callsOf('applyReceipts').length, 1);
    });

    it('a receipt tells it › no expiry', async () => {
      const play = await stage().play(
        { dispatch: async () => dispatched(unknown) },
        { unknownDeadlineMs: hourMs },
      );
      await waitForEvent(play, 'TIMER_STARTED');
      await play.signal(receipt('delivered'), receipt('read'));
      assert.deepEqual(await play.result(), read);
      assert.equal(play.callsOf('expireUnknown').length, 0);
    });
  });

  it('refused for good › what follows from it is stored before the run fails', async () => {
    const failure = { code: '131050', class: 'message', title: 't', detail: 'd', advice: 'a' };
    const play = await stage().play({ dispatch: async () => dispatched({ kind: 'rejected', failure }) });
    assert.equal((await failureOf(play)).type, 'WA_131050');
    assert.deepEqual(
      play.callsOf('followFailure').map(({ input }) => input['failure']),
      [failure],
    );
  });
});
