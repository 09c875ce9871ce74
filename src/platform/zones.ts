import { DateTime, FixedOffsetZone, Zone } from 'luxon';
import moment from 'moment-timezone';

/**
 * Time zones by the rules of a package. Node's own rules are as old as its release: the offsets of a country that
 * changes its clocks would be wrong until the next one (ADR 0031).
 */

/** The release of the IANA time zone database, such as `2026f`. */
export const zoneDataVersion: string = moment.tz.dataVersion;

type ZoneRules = NonNullable<ReturnType<typeof moment.tz.zone>>;

class RuledZone extends Zone {
  readonly #rules: ZoneRules;

  constructor(rules: ZoneRules) {
    super();
    this.#rules = rules;
  }

  override get type(): string {
    return 'iana';
  }

  override get name(): string {
    return this.#rules.name;
  }

  override get isUniversal(): boolean {
    return false;
  }

  override get isValid(): boolean {
    return true;
  }

  override offset(ms: number): number {
    return -this.#rules.utcOffset(ms);
  }

  override offsetName(ms: number): string {
    return this.#rules.abbr(ms);
  }

  override formatOffset(ms: number, format: 'narrow' | 'short' | 'techie'): string {
    return FixedOffsetZone.instance(this.offset(ms)).formatOffset(ms, format);
  }

  override equals(other: Zone): boolean {
    return other instanceof RuledZone && other.name === this.name;
  }
}

/** Whether the text names a time zone such as "Europe/Berlin"; offsets such as "+02:00" do not. */
export const isTimeZone = (name: string): boolean => moment.tz.zone(name) !== null;

/** Whether the text names the zone of a place: `UTC` and `EST` are zones, but nobody lives there. */
export const isPlaceZone = (name: string): boolean => isTimeZone(name) && name.includes('/');

/** The time at the place. Throws for an unknown zone: bodies accept only zones that `isTimeZone` knows. */
export function localTime(at: Date, zone: string): DateTime {
  const rules = moment.tz.zone(zone);
  if (rules === null) throw new Error(`Unknown time zone ${zone}.`);
  return DateTime.fromJSDate(at, { zone: new RuledZone(rules) });
}

/** A time during which the clocks of a place keep their distance to UTC, in epoch milliseconds; `to` is exclusive. */
export interface OffsetSpan {
  readonly from: number;
  readonly to: number;
  /** Add it to an instant to get the time on the clock. */
  readonly offsetMs: number;
}

/** The spans of constant offset between two instants, in order. Throws for an unknown zone. */
export function offsetSpans(zone: string, from: number, to: number): readonly OffsetSpan[] {
  const rules = moment.tz.zone(zone);
  if (rules === null) throw new Error(`Unknown time zone ${zone}.`);
  const spans: OffsetSpan[] = [];
  for (let start = from; start < to;) {
    const next = rules.untils.find((until) => until > start) ?? Infinity;
    const end = Math.min(next, to);
    spans.push({ from: start, to: end, offsetMs: -rules.utcOffset(start) * 60_000 });
    start = end;
  }
  return spans;
}

/** A time on the clock of a place; `month` counts from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const dayMs = 24 * 60 * 60 * 1_000;

/**
 * The instant at which the clocks of a place show this time. A time that the clocks skip moves forward by the gap; a
 * time that they show twice means the first. Independent of the day of the call.
 */
export function instantOf({ year, month, day, hour, minute }: WallTime, zone: string): Date {
  const asUtcMs = Date.UTC(year, month - 1, day, hour, minute);
  const offsetMsAt = (ms: number): number => localTime(new Date(ms), zone).offset * 60_000;
  const before = asUtcMs - offsetMsAt(asUtcMs - dayMs);
  const after = asUtcMs - offsetMsAt(asUtcMs + dayMs);
  const shown = [before, after].filter((ms) => ms + offsetMsAt(ms) === asUtcMs);
  return new Date(shown.length === 0 ? before : Math.min(...shown));
}

/** How many people live at the place, as the package says; to choose among several zones. */
export const populationOf = (zone: string): number => moment.tz.zone(zone)?.population ?? 0;

/** The zones of a country (ISO 3166); empty if it is unknown. */
export const zonesOfCountry = (country: string): readonly string[] =>
  moment.tz.zonesForCountry(country) ?? [];
