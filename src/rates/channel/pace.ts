import { coolDownMs } from './rules.ts';

/** A late timer is made up for up to this long. */
const maxCatchUpMs = 200;

/**
 * Spaces out bulk messages. Permits taken together also come free together, a second later, and so on every second:
 * an urgent message in between would wait for most of a second. So bulk takes one permit at a time. That costs it
 * nothing: a permit is in use for longer than its part of the second.
 */
export function createPace() {
  let nextMs = -Infinity;
  return {
    isTurn: (nowMs: number): boolean => nowMs >= nextMs,
    nextAtMs: (): number => nextMs,

    /** Records one departure; `permits` is how many the process may hold. */
    took(nowMs: number, permits: number): void {
      nextMs = Math.max(nextMs, nowMs - maxCatchUpMs) + coolDownMs / Math.max(1, permits);
    },
  };
}
