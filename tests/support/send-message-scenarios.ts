import { ApplicationFailure } from '@temporalio/common';
import {
  accepted,
  dispatched,
  failure,
  receipt,
  waitForEvent,
  type Activities,
  type Play,
  type Stage,
} from './send-message-stage.ts';
import { ended, gate, type Scenario } from './send-message-play.ts';
import { waitingScenarios } from './send-message-waiting.ts';

export { gate } from './send-message-play.ts';

const hourMs = 3_600_000;

/** A provider that refuses temporarily: the server waits for the next attempt. */
export const tooFast = (nextRetryDelay: number): ApplicationFailure =>
  ApplicationFailure.create({
    message: 'The number’s throughput is reached',
    type: 'WA_130429',
    nextRetryDelay,
  });

const refused: Activities = { dispatch: () => Promise.reject(tooFast(hourMs)) };

const failsTimes = (times: number) => {
  let tries = 0;
  return async (): Promise<void> => {
    tries += 1;
    if (tries <= times) throw new Error('the database is away');
  };
};

/** The message was sent; then these signals arrive, each after the one before is stored. */
const withReceipts =
  (activities: Activities, ...signals: readonly string[][]): Scenario =>
  async (stage) => {
    const play = await stage.play(activities);
    await waitForEvent(play, 'TIMER_STARTED');
    for (const [index, words] of signals.entries()) {
      await play.signal(...words.map((word) => receipt(word)));
      await play.called('applyReceipts', index + 1);
    }
    return ended(play);
  };

const unknown = { kind: 'unknown', reason: 'ECONNRESET' } as const;

export const scenarios: Readonly<Record<string, Scenario>> = {
  ...waitingScenarios,
  'delivered-then-read': withReceipts({}, ['delivered'], ['read']),
  'failed-by-receipt': withReceipts({}, ['sent'], ['failed']),
  'failed-and-delivered-then-read': withReceipts({}, ['failed', 'delivered'], ['read']),
  'unknown-word-then-read': withReceipts({}, ['warmed up'], ['read']),
  'unknown-then-read': withReceipts({ dispatch: async () => dispatched(unknown) }, ['delivered'], ['read']),
  'receipt-by-regular-activity': withReceipts({ applyReceipts: failsTimes(3) }, ['read']),
  'outcome-recorded-by-workflow': withReceipts(
    { dispatch: async () => dispatched(accepted, 1, false), recordOutcome: failsTimes(3) },
    ['read'],
  ),
  'retried-then-read': withReceipts({ dispatch: retriedTwice() }, ['read']),

  'receipts-before-answer': async (stage) => {
    const held = gate();
    const play = await stage.play({ dispatch: () => held.isOpen.then(() => dispatched(accepted)) });
    await play.called('dispatch');
    await play.signal(receipt('delivered'));
    await play.signal(receipt('read'));
    held.open();
    return ended(play);
  },
  'no-receipt-until-deadline': async (stage) => ended(await stage.play({}, { receiptDeadlineMs: 200 })),
  'open-waiting-for-receipts': async (stage) => {
    const play = await stage.play();
    await waitForEvent(play, 'TIMER_STARTED');
    return play;
  },
  rejected: async (stage) =>
    ended(await stage.play({ dispatch: async () => dispatched({ kind: 'rejected', failure }) })),
  'found-settled': async (stage) =>
    ended(await stage.play({ dispatch: async () => ({ kind: 'settled', status: 'read', attempt: 1 }) })),
  'failed-unforeseen': async (stage) => {
    const gone = ApplicationFailure.nonRetryable('The channel was deleted.', 'channel-missing');
    return ended(await stage.play({ dispatch: () => Promise.reject(gone) }));
  },

  'scheduled-then-read': async (stage) => {
    const play = await stage.play({}, { sendAtMs: Date.now() + 500 });
    await play.called('dispatch');
    await play.signal(receipt('read'));
    return ended(play);
  },
  'canceled-before-its-time': async (stage) => {
    const play = await stage.play({}, { sendAtMs: Date.now() + hourMs });
    await waitForEvent(play, 'TIMER_STARTED');
    await play.handle.cancel();
    return ended(play);
  },
  'canceled-between-attempts': async (stage) => {
    const play = await stage.play(refused);
    await play.called('dispatch');
    await play.handle.cancel();
    return ended(play);
  },
  'canceled-in-a-call-that-is-refused': (stage) => canceledInCall(stage, () => Promise.reject(tooFast(1))),
  'canceled-in-a-call-that-is-accepted': async (stage) =>
    canceledInCall(stage, async () => dispatched(accepted), ['delivered', 'read']),
  'canceled-after-it-left': async (stage) => {
    const play = await stage.play();
    await waitForEvent(play, 'TIMER_STARTED');
    await play.handle.cancel();
    await waitForEvent(play, 'WORKFLOW_EXECUTION_CANCEL_REQUESTED');
    await play.signal(receipt('read'));
    return ended(play);
  },
  'canceled-but-unknown': async (stage) => {
    const play = await stage.play({ ...refused, withdraw: async () => 'unknown' });
    await play.called('dispatch');
    await play.handle.cancel();
    await play.called('withdraw');
    await play.signal(receipt('read'));
    return ended(play);
  },
  'expired-between-attempts': async (stage) => ended(await stage.play(refused, { dispatchTtlMs: 60_000 })),
  'expired-in-a-call': async (stage) => {
    const held = gate();
    const play = await stage.play(
      { dispatch: () => held.isOpen.then(() => dispatched(accepted)) },
      { attemptTimeoutMs: 300, dispatchTtlMs: 1_000 },
    );
    await play.called('withdraw');
    held.open();
    return ended(play);
  },
};

function retriedTwice(): NonNullable<Activities['dispatch']> {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries <= 2) throw tooFast(10);
    return dispatched(accepted, tries);
  };
}

async function canceledInCall(
  stage: Stage,
  answer: NonNullable<Activities['dispatch']>,
  words: readonly string[] = [],
): Promise<Play> {
  const held = gate();
  const play = await stage.play({ dispatch: (input) => held.isOpen.then(() => answer(input)) });
  await play.called('dispatch');
  await play.handle.cancel();
  await waitForEvent(play, 'ACTIVITY_TASK_CANCEL_REQUESTED');
  held.open();
  if (words.length > 0) await play.signal(...words.map((word) => receipt(word)));
  return ended(play);
}
