import { localTime } from '../../platform/zones.ts';
import { isQuietMinute, minuteOf, type QuietHours } from './rules.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A zone changes its offset at most once per step. */
const stepMs = 12 * hourMs;
/** Quiet hours last less than a day, but two of them join when the clock skips the time between them. */
const horizonMs = 72 * hourMs;
const daysAhead = horizonMs / (24 * hourMs);

const isQuietAt = (quietHours: QuietHours, zone: string, ms: number): boolean => {
  const local = localTime(new Date(ms), zone);
  return isQuietMinute(quietHours, local.weekday, local.hour * 60 + local.minute);
};

/** The local time of an instant, with the weekday if it is a day or more after `now`. */
export function clockText(at: Date, zone: string, now: Date): string {
  const isWithinDay = at.getTime() - now.getTime() < 24 * hourMs;
  const time = localTime(at, zone).setLocale('en');
  return `${time.toFormat(isWithinDay ? 'HH:mm' : 'cccc HH:mm')} (${zone})`;
}

/**
 * The first instant after `now` outside the quiet hours; null when `now` is outside them. Local time decides: a
 * skipped hour does not count, and a repeated hour is quiet both times or not at all.
 */
export function nextAllowedInstant(quietHours: QuietHours | null, zone: string, now: Date): Date | null {
  const nowMs = now.getTime();
  if (quietHours === null || !isQuietAt(quietHours, zone, nowMs)) return null;
  const allowed = candidates(quietHours, zone, nowMs).find((ms) => !isQuietAt(quietHours, zone, ms));
  if (allowed === undefined) throw new Error('The quiet hours do not end.');
  return new Date(allowed);
}

/** Instants at which quiet hours can end, in order: their end time in each current offset, and each offset change. */
function candidates({ to }: QuietHours, zone: string, nowMs: number): number[] {
  const changes = offsetChanges(zone, nowMs);
  const offsets = new Set([nowMs, ...changes].map((ms) => localTime(new Date(ms), zone).offset));
  const { year, month, day } = localTime(new Date(nowMs), zone);
  const ends = Array.from({ length: daysAhead + 2 }, (_value, index) =>
    [...offsets].map((offset) => Date.UTC(year, month - 1, day - 1 + index, 0, minuteOf(to) - offset)),
  ).flat();
  return [...ends, ...changes].filter((ms) => ms > nowMs).toSorted((a, b) => a - b);
}

/** The instants within the horizon at which the zone changes its offset from UTC, to the minute. */
function offsetChanges(zone: string, nowMs: number): number[] {
  const startMs = Math.floor(nowMs / minuteMs) * minuteMs;
  const offsetAt = (ms: number): number => localTime(new Date(ms), zone).offset;
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
