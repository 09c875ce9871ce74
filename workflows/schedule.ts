import {
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import {
  cancelUpdateName,
  gateOpenedSignalName,
  rescheduleUpdateName,
  type Reschedule,
  type SendMessageInput,
} from '../src/sending/messages/contract.ts';

/** A gate may have opened: the message judges its gates again. */
export const gateOpened = defineSignal(gateOpenedSignalName);
/** The message was canceled: the run stops waiting. */
export const cancelSend = defineUpdate<void>(cancelUpdateName);
/** The message was rescheduled. */
export const reschedule = defineUpdate<void, [Reschedule]>(rescheduleUpdateName);

export type Schedule = ReturnType<typeof createSchedule>;

/**
 * The send time of the message, and the signals and updates that change it. The database decides first: a run that an
 * update did not reach finds out when it takes the claim.
 */
export function createSchedule(input: SendMessageInput) {
  let sendAtMs = input.sendAtMs ?? 0;
  let wakes = 0;
  let isCancelWanted = false;
  let isOver = false;
  let scope: CancellationScope | undefined;
  const assertOpen = () => {
    if (isOver) throw new Error('The message was already sent or settled.');
  };

  setHandler(gateOpened, () => void (wakes += 1));
  setHandler(
    cancelSend,
    () => {
      isCancelWanted = true;
      scope?.cancel();
    },
    { validator: assertOpen },
  );
  setHandler<void, [Reschedule], typeof reschedule>(
    reschedule,
    (to) => {
      sendAtMs = to.sendAtMs;
      wakes += 1;
    },
    { validator: assertOpen },
  );

  return {
    isCancelWanted: () => isCancelWanted,
    sendAtMs: () => sendAtMs,
    /** Number of signals and updates received that may let the run continue. */
    wakes: () => wakes,

    /** Adopts a send time that the run found in the database. */
    moveTo(atMs: number): void {
      sendAtMs = atMs;
    },

    /** Runs the part of the workflow that a cancellation may still end. */
    runCancellable(part: () => Promise<void>): Promise<void> {
      scope = new CancellationScope();
      if (isCancelWanted) scope.cancel();
      return scope.run(part);
    },

    /** Rejects all further updates. */
    end(): void {
      isOver = true;
    },

    /** Sleeps until the given time, or until a signal or update arrives. */
    async sleepUntil(atMs: number, summary: string): Promise<void> {
      const seen = wakes;
      const waitMs = atMs - Date.now();
      if (waitMs <= 0) return;
      await CancellationScope.cancellable(async () => {
        await Promise.race([sleep(waitMs, { summary }), condition(() => wakes > seen)]);
        CancellationScope.current().cancel();
      });
    },
  };
}
