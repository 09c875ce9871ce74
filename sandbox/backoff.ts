export interface RetryOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Counted from the moment when a receipt was due. */
  readonly giveUpAfterMs: number;
}

/** Grows from the first delay to the longest; `attempts` counts the attempts that have failed. */
export const retryDelayMs = (attempts: number, { firstMs, maxMs }: RetryOptions): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(attempts - 1, 30));

export interface Backoff {
  /** Does the action after the delay that so many failures deserve. */
  later(attempts: number, action: () => void): void;
  /** Holds everything back for a while; each hold in a row is longer, until `reset`. */
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
