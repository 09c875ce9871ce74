/**
 * How fast one channel may write to one contact. Pure.
 *
 * Meta's rule: one message in six seconds, and up to 45 at once, borrowed from the time that follows. This is the
 * generic cell rate algorithm: `tat`, the theoretical arrival time, is when the pair would be even again; every message
 * moves it six seconds ahead, and it may lead the present by what a burst borrows. In any span of time D there are then
 * at most `burst + D / 6 s` messages.
 */
export const pairIntervalMs = 6_000;

/** Meta's own; a caller may allow less. */
export const maxPairBurst = 45;

/** Times in epoch milliseconds; 0 for never. */
export interface PairState {
  /** When the messages that were really let through will have been paid for. */
  readonly tatMs: number;
  /** The last place that was promised to a caller who was refused. */
  readonly queueMs: number;
  /** Before then nothing, whatever the count says; from then on one at a time, because Meta's count is full. */
  readonly blockedMs: number;
}

export const untouchedPair: PairState = { tatMs: 0, queueMs: 0, blockedMs: 0 };

export type PairDecision =
  | { readonly granted: true; readonly next: PairState }
  | { readonly granted: false; readonly next: PairState; readonly comeBackAtMs: number };

export interface PairAsk {
  readonly nowMs: number;
  readonly burst: number;
}

/**
 * Between the place and the call's arrival lies the claim, which takes a little longer for one message than for the
 * next. Who may not follow at once keeps so much more distance that the arrivals are an interval apart all the same.
 */
const spreadMs = 500;

const distanceMs = (burst: number): number => (burst === 1 ? spreadMs : 0);

const toleranceMs = (burst: number): number => (burst - 1) * pairIntervalMs;

/** When the next message may go. After a penalty the allowance is empty at that moment. */
const earliestMs = ({ tatMs, blockedMs }: PairState, burst: number): number =>
  Math.max(tatMs - toleranceMs(burst) + distanceMs(burst), blockedMs);

/**
 * Lets a message through, or says when to ask again. What is let through depends on messages alone; a refused caller
 * gets a place of its own, six seconds after the last one, so that those who wait come back one after another. A place
 * is no promise: it is lost if its owner does not come, and somebody who comes just before may take it.
 */
export function decidePair(state: PairState, { nowMs, burst }: PairAsk): PairDecision {
  const earliest = earliestMs(state, burst);
  if (earliest <= nowMs) {
    const afterPenalty = state.blockedMs === 0 ? 0 : state.blockedMs + toleranceMs(burst);
    const tatMs = Math.max(state.tatMs, nowMs, afterPenalty) + pairIntervalMs;
    return { granted: true, next: { ...state, tatMs } };
  }
  const comeBackAtMs = Math.max(earliest, state.queueMs + pairIntervalMs + distanceMs(burst));
  return { granted: false, next: { ...state, queueMs: comeBackAtMs }, comeBackAtMs };
}

/** Decides about several messages at the same time, in their order; answers the state after all of them. */
export function decidePairs(state: PairState, asks: readonly PairAsk[]) {
  let next = state;
  const decisions = asks.map((ask) => {
    const decision = decidePair(next, ask);
    next = decision.next;
    return decision;
  });
  return { decisions, next };
}

/** From when on the state says no more than a pair that never was. */
export const pairEndsAtMs = ({ tatMs, queueMs, blockedMs }: PairState): number =>
  Math.max(tatMs, queueMs, blockedMs + toleranceMs(maxPairBurst));
