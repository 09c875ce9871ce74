/** The days of a week, from Sunday on, as JavaScript counts them. */
export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

/**
 * From and to on the clock, such as 09:00 and 18:00. It may end at 24:00; if it does not end later than it begins, it ends
 * on the next day.
 */
export type Interval = readonly [from: string, to: string];

export interface Holiday {
  /** Such as 2026-12-25. */
  readonly date: string;
  /** Instead of those of the weekday; none means closed. An interval of the day before still runs out. */
  readonly intervals: readonly Interval[];
  readonly name?: string;
}

/** When a place is open, on its own clock. */
export interface BusinessCalendar {
  readonly zone: string;
  /** A day that is missing is closed. */
  readonly week: Readonly<Partial<Record<Weekday, readonly Interval[]>>>;
  readonly holidays: readonly Holiday[];
}

export const maxIntervals = 5;

/** Minutes since midnight of a time such as 09:30. */
export function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

const dayMinutes = 24 * 60;

export interface IntervalIssue {
  /** The index of the interval. */
  readonly index: number;
  readonly message: string;
}

/** Everything wrong with the intervals of a day, whose times have the right form. */
export function intervalIssues(intervals: readonly Interval[]): readonly IntervalIssue[] {
  const lasting = intervals.map(([from, to], index) => {
    const [start, end] = [minutesOf(from), minutesOf(to)];
    return { index, start, end: end > start ? end : end + dayMinutes, isEmpty: start === end };
  });
  const empty = lasting.filter(({ isEmpty }) => isEmpty);
  const sorted = lasting.filter(({ isEmpty }) => !isEmpty).toSorted((a, b) => a.start - b.start);
  const overlapping = sorted.filter(({ start }, place) => start < (sorted[place - 1]?.end ?? 0));
  return [
    ...empty.map(({ index }) => ({ index, message: 'It must not begin and end at the same time.' })),
    ...overlapping.map(({ index }) => ({ index, message: 'It overlaps another interval of the day.' })),
  ];
}
