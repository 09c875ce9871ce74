import type { Pause } from './schedule.ts';

export const clockStates = ['running', 'paused', 'met', 'breached', 'void'] as const;
export type ClockState = (typeof clockStates)[number];

/** What decides the state of a clock, and that state. */
export interface Clock {
  /** By the provider's clock. */
  readonly startedAt: Date;
  readonly dueAt: Date | null;
  readonly warnAt: Date | null;
  /** In order; only of a resolution. */
  readonly pauses: readonly Pause[];
  readonly state: ClockState;
  /** When it was answered or closed, in time or not. */
  readonly endedAt: Date | null;
  readonly warnedAt: Date | null;
  /** The deadline that was missed; never removed. */
  readonly breachedAt: Date | null;
}

type Standing = Pick<Clock, 'state' | 'endedAt' | 'warnedAt' | 'breachedAt'>;

/** How a clock ends. */
export interface Ending {
  readonly at: Date;
  /** Its state if it ends in time. */
  readonly as: 'met' | 'void';
}

/** Whether the clock may still be met or missed. */
export const isLive = ({ state }: Pick<Clock, 'state'>): boolean => state === 'running' || state === 'paused';

export const isPaused = ({ pauses }: Pick<Clock, 'pauses'>): boolean => pauses.at(-1)?.to === null;

/**
 * The clock with the state that its times give it at `now`; the same object if nothing changes. Ending at the deadline is
 * too late. A missed deadline stays missed, whatever becomes known later.
 */
export function judge<C extends Clock>(clock: C, ending: Ending | null, now: Date): C {
  const standing = standingOf(clock, ending, now);
  return isSameStanding(clock, standing) ? clock : { ...clock, ...standing };
}

function standingOf(clock: Clock, ending: Ending | null, now: Date): Standing {
  const { dueAt, warnAt, warnedAt } = clock;
  const endedAt = ending?.at ?? null;
  const isMissed = dueAt !== null && (endedAt === null ? dueAt <= now : endedAt >= dueAt);
  const breachedAt = clock.breachedAt ?? (isMissed ? dueAt : null);
  if (breachedAt !== null) return { state: 'breached', endedAt, warnedAt, breachedAt };
  if (ending !== null) return { state: ending.as, endedAt, warnedAt, breachedAt };
  if (isPaused(clock)) return { state: 'paused', endedAt, warnedAt, breachedAt };
  const isWarned = warnAt !== null && warnAt <= now;
  return { state: 'running', endedAt, warnedAt: warnedAt ?? (isWarned ? warnAt : null), breachedAt };
}

const isSameStanding = (clock: Clock, standing: Standing): boolean =>
  clock.state === standing.state &&
  isSameTime(clock.endedAt, standing.endedAt) &&
  isSameTime(clock.warnedAt, standing.warnedAt) &&
  isSameTime(clock.breachedAt, standing.breachedAt);

export const isSameTime = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime();

/** When to look at the clock again; null if never. */
export function nextLook(clock: Clock): Date | null {
  if (clock.state !== 'running') return null;
  return clock.warnedAt === null && clock.warnAt !== null ? clock.warnAt : clock.dueAt;
}

const maxPauses = 100;

/** The pauses once the conversation is set aside at `at`, or taken up again; the same list if it was so. */
export function pausesAfter(
  pauses: readonly Pause[],
  change: 'pause' | 'resume',
  at: Date,
): readonly Pause[] {
  const last = pauses.at(-1);
  const isNow = last?.to === null;
  if (change === 'pause')
    return isNow || pauses.length >= maxPauses ? pauses : [...pauses, { from: at, to: null }];
  return last === undefined || !isNow ? pauses : [...pauses.slice(0, -1), { from: last.from, to: at }];
}
