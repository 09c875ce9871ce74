import { isUnverifiedSource, type DueSource } from './source.ts';

/** Every event is in one of `all` and `large`; `urgent` takes those of `all` that may hold an opt-out, past the others. */
export type ProcessorLane = 'all' | 'urgent' | 'large';

export interface LaneBounds {
  /** Of one turn. Messages of contacts are handled one after the other, and a STOP waits for those before it. */
  readonly maxEvents: number;
  /**
   * Sources whose events are handled at the same time: enough that a few slow ones hold up nobody, few enough that each
   * gets on fast when all of them are busy.
   */
  readonly maxTurns: number;
  /** How many of these unverified sources may have at most: anyone may sign up and make more of them. */
  readonly maxUnverifiedTurns: number;
  /** How long a source may go on while others wait for its place: with 8 places, forty sources share a second. */
  readonly sharedTurnMs: number;
}

export const laneBounds: Readonly<Record<ProcessorLane, LaneBounds>> = {
  all: { maxEvents: 200, maxTurns: 8, maxUnverifiedTurns: 2, sharedTurnMs: 200 },
  urgent: { maxEvents: 20, maxTurns: 4, maxUnverifiedTurns: 1, sharedTurnMs: 200 },
  // One at a time, which bounds the memory. A body is parsed again in each of its turns, so they are longer.
  large: { maxEvents: 1, maxTurns: 1, maxUnverifiedTurns: 1, sharedTurnMs: 500 },
};
/** The sources that get a turn now, beside those that have one. */
export function chooseTurns(
  sorted: readonly DueSource[],
  running: readonly (string | null)[],
  { maxTurns, maxUnverifiedTurns }: LaneBounds,
): readonly DueSource[] {
  let left = maxUnverifiedTurns - running.filter(isUnverifiedSource).length;
  const allowed = sorted.filter(({ source }) => {
    if (!isUnverifiedSource(source)) return true;
    left -= 1;
    return left >= 0;
  });
  return allowed.slice(0, Math.max(0, maxTurns - running.length));
}
