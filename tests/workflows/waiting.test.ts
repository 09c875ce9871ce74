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

    it('signalled twice while still closed › checks once for each, and keeps waiting', async () => {
      const play = await stage().play(heldTimes(3, () => held('channel')));
      for (const looks of [1, 2, 3]) {
        await play.called('dispatch', looks);
        await openGate(play);
      }
      await play.called('dispatch', 4);
      await readIt(play);
    });

    it('signalled before it is held › checks once more instead of missing it', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + 300 });
      await openGate(play);
      await play.called('dispatch');
      await readIt(play);
    });

    it('signalled while the dispatch finds it closed › checks again at once, not in an hour', async () => {
      const play: Play = await stage().play(
        heldTimes(1, async () => {
          await openGate(play);
          return held('channel');
        }),
      );
      await play.called('dispatch', 2);
      await readIt(play);
    });

    it('the activity’s clock is behind › checks once a second, not in a busy loop', async () => {
      const backAtMs = Date.now() + 2_500;
      const play = await stage().play({
        dispatch: async () =>
          Date.now() < backAtMs ? held('quiet-hours', Date.now() - 1) : dispatched(accepted),
      });
      await readIt(play);
      const looks = play.callsOf('dispatch').length;
      assert.ok(looks >= 2 && looks <= 4, `${looks} looks`);
    });

    it('opens at a known time › dispatched again then, without a signal', async () => {
      const play = await stage().play(heldTimes(1, () => held('quiet-hours', Date.now() + 200)));
      await play.called('dispatch', 2);
      await readIt(play);
    });

    it('expires first › expired, with the hold in its story', async () => {
      const play = await stage().play({ dispatch: async () => held('channel') }, { dispatchTtlMs: 1_100 });
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
      assert.deepEqual(reasons(play), ['expired']);
      assert.equal(play.callsOf('dispatch').length, 1);
    });

    it('another worker when it opens › continues where it was', async () => {
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

    it('after it was sent › refused, and it keeps waiting for receipts', async () => {
      const play = await stage().play();
      await waitForEvent(play, 'TIMER_STARTED');
      await assert.rejects(cancelByUpdate(play));
      assert.deepEqual(reasons(play), []);
      await readIt(play);
    });
  });

  describe('reschedule', () => {
    it('to an earlier time › sent then', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + hourMs });
      await waitForEvent(play, 'TIMER_STARTED');
      await rescheduleTo(play, Date.now() + 50);
      await play.called('dispatch');
      await readIt(play);
    });

    it('to a later time › not sent at the first one', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + 1_000 });
      await waitForEvent(play, 'TIMER_STARTED');
      await rescheduleTo(play, Date.now() + hourMs);
      await waitForEvent(play, 'TIMER_CANCELED');
      assert.equal(await countEvents(play, 'TIMER_STARTED'), 2);
      assert.equal(play.callsOf('dispatch').length, 0);
      await cancelByUpdate(play);
      assert.equal((await play.result()).status, 'canceled');
    });

    it('after it was sent › refused', async () => {
      const play = await stage().play();
      await waitForEvent(play, 'TIMER_STARTED');
      await assert.rejects(rescheduleTo(play, Date.now()));
      await readIt(play);
    });
  });

  describe('an unknown outcome', () => {
    const unknown = { kind: 'unknown', reason: 'ECONNRESET' } as const;

    it('not resolved in time › expired, stored by a separate activity', async () => {
      const play = await stage().play(
        { dispatch: async () => dispatched(unknown) },
        { unknownDeadlineMs: 200 },
      );
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 1 });
      assert.equal(play.callsOf('expireUnknown').length, 1);
    });

    it('a receipt arrives while the expiry is stored › it counts', async () => {
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

    it('resolved by a receipt › no expiry', async () => {
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

  it('refused permanently › its effects are stored before the run fails', async () => {
    const failure = { code: '131050', class: 'message', title: 't', detail: 'd', advice: 'a' };
    const play = await stage().play({ dispatch: async () => dispatched({ kind: 'rejected', failure }) });
    assert.equal((await failureOf(play)).type, 'WA_131050');
    assert.deepEqual(
      play.callsOf('followFailure').map(({ input }) => input['failure']),
      [failure],
    );
  });
});
