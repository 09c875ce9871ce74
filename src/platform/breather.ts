/** Lets long computations share the event loop: each asks often, and waits when the loop has been busy for too long. */
export interface Breather {
  /** Waits for the next round of the event loop if this one has lasted `maxBusyMs`. */
  breathe(): Promise<void>;
  /** Waits for the next round in any case: before and after a step that cannot be divided. */
  pause(): Promise<void>;
}

/**
 * All computations of a process share one breather: a round of the event loop continues only one of them, so that many at
 * once hold it no longer than one.
 */
export function createBreather(maxBusyMs: number): Breather {
  const waiting: (() => void)[] = [];
  let roundStartedAt = performance.now();

  function startRound(): void {
    roundStartedAt = performance.now();
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(startRound);
  }

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(startRound);
    });

  return {
    pause,
    async breathe() {
      if (performance.now() - roundStartedAt >= maxBusyMs) await pause();
    },
  };
}
