export interface RetryOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Counted from the due time of a receipt. */
  readonly giveUpAfterMs: number;
}

/** Doubles from `firstMs` to `maxMs`; `attempts` counts the failed attempts. */
export const retryDelayMs = (attempts: number, { firstMs, maxMs }: RetryOptions): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(attempts - 1, 30));

export interface Backoff {
  /** Runs the action after the delay for this number of failed attempts. */
  later(attempts: number, action: () => void): void;
  /** Pauses everything for a while; consecutive holds get longer, until `reset`. */
  hold(): void;
  isHolding(): boolean;
  reset(): void;
  /** Ends a hold at once. */
  wake(): void;
  stop(): void;
}

export function createBackoff(retry: RetryOptions, onHoldEnd: () => void): Backoff {
  const timers = new Set<NodeJS.Timeout>();
  let holding: NodeJS.Timeout | null = null;
  let holdsInARow = 0;

  function endHold(): void {
    if (holding !== null) clearTimeout(holding);
    holding = null;
    onHoldEnd();
  }

  return {
    later(attempts, action) {
      const fire = (): void => {
        timers.delete(timer);
        action();
      };
      const timer = setTimeout(fire, retryDelayMs(attempts, retry));
      timers.add(timer);
    },
    hold() {
      if (holding !== null) return;
      holdsInARow += 1;
      holding = setTimeout(endHold, retryDelayMs(holdsInARow, retry));
    },
    isHolding: () => holding !== null,
    reset() {
      holdsInARow = 0;
    },
    wake() {
      holdsInARow = 0;
      endHold();
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      if (holding !== null) clearTimeout(holding);
    },
  };
}
