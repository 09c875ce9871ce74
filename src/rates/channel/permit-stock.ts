import { coolDownMs } from './rules.ts';

/**
 * The permits of one channel that this process may hold. Times are milliseconds of its monotonic clock. It has no
 * timers and makes no calls, so a test can run it through any trace of events.
 */
export type PermitStock = ReturnType<typeof createPermitStock>;

/** Time allowed for a call to arrive after it began, if the lease is not renewed meanwhile. */
const arrivalMs = 1_000;
/** The same for the check right before the call: time already spent must not count twice. */
const lateArrivalMs = 500;

/** Weight of a new observation in the moving average of response times. */
const weight = 0.1;

export interface GrantedShare {
  readonly permits: number;
  readonly target: number;
}

export function createPermitStock() {
  /** When each answered permit finishes cooling down, in order. */
  const cooling: number[] = [];
  let calling = 0;
  let share: GrantedShare | null = null;
  let leaseUntilMs = -Infinity;
  let answerMs = 100;

  const held = (): number => calling + cooling.length;
  /** Permits that may be held at once. A share that must shrink shrinks here first. */
  const cap = (): number => (share === null ? 0 : Math.min(share.permits, share.target));

  /** Whether a call that begins now, and its cool-down, end before the lease does. */
  const isInLease = (nowMs: number): boolean => nowMs + arrivalMs + coolDownMs <= leaseUntilMs;

  /** Frees the permits that have cooled down. */
  function release(nowMs: number): void {
    while (cooling.length > 0 && (cooling[0] ?? 0) <= nowMs) cooling.shift();
  }

  return {
    /** Takes a permit if one is free. */
    take(nowMs: number): boolean {
      release(nowMs);
      if (held() >= cap() || !isInLease(nowMs)) return false;
      calling += 1;
      return true;
    },

    /** False: the lease may end before the call arrives and cools down. Do not make the call. */
    stillHolds: (nowMs: number): boolean => nowMs + lateArrivalMs + coolDownMs <= leaseUntilMs,

    /** The provider answered: the permit starts to cool down. */
    answered(nowMs: number, takenAtMs: number): void {
      calling -= 1;
      cooling.push(nowMs + coolDownMs);
      answerMs += weight * (nowMs - takenAtMs - answerMs);
    },

    /** No call was made: the permit needs no cool-down. */
    unused(): void {
      calling -= 1;
    },

    /** When a permit is free: now, or once one has cooled down; null if only a renewal or an answer can free one. */
    nextFreeAtMs(nowMs: number): number | null {
      release(nowMs);
      if (!isInLease(nowMs)) return null;
      return held() < cap() ? nowMs : (cooling[0] ?? null);
    },

    held(nowMs: number): number {
      release(nowMs);
      return held();
    },

    /** The most permits that this process will hold until a renewal requested now is answered. */
    keeps(nowMs: number): number {
      release(nowMs);
      // A lease that may have ended promises nothing: only permits in use still count.
      if (!isInLease(nowMs)) share = null;
      return Math.max(held(), cap());
    },

    /** Applies a renewal requested at `askedAtMs`. `lastsMs` counts from the request, which errs on the safe side. */
    renew(granted: GrantedShare, askedAtMs: number, lastsMs: number): void {
      share = granted;
      leaseUntilMs = askedAtMs + lastsMs;
    },

    /** Hands out no permits until the next renewal. */
    drop(): void {
      share = null;
    },

    /**
     * Estimated wait of the caller at this place of the queue (1 is the first); null if unknown. Before the first
     * share is known it assumes the whole limit.
     */
    waitMs(place: number, nowMs: number, limit: number): number | null {
      release(nowMs);
      const usable = share === null ? limit : Math.max(share.permits, share.target);
      if (usable === 0) return null;
      const missing = place - Math.max(0, usable - held());
      return missing <= 0 ? 0 : (missing / usable) * (coolDownMs + answerMs);
    },

    share: (): GrantedShare | null => share,
  };
}
