import { countryOfPhone } from '../../platform/phone.ts';
import { localTime, populationOf, zonesOfCountry } from '../../platform/zones.ts';
import { zonesOfNumber } from './zones-of-number.ts';

/** What told the zone: the contact itself, the number, its country, or nothing but the zone of the client. */
export const zoneSources = ['contact', 'number', 'country', 'client'] as const;
export type ZoneSource = (typeof zoneSources)[number];

export interface RecipientZone {
  /** An IANA name. */
  readonly zone: string;
  readonly source: ZoneSource;
}

interface Told {
  /** As somebody has told it of the contact. */
  readonly contactZone: string | undefined;
  /** E.164. */
  readonly phoneNumber: string | undefined;
  readonly clientZone: string;
}

/** Of a country whose clocks differ by more, its largest zone would be wrong for too many people. */
const maxSpreadMinutes = 120;

/**
 * Where a contact looks at the clock at that time. A number tells its zone if all places that it may belong to show the same
 * time then; if they differ by two hours at most, the one with the most people is taken. A number that may be anywhere, such
 * as a freephone one, tells nothing.
 */
export function recipientZone({ contactZone, phoneNumber, clientZone }: Told, at: Date): RecipientZone {
  if (contactZone !== undefined) return { zone: contactZone, source: 'contact' };
  const zones = phoneNumber === undefined ? [] : zonesOfNumber(phoneNumber);
  const zone = phoneNumber === undefined ? undefined : principalOf(zones, countryOfPhone(phoneNumber));
  if (zone === undefined) return { zone: clientZone, source: 'client' };
  const offsets = zones.map((one) => localTime(at, one).offset);
  const spread = Math.max(...offsets) - Math.min(...offsets);
  if (spread === 0) return { zone, source: 'number' };
  return spread <= maxSpreadMinutes ? { zone, source: 'country' } : { zone: clientZone, source: 'client' };
}

/** The one with the most people; of several names of one, that of the number's country. */
function principalOf(zones: readonly string[], country: string | undefined): string | undefined {
  const own = new Set(country === undefined ? [] : zonesOfCountry(country));
  const [first] = zones.toSorted(
    (a, b) =>
      populationOf(b) - populationOf(a) || Number(own.has(b)) - Number(own.has(a)) || (a < b ? -1 : 1),
  );
  return first;
}
