import { addBusinessMs, businessMsBetween } from '../../business-hours/calendar.ts';
import type { BusinessCalendar } from '../../business-hours/intervals.ts';

/** How long an answer or a resolution may take. */
export interface Terms {
  readonly targetMs: number;
  /** The part of the target after which people are warned, such as 0.8; null warns nobody. */
  readonly warnAt: number | null;
  /** Null counts around the clock. */
  readonly calendar: BusinessCalendar | null;
}

export interface Pause {
  readonly from: Date;
  /** Null while it lasts. */
  readonly to: Date | null;
}

export interface Course {
  readonly startedAt: Date;
  /** In order; only the last one may last. */
  readonly pauses: readonly Pause[];
}

export interface Schedule {
  /** Null while it is paused, and if the business is not open for so long in the next ten years. */
  readonly dueAt: Date | null;
  readonly warnAt: Date | null;
}

/** When a clock is due, and when to warn of it. Counted from the start each time, so that edits leave nothing behind. */
export function scheduleOf({ targetMs, warnAt, calendar }: Terms, course: Course): Schedule {
  const runs = runsOf(course);
  return {
    dueAt: reach(calendar, runs, targetMs),
    warnAt: warnAt === null ? null : reach(calendar, runs, Math.round(targetMs * warnAt)),
  };
}

interface Run {
  readonly from: Date;
  /** Null for the last one, if the clock is not paused. */
  readonly to: Date | null;
}

function runsOf({ startedAt, pauses }: Course): readonly Run[] {
  const runs: Run[] = [];
  let from: Date | null = startedAt;
  for (const pause of pauses) {
    if (from === null) break;
    runs.push({ from, to: pause.from });
    // The provider's clock may be ahead of ours, so the pause may end before the start.
    from = pause.to === null || pause.to > startedAt ? pause.to : startedAt;
  }
  return from === null ? runs : [...runs, { from, to: null }];
}

/** The instant at which the runs have lasted for `ms` of business time; null if they do not. */
function reach(calendar: BusinessCalendar | null, runs: readonly Run[], ms: number): Date | null {
  let rest = ms;
  for (const { from, to } of runs) {
    const at = addMs(calendar, from, rest);
    if (to === null || (at !== null && at <= to)) return at;
    rest -= msBetween(calendar, from, to);
  }
  return null;
}

const addMs = (calendar: BusinessCalendar | null, from: Date, ms: number): Date | null =>
  calendar === null ? new Date(from.getTime() + ms) : addBusinessMs(calendar, from, ms);

const msBetween = (calendar: BusinessCalendar | null, from: Date, to: Date): number =>
  calendar === null ? Math.max(0, to.getTime() - from.getTime()) : businessMsBetween(calendar, from, to);
