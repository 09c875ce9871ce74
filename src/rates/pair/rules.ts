/**
 * The rate limit between one channel and one contact. Pure.
 *
 * Meta's rule: one message in six seconds, and bursts of up to 45, borrowed from the time that follows. This is the
 * generic cell rate algorithm. `tat`, the theoretical arrival time, is when the pair has no debt left; every message
 * moves it six seconds ahead, and it may lead the present by what a burst borrows. So any span of time D holds at most
 * `burst + D / 6 s` messages.
 */
export const pairIntervalMs = 6_000;

/** Meta's limit; a caller may allow less. */
export const maxPairBurst = 45;

/** Times in epoch milliseconds; 0 for never. */
export interface PairState {
  /** When the granted messages are paid off. */
  readonly tatMs: number;
  /** The latest time given to a refused caller. */
  readonly queueMs: number;
  /** Nothing is granted before this time; from then on one at a time, because Meta's count is full. */
  readonly blockedMs: number;
}

export const untouchedPair: PairState = { tatMs: 0, queueMs: 0, blockedMs: 0 };

export type PairDecision =
  | { readonly granted: true; readonly next: PairState }
  | { readonly granted: false; readonly next: PairState; readonly comeBackAtMs: number };

export interface PairRequest {
  readonly nowMs: number;
  readonly burst: number;
}

/**
 * Between the grant and the call's arrival lies the claim, whose duration varies. Messages without a burst keep this
 * much extra distance, so that their arrivals are still an interval apart.
 */
const spreadMs = 500;

const distanceMs = (burst: number): number => (burst === 1 ? spreadMs : 0);

const toleranceMs = (burst: number): number => (burst - 1) * pairIntervalMs;

/** When the next message may go. At the end of a block the allowance is empty. */
const earliestMs = ({ tatMs, blockedMs }: PairState, burst: number): number =>
  Math.max(tatMs - toleranceMs(burst) + distanceMs(burst), blockedMs);

/**
 * Grants a message, or says when to ask again. A grant depends on granted messages alone. Each refused caller gets a
 * time six seconds after the previous one, so that waiting callers return one after another. That time is no
 * reservation: a caller that arrives just before may take it.
 */
export function decidePair(state: PairState, { nowMs, burst }: PairRequest): PairDecision {
  const earliest = earliestMs(state, burst);
  if (earliest <= nowMs) {
    const afterPenalty = state.blockedMs === 0 ? 0 : state.blockedMs + toleranceMs(burst);
    const tatMs = Math.max(state.tatMs, nowMs, afterPenalty) + pairIntervalMs;
    return { granted: true, next: { ...state, tatMs } };
  }
  const comeBackAtMs = Math.max(earliest, state.queueMs + pairIntervalMs + distanceMs(burst));
  return { granted: false, next: { ...state, queueMs: comeBackAtMs }, comeBackAtMs };
}

/** Decides several messages at the same time, in their order; returns the state after all of them. */
export function decidePairs(state: PairState, asks: readonly PairRequest[]) {
  let next = state;
  const decisions = asks.map((ask) => {
    const decision = decidePair(next, ask);
    next = decision.next;
    return decision;
  });
  return { decisions, next };
}

/** From here on the state equals that of an untouched pair. */
export const pairEndsAtMs = ({ tatMs, queueMs, blockedMs }: PairState): number =>
  Math.max(tatMs, queueMs, blockedMs + toleranceMs(maxPairBurst));
