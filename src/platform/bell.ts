import { sleep } from './clock.ts';

export interface Bell {
  /** Ends the wait of the loop, or its next one. */
  ring(): void;
  /** The pause of a loop: until the bell rings, and a little longer, so that one round takes what comes together. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Wakes a loop before its interval is over. */
export function createBell(gatherMs: number): Bell {
  let isRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      isRung = true;
      wake?.();
    },
    async pause(milliseconds, signal) {
      if (!isRung) {
        const waiting = new AbortController();
        wake = () => waiting.abort();
        await sleep(milliseconds, AbortSignal.any([waiting.signal, signal]));
        wake = undefined;
      }
      if (isRung) await sleep(gatherMs, signal);
      isRung = false;
    },
  };
}
