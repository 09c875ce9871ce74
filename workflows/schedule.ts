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

/** What held the message back may have gone: it looks again. */
export const gateOpened = defineSignal(gateOpenedSignalName);
/** The message was canceled, and the run need not wait any more. */
export const cancelSend = defineUpdate<void>(cancelUpdateName);
/** The message has another time. */
export const reschedule = defineUpdate<void, [Reschedule]>(rescheduleUpdateName);

export type Schedule = ReturnType<typeof createSchedule>;

/**
 * When the message may leave, and who may change that. The database has decided before anybody tells it here: a run
 * that is told nothing finds out when it asks for the message's claim.
 */
export function createSchedule(input: SendMessageInput) {
  let sendAtMs = input.sendAtMs ?? 0;
  let wakes = 0;
  let isCancelWanted = false;
  let isOver = false;
  let scope: CancellationScope | undefined;
  const assertNotLeft = () => {
    if (isOver) throw new Error('The message has left, or will not leave any more.');
  };

  setHandler(gateOpened, () => void (wakes += 1));
  setHandler(
    cancelSend,
    () => {
      isCancelWanted = true;
      scope?.cancel();
    },
    { validator: assertNotLeft },
  );
  setHandler<void, [Reschedule], typeof reschedule>(
    reschedule,
    (to) => {
      sendAtMs = to.sendAtMs;
      wakes += 1;
    },
    { validator: assertNotLeft },
  );

  return {
    isCancelWanted: () => isCancelWanted,
    sendAtMs: () => sendAtMs,
    /** How often somebody has told the run something that may let it go on. */
    wakes: () => wakes,

    /** What the database has decided, found by a run that was not told. */
    moveTo(atMs: number): void {
      sendAtMs = atMs;
    },

    /** Runs the part of the life that a cancellation may still end. */
    runCancellable(part: () => Promise<void>): Promise<void> {
      scope = new CancellationScope();
      if (isCancelWanted) scope.cancel();
      return scope.run(part);
    },

    /** From now on nothing can be changed. */
    end(): void {
      isOver = true;
    },

    /** Sleeps until the time, or until somebody wakes the message. */
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
