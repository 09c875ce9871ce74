import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failureCodeAttribute } from '../../src/sending/messages/contract.ts';
import { lostWorkflow } from '../../src/sending/messages/lifecycle.ts';
import { gate, tooFast } from '../support/send-message-scenarios.ts';
import {
  accepted,
  dispatched,
  failureOf,
  providerMessageId,
  receipt,
  statusOf,
  waitForEvent,
  type Play,
} from '../support/send-message-stage.ts';
import { useStage } from '../support/use-stage.ts';

describe('sendMessage', () => {
  const stage = useStage('cancellation');

  const read = { status: 'read', attempts: 1, providerMessageId };
  const hourMs = 3_600_000;

  async function assertCanceled(play: Play): Promise<void> {
    await assert.rejects(play.result(), (error: unknown) => {
      assert.ok(
        error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
        String(error),
      );
      return true;
    });
    assert.equal(await statusOf(play), 'CANCELLED');
  }

  const withdrawals = (play: Play): unknown[] => play.callsOf('withdraw').map(({ input }) => input['reason']);

  describe('cancellation', () => {
    it('before its time › canceled, withdrawn, never dispatched', async () => {
      const play = await stage().play({}, { sendAtMs: Date.now() + hourMs });
      await waitForEvent(play, 'TIMER_STARTED');
      await play.handle.cancel();
      await assertCanceled(play);
      assert.deepEqual(
        play.calls.map(({ name }) => name),
        ['withdraw'],
      );
      assert.deepEqual(withdrawals(play), ['canceled']);
    });

    it('between two attempts › canceled and withdrawn', async () => {
      const play = await stage().play({ dispatch: () => Promise.reject(tooFast(hourMs)) });
      await play.called('dispatch');
      await play.handle.cancel();
      await assertCanceled(play);
      assert.deepEqual(withdrawals(play), ['canceled']);
    });

    it('during a call that the provider accepts › already sent: the run continues', async () => {
      const held = gate();
      const play = await stage().play({ dispatch: () => held.isOpen.then(() => dispatched(accepted)) });
      await play.called('dispatch');
      await play.handle.cancel();
      await waitForEvent(play, 'ACTIVITY_TASK_CANCEL_REQUESTED');
      held.open();
      await play.signal(receipt('delivered'), receipt('read'));
      assert.deepEqual(await play.result(), read);
      assert.deepEqual(withdrawals(play), []);
    });

    it('during a call that the provider refuses temporarily › canceled, no further attempt', async () => {
      const held = gate();
      const play = await stage().play({ dispatch: () => held.isOpen.then(() => Promise.reject(tooFast(1))) });
      await play.called('dispatch');
      await play.handle.cancel();
      await waitForEvent(play, 'ACTIVITY_TASK_CANCEL_REQUESTED');
      held.open();
      await assertCanceled(play);
      assert.deepEqual(withdrawals(play), ['canceled']);
      assert.equal(play.callsOf('dispatch').length, 1);
    });

    it('after it was sent › ignored', async () => {
      const play = await stage().play();
      await waitForEvent(play, 'TIMER_STARTED');
      await play.handle.cancel();
      await waitForEvent(play, 'WORKFLOW_EXECUTION_CANCEL_REQUESTED');
      await play.signal(receipt('delivered'));
      await play.called('applyReceipts');
      assert.equal(await statusOf(play), 'RUNNING');
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), read);
      assert.deepEqual(withdrawals(play), []);
    });

    it('the database has a call in progress › outcome unknown: the run waits for receipts', async () => {
      const play = await stage().play({
        dispatch: () => Promise.reject(tooFast(hourMs)),
        withdraw: async () => 'unknown',
      });
      await play.called('dispatch');
      await play.handle.cancel();
      await play.called('withdraw');
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), { ...read, attempts: 0 });
    });

    it('the withdrawal cannot be stored locally › a regular activity stores it', async () => {
      let tries = 0;
      const play = await stage().play(
        {
          withdraw: async ({ reason }) => {
            tries += 1;
            if (tries <= 3) throw new Error('the database is away');
            return reason;
          },
        },
        { sendAtMs: Date.now() + hourMs },
      );
      await waitForEvent(play, 'TIMER_STARTED');
      await play.handle.cancel();
      await assertCanceled(play);
      assert.deepEqual(
        play.callsOf('withdraw').map(({ isLocal }) => isLocal),
        [true, true, true, false],
      );
    });
  });

  describe('dispatch that fails', () => {
    it('with a transient failure › retried after the failure’s delay', async () => {
      let tries = 0;
      const play = await stage().play({
        dispatch: async () => {
          tries += 1;
          if (tries <= 2) throw tooFast(10);
          return dispatched(accepted, tries);
        },
      });
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), { ...read, attempts: 3 });
    });

    it('with an unexpected failure › the message fails with advice, and so does the run', async () => {
      const gone = ApplicationFailure.nonRetryable('The channel was deleted.', 'channel-missing');
      const play = await stage().play({ dispatch: () => Promise.reject(gone) });
      const cause = await failureOf(play);
      assert.match(JSON.stringify([cause.message, cause.cause?.message]), /The channel was deleted\./);
      const [withdrawal] = play.callsOf('withdraw');
      assert.deepEqual([withdrawal?.input['reason'], withdrawal?.input['failure']], ['failed', lostWorkflow]);
      assert.equal(await statusOf(play), 'FAILED');
    });

    it('but the message was canceled in the database › completes as canceled', async () => {
      const gone = ApplicationFailure.nonRetryable('The channel was deleted.', 'channel-missing');
      const play = await stage().play({
        dispatch: () => Promise.reject(gone),
        withdraw: async () => 'canceled',
      });
      assert.deepEqual(await play.result(), { status: 'canceled', attempts: 0 });
    });

    it('a delay beyond the time to live › expired, not failed', async () => {
      const play = await stage().play(
        { dispatch: () => Promise.reject(tooFast(hourMs)) },
        { dispatchTtlMs: 60_000 },
      );
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
      assert.deepEqual(withdrawals(play), ['expired']);
      const { typedSearchAttributes } = await play.handle.describe();
      const ending = typedSearchAttributes.getAll().find(({ key }) => key.name === failureCodeAttribute);
      assert.equal(ending?.value, 'expired', 'the list of runs shows how it ended');
    });

    it('a delay beyond expiresAt › expired, although the time to live is not over', async () => {
      const play = await stage().play(
        { dispatch: () => Promise.reject(tooFast(hourMs)) },
        { expiresAtMs: Date.now() + 60_000 },
      );
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
    });

    it('an attempt that times out › unknown: the run waits for receipts', async () => {
      const held = gate();
      const play = await stage().play(
        { dispatch: () => held.isOpen.then(() => dispatched(accepted)), withdraw: async () => 'unknown' },
        { attemptTimeoutMs: 500, dispatchTtlMs: 1_000 },
      );
      await play.called('withdraw');
      held.open();
      assert.deepEqual(withdrawals(play), ['expired']);
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), { ...read, attempts: 0 });
    });
  });

  describe('without a worker for the provider’s queue', () => {
    const lonely = useStage('lonely', { hasProvider: false });

    it('the time to live passes in the queue › expired and withdrawn', async () => {
      const play = await lonely().play({}, { dispatchTtlMs: 1_000 });
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
      assert.deepEqual(withdrawals(play), ['expired']);
      assert.deepEqual(play.callsOf('dispatch'), []);
    });

    it('expiresAt passes in the queue › expired, although the time to live is not over', async () => {
      const play = await lonely().play({}, { expiresAtMs: Date.now() + 1_000 });
      assert.deepEqual(await play.result(), { status: 'expired', attempts: 0 });
    });

    it('canceled in the queue › canceled at once', async () => {
      const play = await lonely().play();
      await waitForEvent(play, 'ACTIVITY_TASK_SCHEDULED');
      await play.handle.cancel();
      await assertCanceled(play);
      assert.deepEqual(withdrawals(play), ['canceled']);
    });
  });
});
