import moment from 'moment-timezone';
import { offsetSpans, zonesOfCountry } from '../../platform/zones.ts';

/**
 * The time zones of phone numbers, by their country. A country whose zones differ has none: its numbers do not tell
 * where they are used.
 */

const yearMs = 366 * 24 * 60 * 60 * 1_000;

/** In how many countries a zone is listed: the database lists a zone and the one that it became a link to. */
function countListings(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const zone of moment.tz.countries().flatMap(zonesOfCountry))
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return counts;
}

const rulesOf = (zone: string): string => {
  const { untils = [], offsets = [] } = moment.tz.zone(zone) ?? {};
  return JSON.stringify([untils, offsets]);
};

/** The zones of a country itself: of several with the same history, the one that fewest countries have. */
function ownZones(country: string, listings: ReadonlyMap<string, number>): readonly string[] {
  const own = new Map<string, string>();
  const timesListed = (zone: string): number => listings.get(zone) ?? 0;
  for (const zone of zonesOfCountry(country)) {
    const rules = rulesOf(zone);
    const other = own.get(rules);
    if (other === undefined || timesListed(zone) < timesListed(other)) own.set(rules, zone);
  }
  return [...own.values()];
}

interface CountryZones {
  readonly country: string;
  readonly zones: readonly string[];
  /** All of them show the same time throughout the year after `now`. */
  isOneClock(now: Date): boolean;
}

let known: readonly CountryZones[] | undefined;

function countries(): readonly CountryZones[] {
  if (known !== undefined) return known;
  const listings = countListings();
  known = moment.tz.countries().map((country) => {
    const zones = ownZones(country, listings);
    return { country, zones, isOneClock: (now: Date) => haveOneClock(zones, now.getTime()) };
  });
  return known;
}

const haveOneClock = (zones: readonly string[], from: number): boolean =>
  new Set(zones.map((zone) => JSON.stringify(offsetSpans(zone, from, from + yearMs)))).size === 1;

/** The countries whose numbers are in one of these zones, and those that only might be. */
export function countriesIn(
  zones: ReadonlySet<string>,
  now: Date,
): { readonly sure: readonly string[]; readonly unsure: readonly string[] } {
  const having = countries().filter((of) => of.zones.some((zone) => zones.has(zone)));
  return {
    sure: having.filter((of) => of.isOneClock(now)).map(({ country }) => country),
    unsure: having.filter((of) => !of.isOneClock(now)).map(({ country }) => country),
  };
}

/** The countries whose numbers tell their zone. */
export const countriesWithZone = (now: Date): readonly string[] =>
  countries().flatMap((of) => (of.isOneClock(now) ? [of.country] : []));
