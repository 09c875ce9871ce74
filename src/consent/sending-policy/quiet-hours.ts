import { DateTime } from 'luxon';
import { isQuietMinute, minuteOf, type QuietHours } from './rules.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Offsets change at most once in so long a time. */
const stepMs = 12 * hourMs;
/** Quiet hours are shorter than a day; when the clock skips the time between two of them, they join. */
const horizonMs = 72 * hourMs;
const daysAhead = horizonMs / (24 * hourMs);

function localTime(ms: number, zone: string): DateTime {
  const local = DateTime.fromMillis(ms, { zone });
  if (!local.isValid) throw new Error(`There is no time zone ${zone}.`);
  return local;
}

const isQuietAt = (quietHours: QuietHours, zone: string, ms: number): boolean => {
  const local = localTime(ms, zone);
  return isQuietMinute(quietHours, local.weekday, local.hour * 60 + local.minute);
};

/** An instant as it is shown by the clocks of a zone, with the weekday where it is not within a day from `now`. */
export function clockText(at: Date, zone: string, now: Date): string {
  const isWithinDay = at.getTime() - now.getTime() < 24 * hourMs;
  const time = localTime(at.getTime(), zone).setLocale('en');
  return `${time.toFormat(isWithinDay ? 'HH:mm' : 'cccc HH:mm')} (${zone})`;
}

/**
 * The first instant after `now` that is not within the quiet hours; null when `now` is not. What counts is the clock on
 * the wall: an hour that it skips is no time at all, and one that it shows twice is quiet twice or not at all.
 */
export function nextAllowedInstant(quietHours: QuietHours | null, zone: string, now: Date): Date | null {
  const nowMs = now.getTime();
  if (quietHours === null || !isQuietAt(quietHours, zone, nowMs)) return null;
  const allowed = candidates(quietHours, zone, nowMs).find((ms) => !isQuietAt(quietHours, zone, ms));
  if (allowed === undefined) throw new Error('Quiet hours that do not end.');
  return new Date(allowed);
}

/**
 * Where quiet hours can end, in order: where the clock comes to their end, by each offset that holds in these days, and
 * where the clock is changed.
 */
function candidates({ to }: QuietHours, zone: string, nowMs: number): number[] {
  const changes = offsetChanges(zone, nowMs);
  const offsets = new Set([nowMs, ...changes].map((ms) => localTime(ms, zone).offset));
  const { year, month, day } = localTime(nowMs, zone);
  const ends = Array.from({ length: daysAhead + 2 }, (_value, index) =>
    [...offsets].map((offset) => Date.UTC(year, month - 1, day - 1 + index, 0, minuteOf(to) - offset)),
  ).flat();
  return [...ends, ...changes].filter((ms) => ms > nowMs).toSorted((a, b) => a - b);
}

/** The instants in the next days at which the zone changes its offset from UTC, to the minute. */
function offsetChanges(zone: string, nowMs: number): number[] {
  const startMs = Math.floor(nowMs / minuteMs) * minuteMs;
  const offsetAt = (ms: number): number => localTime(ms, zone).offset;
  const found: number[] = [];
  for (let ms = startMs; ms < startMs + horizonMs; ms += stepMs) {
    let [before, after] = [ms, ms + stepMs];
    if (offsetAt(before) === offsetAt(after)) continue;
    while (after - before > minuteMs) {
      const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs;
      if (offsetAt(middle) === offsetAt(before)) before = middle;
      else after = middle;
    }
    found.push(after);
  }
  return found;
}
