import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.ts';

export interface Progress {
  readonly isOver: boolean;
  /** What is left, in words; as long as they change, something moves. */
  readonly state: string;
}

interface StillnessOptions {
  /** Null while nothing can be seen, as when a process is being started again. */
  look(): Promise<Progress | null>;
  /** Without any change for so long, what is left will never end. */
  readonly maxStillMs: number;
  readonly pollMs: number;
  readonly log: Log;
}

const logEveryMs = 10_000;

/** Waits until all is over, or nothing moves any more; returns whether it is over. */
export async function waitUntilStill(options: StillnessOptions): Promise<boolean> {
  const { look, maxStillMs, pollMs, log } = options;
  let [last, changedAt, loggedAt] = ['', performance.now(), performance.now()];
  for (;;) {
    const progress = await look();
    if (progress?.isOver === true) return true;
    const now = performance.now();
    if (progress !== null && progress.state !== last) [last, changedAt] = [progress.state, now];
    if (now - changedAt > maxStillMs) {
      log(`nothing has changed for ${maxStillMs / 1_000} s: ${last}`);
      return false;
    }
    if (now - loggedAt > logEveryMs) {
      log(last);
      loggedAt = now;
    }
    await sleep(pollMs);
  }
}

interface PollOptions {
  /** The error when it takes too long. */
  readonly error: string;
  readonly timeoutMs: number;
  readonly pollMs: number;
}

/** Waits until the look finds something and returns that. */
export async function waitFor<T>(look: () => Promise<T | null>, options: PollOptions): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(options.error);
    await sleep(options.pollMs);
  }
}
