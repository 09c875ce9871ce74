import assert from 'node:assert/strict';
import { failureCodeAttribute, type Receipt } from '../../src/sending/messages/contract.ts';
import { gate } from '../support/send-message-scenarios.ts';
import {
  accepted,
  countEvents,
  dispatched,
  eventsOf,
  failure,
  failureOf,
  providerMessageId,
  receipt,
  statusOf,
  summariesOf,
  waitForEvent,
  type Play,
} from '../support/send-message-stage.ts';
import { useStage } from '../support/use-stage.ts';

describe('sendMessage', () => {
  const stage = useStage('receipts');

  const result = { status: 'read', attempts: 1, providerMessageId };

  const wordsApplied = (play: Play): string[][] =>
    play
      .callsOf('applyReceipts')
      .map(({ input }) => (input['receipts'] as readonly Receipt[]).map(({ word }) => word));

  describe('receipts', () => {
    it('delivered, then read › completes with the known facts and the fewest events', async () => {
      const play = await stage().play();
      await waitForEvent(play, 'TIMER_STARTED');
      await play.signal(receipt('delivered'));
      await waitForEvent(play, 'MARKER_RECORDED');
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), result);
      assert.deepEqual(wordsApplied(play), [['delivered'], ['read']]);
      assert.deepEqual(
        play.callsOf('applyReceipts').map(({ isLocal }) => isLocal),
        [true, true],
      );
      assert.deepEqual(play.callsOf('recordOutcome'), []);
      const events = await eventsOf(play);
      assert.deepEqual(events, [
        ...['WORKFLOW_EXECUTION_STARTED', 'WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED'],
        ...['WORKFLOW_TASK_COMPLETED', 'ACTIVITY_TASK_SCHEDULED', 'ACTIVITY_TASK_STARTED'],
        ...['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED'],
        ...['WORKFLOW_TASK_COMPLETED', 'TIMER_STARTED'],
        ...['WORKFLOW_EXECUTION_SIGNALED', 'WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED'],
        ...['WORKFLOW_TASK_COMPLETED', 'MARKER_RECORDED'],
        ...['WORKFLOW_EXECUTION_SIGNALED', 'WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED'],
        ...['WORKFLOW_TASK_COMPLETED', 'MARKER_RECORDED', 'WORKFLOW_EXECUTION_COMPLETED'],
      ]);
    });

    it('every order of sent, delivered and read › read', async () => {
      const orders = [
        ['sent', 'delivered', 'read'],
        ['sent', 'read', 'delivered'],
        ['delivered', 'sent', 'read'],
        ['delivered', 'read', 'sent'],
        ['read', 'sent', 'delivered'],
        ['read', 'delivered', 'sent'],
      ];
      const plays = await Promise.all(
        orders.map(async (words) => {
          const held = gate();
          const play = await stage().play({ dispatch: () => held.isOpen.then(() => dispatched(accepted)) });
          for (const word of words) await play.signal(receipt(word));
          held.open();
          return { play, words };
        }),
      );
      for (const { play, words } of plays) {
        assert.deepEqual(await play.result(), result, words.join(', '));
        assert.deepEqual(wordsApplied(play).flat(), words);
      }
    });

    it('receipts before the dispatch has returned › buffered until then and stored together', async () => {
      const held = gate();
      const play = await stage().play({ dispatch: () => held.isOpen.then(() => dispatched(accepted)) });
      await play.called('dispatch');
      await play.signal(receipt('delivered'), receipt('delivered'));
      await play.signal(receipt('read'));
      assert.deepEqual(play.callsOf('applyReceipts'), []);
      held.open();
      assert.deepEqual(await play.result(), result);
      assert.deepEqual(wordsApplied(play), [['delivered', 'delivered', 'read']]);
    });

    it('the same receipts again and again › change nothing', async () => {
      const play = await stage().play();
      for (let time = 0; time < 3; time += 1) await play.signal(receipt('sent'), receipt('delivered'));
      await play.called('applyReceipts');
      assert.equal(await statusOf(play), 'RUNNING');
      await play.signal(receipt('read'), receipt('read'));
      assert.deepEqual(await play.result(), result);
    });

    it('an unknown status › stored, and the run keeps waiting', async () => {
      const play = await stage().play();
      await play.signal(receipt('warmed up'));
      await play.called('applyReceipts');
      assert.equal(await statusOf(play), 'RUNNING');
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), result);
      assert.deepEqual(wordsApplied(play), [['warmed up'], ['read']]);
    });

    it('failed › the run fails with the code as its type and with advice', async () => {
      const play = await stage().play();
      await play.signal(receipt('sent'));
      await play.signal(receipt('failed'));
      const cause = await failureOf(play);
      assert.equal(cause.type, 'WA_131026');
      assert.equal(cause.nonRetryable, true);
      assert.match(
        cause.message,
        /^The message cannot be delivered \(Message undeliverable\)\. Check the number\.$/,
      );
      const { status, typedSearchAttributes } = await play.handle.describe();
      assert.equal(status.name, 'FAILED');
      const codes = typedSearchAttributes.getAll().filter(({ key }) => key.name === failureCodeAttribute);
      assert.deepEqual(
        codes.map(({ value }) => value),
        ['131026'],
      );
    });

    it('a failed receipt › the story ends with its code and reason, and the stored step says which receipts', async () => {
      const play = await stage().play();
      await play.signal(receipt('sent'), receipt('failed'));
      await failureOf(play);
      const { currentDetails } = await play.handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      const lines = currentDetails.split('\n');
      assert.match(lines.at(-2) ?? '', /receipt: failed 131026$/);
      assert.match(
        lines.at(-1) ?? '',
        /ended: failed, 131026 The message cannot be delivered \(Message undeliverable\)$/,
      );
      const summaries = await summariesOf(play);
      assert.ok(summaries.includes('receipts: sent, failed 131026'), summaries.join('; '));
    });

    it('a held message › no step claims that WhatsApp was called', async () => {
      let calls = 0;
      const play = await stage().play({
        dispatch: async () => {
          calls += 1;
          return calls > 1
            ? dispatched(accepted)
            : {
                kind: 'held',
                gate: 'channel',
                reason: 'channel paused',
                attempt: 0,
                untilMs: Date.now() + 2_000,
              };
        },
      });
      await play.signal(receipt('read'));
      await play.result();
      const summaries = await summariesOf(play);
      assert.deepEqual(summaries.slice(0, 3), [
        'check the gates, call WhatsApp if they are open',
        'held: channel',
        'held by channel: check the gates again, call WhatsApp if they are open',
      ]);
    });

    it('failed for two reasons, in either order › the later one ends the run', async () => {
      const early = receipt('failed', { failure, timestampMs: 1_000 });
      const late = receipt('failed', { failure: { ...failure, code: '131049' }, timestampMs: 2_000 });
      for (const order of [
        [early, late],
        [late, early],
      ]) {
        const held = gate();
        const play = await stage().play({ dispatch: () => held.isOpen.then(() => dispatched(accepted)) });
        await play.signal(...order);
        held.open();
        assert.equal((await failureOf(play)).type, 'WA_131049');
      }
    });

    it('failed without a reason › the run fails too', async () => {
      const play = await stage().play();
      const { failure: _none, ...bare } = receipt('failed');
      await play.signal(bare);
      assert.equal((await failureOf(play)).type, 'WA_failed');
    });

    it('delivered and failed, in either order › delivered wins: the run continues', async () => {
      for (const words of [
        ['failed', 'delivered'],
        ['delivered', 'failed'],
      ]) {
        const held = gate();
        const play = await stage().play({ dispatch: () => held.isOpen.then(() => dispatched(accepted)) });
        await play.signal(...words.map((word) => receipt(word)));
        held.open();
        await play.called('applyReceipts');
        await play.signal(receipt('read'));
        assert.deepEqual(await play.result(), result, words.join(', '));
      }
    });

    it('the provider’s id comes only in a receipt › the result has it', async () => {
      const unknown = { kind: 'unknown', reason: 'ECONNRESET' } as const;
      const play = await stage().play({ dispatch: async () => dispatched(unknown) });
      await play.signal(receipt('delivered', { providerMessageId: 'wamid.late' }));
      await play.signal(receipt('read', { providerMessageId: 'wamid.late' }));
      assert.deepEqual(await play.result(), { status: 'read', attempts: 1, providerMessageId: 'wamid.late' });
    });

    it('the database is away for three local tries › a regular activity takes over', async () => {
      let tries = 0;
      const play = await stage().play({
        applyReceipts: async () => {
          tries += 1;
          if (tries <= 3) throw new Error('the database is away');
        },
      });
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), result);
      const ways = play.callsOf('applyReceipts').map(({ isLocal }) => isLocal);
      assert.deepEqual(ways, [true, true, true, false]);
    });

    it('many receipts › one timer only', async () => {
      const play = await stage().play();
      for (const word of ['sent', 'delivered', 'odd', 'sent']) {
        const before = play.callsOf('applyReceipts').length;
        await play.signal(receipt(word));
        await play.called('applyReceipts', before + 1);
      }
      await play.signal(receipt('read'));
      await play.result();
      assert.equal(await countEvents(play, 'TIMER_STARTED'), 1);
    });
  });

  describe('outcome of the dispatch', () => {
    it('refused permanently › the run fails at once, without a timer', async () => {
      const play = await stage().play({ dispatch: async () => dispatched({ kind: 'rejected', failure }) });
      assert.equal((await failureOf(play)).type, 'WA_131026');
      assert.equal(await countEvents(play, 'TIMER_STARTED'), 0);
      assert.deepEqual(play.callsOf('withdraw'), []);
    });

    it('refused, but already delivered › delivered stands', async () => {
      const held = gate();
      const play = await stage().play({
        dispatch: () => held.isOpen.then(() => dispatched({ kind: 'rejected', failure })),
      });
      await play.signal(receipt('delivered'), receipt('read'));
      held.open();
      assert.deepEqual(await play.result(), result);
    });

    it('found settled › completes with the stored status', async () => {
      const settled = {
        kind: 'settled',
        status: 'read',
        attempt: 2,
        providerMessageId: 'wamid.old',
      } as const;
      const play = await stage().play({ dispatch: async () => settled });
      assert.deepEqual(await play.result(), { status: 'read', attempts: 2, providerMessageId: 'wamid.old' });
    });

    it('found failed › the run fails with the stored code', async () => {
      const play = await stage().play({
        dispatch: async () => ({ kind: 'settled', status: 'failed', attempt: 1, failure }),
      });
      assert.equal((await failureOf(play)).type, 'WA_131026');
    });

    it('found sent › waits for its receipts', async () => {
      const play = await stage().play({
        dispatch: async () => ({ kind: 'settled', status: 'sent', attempt: 1, providerMessageId }),
      });
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), result);
    });

    for (const status of ['canceled', 'expired'] as const) {
      it(`found ${status} › completes so, and never sends`, async () => {
        const play = await stage().play({ dispatch: async () => ({ kind: 'settled', status, attempt: 0 }) });
        assert.deepEqual(await play.result(), { status, attempts: 0 });
      });
    }

    it('not recorded › the workflow records it, before anything else', async () => {
      let tries = 0;
      const play = await stage().play({
        dispatch: async () => dispatched(accepted, 3, false),
        recordOutcome: async () => {
          tries += 1;
          if (tries <= 3) throw new Error('the database is still away');
        },
      });
      await play.signal(receipt('read'));
      assert.deepEqual(await play.result(), { ...result, attempts: 3 });
      const recorded = play.callsOf('recordOutcome');
      assert.deepEqual(
        recorded.map(({ isLocal }) => isLocal),
        [true, true, true, false],
      );
      assert.deepEqual([recorded[0]?.input['outcome'], recorded[0]?.input['attempt']], [accepted, 3]);
      assert.equal(play.calls.at(-1)?.name, 'applyReceipts');
    });
  });
});
