import { coolDownMs } from './rules.ts';

/** A timer that was late is made up for, as far as this. */
const maxCatchUpMs = 200;

/**
 * When the next message of a bulk may leave. Permits that are taken at once come free at once, a second later, and so
 * in every second from then on: whoever has something urgent in between would wait for most of a second. So a bulk
 * takes one permit after the other. That costs it nothing: a permit is out for longer than its part of the second.
 */
export function createPace() {
  let nextMs = -Infinity;
  return {
    isTurn: (nowMs: number): boolean => nowMs >= nextMs,
    nextAtMs: (): number => nextMs,

    /** One has left, of as many permits as there are. */
    took(nowMs: number, permits: number): void {
      nextMs = Math.max(nextMs, nowMs - maxCatchUpMs) + coolDownMs / Math.max(1, permits);
    },
  };
}
