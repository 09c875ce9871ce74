import { coolDownMs } from './rules.ts';

/**
 * The permits of one channel that this process may hold, by its own monotonic clock; times are milliseconds of that
 * clock. It has no timers and makes no calls, so that a test can run it through any trace of events.
 */
export type PermitStock = ReturnType<typeof createPermitStock>;

/** How long a call may take to arrive once it has begun, if the lease is not renewed meanwhile. */
const arrivalMs = 1_000;
/** The same, asked for a second time just before the call: what was spent since must not count twice. */
const lateArrivalMs = 500;

/** How much a new observation weighs in the average time until an answer. */
const weight = 0.1;

export interface GrantedShare {
  readonly permits: number;
  readonly target: number;
}

export function createPermitStock() {
  /** When each permit whose answer is in ends to cool down; in order. */
  const cooling: number[] = [];
  let calling = 0;
  let share: GrantedShare | null = null;
  let leaseUntilMs = -Infinity;
  let answerMs = 100;

  const held = (): number => calling + cooling.length;
  /** How many may be held at once; a share that has to shrink shrinks here first. */
  const cap = (): number => (share === null ? 0 : Math.min(share.permits, share.target));

  /** Whether a call that begins now is over, with its second, before the lease is. */
  const isInLease = (nowMs: number): boolean => nowMs + arrivalMs + coolDownMs <= leaseUntilMs;

  /** Lets go of the permits whose second is over. */
  function release(nowMs: number): void {
    while (cooling.length > 0 && (cooling[0] ?? 0) <= nowMs) cooling.shift();
  }

  return {
    /** Takes a permit if there is one now. */
    take(nowMs: number): boolean {
      release(nowMs);
      if (held() >= cap() || !isInLease(nowMs)) return false;
      calling += 1;
      return true;
    },

    /** False: the lease may end before the call has arrived and its second is over; do not make it. */
    stillHolds: (nowMs: number): boolean => nowMs + lateArrivalMs + coolDownMs <= leaseUntilMs,

    /** The answer is in: the permit cools down. */
    answered(nowMs: number, takenAtMs: number): void {
      calling -= 1;
      cooling.push(nowMs + coolDownMs);
      answerMs += weight * (nowMs - takenAtMs - answerMs);
    },

    /** No call was made with it: it need not cool down. */
    unused(): void {
      calling -= 1;
    },

    /** When there is a permit by itself: now, or when one has cooled down; null before a renewal or an answer. */
    nextFreeAtMs(nowMs: number): number | null {
      release(nowMs);
      if (!isInLease(nowMs)) return null;
      return held() < cap() ? nowMs : (cooling[0] ?? null);
    },

    held(nowMs: number): number {
      release(nowMs);
      return held();
    },

    /** How many this process will hold at most until the answer to a renewal that is asked for now. */
    keeps(nowMs: number): number {
      release(nowMs);
      // A lease that may have ended promises nothing: only what is really out still counts.
      if (!isInLease(nowMs)) share = null;
      return Math.max(held(), cap());
    },

    /** A renewal that was asked for at `askedAtMs` has been written; `lastsMs` counts from then, which is early enough. */
    renew(granted: GrantedShare, askedAtMs: number, lastsMs: number): void {
      share = granted;
      leaseUntilMs = askedAtMs + lastsMs;
    },

    /** Hands out no more until the next renewal. */
    drop(): void {
      share = null;
    },

    /**
     * About how long the caller at this place of the queue (1 is the first) has to wait; null when that cannot be
     * told. Before the first share is known it counts on the whole limit.
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
