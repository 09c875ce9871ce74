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
  const byClient = { zone: clientZone, source: 'client' } as const;
  if (phoneNumber === undefined) return byClient;
  const zones = zonesOfNumber(phoneNumber);
  const [only, another] = zones;
  if (only === undefined) return byClient;
  // Most numbers, in lists of contacts: nothing is to be compared.
  if (another === undefined) return { zone: only, source: 'number' };
  const offsets = zones.map((one) => localTime(at, one).offset);
  const spread = Math.max(...offsets) - Math.min(...offsets);
  if (spread > maxSpreadMinutes) return byClient;
  const zone = principalOf(zones, countryOfPhone(phoneNumber)) ?? only;
  return { zone, source: spread === 0 ? 'number' : 'country' };
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
