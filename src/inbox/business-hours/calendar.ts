import { offsetSpans } from '../../platform/zones.ts';
import { minutesOf, weekdays, type BusinessCalendar, type Interval } from './intervals.ts';

/**
 * Business time. A place is open while its clock shows a time within an interval. So an interval that begins in an hour
 * that the clocks skip begins when they go on, an hour that they show twice is open twice, and days of 23 and 25 hours
 * come out by themselves.
 */

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Days that are read at a time. */
const chunkMs = 7 * dayMs;

/** Longer than this is never: ten years, for calendars that are closed, or open for minutes a week. */
const maxDays = 3_660;
const maxMs = maxDays * dayMs;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whether the place is open at the instant. */
export const isOpen = (calendar: BusinessCalendar, at: Date): boolean =>
  openSpans(compile(calendar), at.getTime(), at.getTime() + 1).length > 0;

/** The first instant from `at` on at which the place is open: `at` itself if it is. Null if there is none in ten years. */
export function nextOpening(calendar: BusinessCalendar, at: Date): Date | null {
  for (const { from } of walk(calendar, at.getTime())) return new Date(from);
  return null;
}

/** Open milliseconds between two instants; 0 if the second is not later. Throws beyond ten years. */
export function businessMsBetween(calendar: BusinessCalendar, from: Date, to: Date): number {
  const end = to.getTime();
  if (end - from.getTime() > maxMs) throw new RangeError('Business time is counted over ten years at most.');
  let total = 0;
  for (const span of walk(calendar, from.getTime())) {
    if (span.from >= end) break;
    total += Math.min(span.to, end) - span.from;
  }
  return total;
}

/** The instant at which `ms` of business time have passed since `from`. Null if they have not in ten years. */
export function addBusinessMs(calendar: BusinessCalendar, from: Date, ms: number): Date | null {
  if (ms <= 0) return from;
  let rest = ms;
  for (const span of walk(calendar, from.getTime())) {
    const length = span.to - span.from;
    if (length >= rest) return new Date(span.from + rest);
    rest -= length;
  }
  return null;
}

interface Compiled {
  readonly zone: string;
  /** From Sunday on, in minutes of the day. */
  readonly week: readonly (readonly Minutes[])[];
  /** By day number. */
  readonly holidays: ReadonlyMap<number, readonly Minutes[]>;
}

/** `to` may be on the next day. */
interface Minutes {
  readonly from: number;
  readonly to: number;
}

const compile = ({ zone, week, holidays }: BusinessCalendar): Compiled => ({
  zone,
  week: weekdays.map((day) => (week[day] ?? []).map(toMinutes)),
  holidays: new Map(
    holidays.map(({ date, intervals }) => [
      Date.parse(`${date}T00:00:00Z`) / dayMs,
      intervals.map(toMinutes),
    ]),
  ),
});

function toMinutes([from, to]: Interval): Minutes {
  const [start, end] = [minutesOf(from), minutesOf(to)];
  return { from: start, to: end > start ? end : end + dayMs / minuteMs };
}

/** The open spans from an instant on, in order, for ten years; one span may be given in parts that meet. */
function* walk(calendar: BusinessCalendar, start: number): Generator<Span> {
  const compiled = compile(calendar);
  const end = Math.min(start + maxMs, lastOpening(compiled));
  for (let from = start; from < end; from += chunkMs)
    yield* openSpans(compiled, from, Math.min(from + chunkMs, end));
}

/** A week without intervals is open on holidays at most: nothing is to be found after the last one. */
function lastOpening({ week, holidays }: Compiled): number {
  if (week.some((intervals) => intervals.length > 0)) return Infinity;
  const lastDay = Math.max(
    ...[...holidays].flatMap(([day, intervals]) => (intervals.length > 0 ? [day] : [])),
  );
  return (lastDay + 3) * dayMs;
}

/** The open spans within [from, to), merged. */
function openSpans(compiled: Compiled, from: number, to: number): readonly Span[] {
  const spans = offsetSpans(compiled.zone, from, to).flatMap((shown) => spansAt(compiled, shown));
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || span.from > last.to) merged.push(span);
    else if (span.to > last.to) merged[merged.length - 1] = { from: last.from, to: span.to };
  }
  return merged;
}

/** The spans while the clock keeps its offset; those of the day before may reach into it. */
function spansAt(compiled: Compiled, shown: Span & { readonly offsetMs: number }): Span[] {
  const { from, to, offsetMs } = shown;
  const firstDay = Math.floor((from + offsetMs) / dayMs) - 1;
  const lastDay = Math.floor((to - 1 + offsetMs) / dayMs);
  const found: Span[] = [];
  for (let day = firstDay; day <= lastDay; day += 1) {
    for (const minutes of intervalsOf(compiled, day)) {
      const midnight = day * dayMs - offsetMs;
      const start = Math.max(from, midnight + minutes.from * minuteMs);
      const end = Math.min(to, midnight + minutes.to * minuteMs);
      if (start < end) found.push({ from: start, to: end });
    }
  }
  return found;
}

/** Day 0 is Thursday, 1 January 1970. A holiday replaces the intervals that begin on its date. */
function intervalsOf({ week, holidays }: Compiled, day: number): readonly Minutes[] {
  const weekday = (((day + 4) % 7) + 7) % 7;
  return holidays.get(day) ?? week[weekday] ?? [];
}
