import { z } from 'zod';
import type { ChangeContext } from './change-reader.ts';
import { readPerson, type PersonIdentity } from './identity.ts';
import { readShownPerson } from './shown-person.ts';

export type PreferenceValue = 'stop' | 'resume';

/** What a preference says, in any case; null if the product does not know the value. */
export function preferenceValueOf(given: unknown): PreferenceValue | null {
  const word = typeof given === 'string' ? given.trim().toLowerCase() : '';
  return word === 'stop' || word === 'resume' ? word : null;
}

/** A preference that a person has changed in WhatsApp. */
export interface PreferenceItem {
  /** The channel's number; null if the event names only the account. */
  readonly phoneNumberId: string | null;
  readonly wabaId: string | null;
  readonly person: PersonIdentity;
  /** The name that the person shows on WhatsApp. */
  readonly profileName?: string;
  /** Null for a stop without one. */
  readonly category: string | null;
  /** Null for a value that the product does not know: it has no effect. */
  readonly value: PreferenceValue | null;
  /** The unknown value. */
  readonly word?: string;
  readonly detail?: string;
  /** Null for a stop without one. */
  readonly timestampMs: number | null;
}

type Read =
  | ({ readonly kind: 'preference' } & PreferenceItem)
  | { readonly kind: 'invalid'; readonly reason: string };

const Value = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string().min(1).max(64) }).optional(),
  contacts: z.array(z.unknown()).optional().catch(undefined),
  user_preferences: z.array(z.unknown()),
});

const category = z.string().min(1).max(64);
const timestamp = z.coerce.number().int().nonnegative().max(9_999_999_999_999);

const Preference = z.looseObject({
  wa_id: z.unknown().optional(),
  user_id: z.unknown().optional(),
  parent_user_id: z.unknown().optional(),
  category,
  value: z.unknown().optional(),
  detail: z.string().optional().catch(undefined),
  timestamp,
});

/** A stop that says less than it should counts all the same: then for all marketing, and from its arrival. */
const Stop = Preference.extend({
  category: category.nullable().catch(null),
  timestamp: timestamp.nullable().catch(null),
});

const maxDetail = 200;

/** Reads each preference of the field `user_preferences`; null for every other field. */
export const readPreferences = (
  field: string,
  given: unknown,
  context: ChangeContext,
): Iterable<Read> | null => (field === 'user_preferences' ? readEach(given, context) : null);

function* readEach(given: unknown, { wabaId, path }: ChangeContext): Generator<Read> {
  const value = Value.safeParse(given);
  if (!value.success) return yield { kind: 'invalid', reason: `${path} is not readable` };
  const phoneNumberId = value.data.metadata?.phone_number_id ?? null;
  const { contacts = [], user_preferences: preferences } = value.data;
  for (const [index, preference] of preferences.entries()) {
    const place = { phoneNumberId, wabaId };
    const contact = contacts.length === preferences.length ? contacts[index] : undefined;
    const entry = contacts.length === 1 ? contacts[0] : contact;
    yield readPreference(preference, `${path}.user_preferences[${index}]`, { place, entry });
  }
}

interface Surroundings {
  readonly place: Pick<PreferenceItem, 'phoneNumberId' | 'wabaId'>;
  /** The entry of `contacts` that is about its person, if it is the only one or there is one for each preference. */
  readonly entry: unknown;
}

function readPreference(given: unknown, path: string, { place, entry }: Surroundings): Read {
  const isStop =
    preferenceValueOf(z.looseObject({ value: z.unknown() }).safeParse(given).data?.value) === 'stop';
  const parsed = (isStop ? Stop : Preference).safeParse(given);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || issue.code);
    return { kind: 'invalid', reason: `${path}: ${fields.join(', ')} not readable` };
  }
  const { wa_id: number, user_id: userId, parent_user_id: parentUserId } = parsed.data;
  const { detail, timestamp: sentAt } = parsed.data;
  const value = preferenceValueOf(parsed.data.value);
  const named = readPerson({ number, userId, parentUserId });
  const person = named ?? (isStop ? readShownPerson({}, { contacts: [entry], isAlone: true }).person : null);
  if (person === null) return { kind: 'invalid', reason: `${path} names no person` };
  const names = { number, userId, parentUserId };
  const { profileName } = readShownPerson(names, { contacts: [entry], isAlone: false });
  return {
    kind: 'preference',
    ...place,
    person,
    ...(profileName === undefined ? {} : { profileName }),
    category: parsed.data.category,
    value,
    ...(value === null ? { word: wordOf(parsed.data.value) } : {}),
    ...(detail === undefined ? {} : { detail: detail.slice(0, maxDetail) }),
    timestampMs: sentAt === null ? null : millisecondsOf(sentAt),
  };
}

/** Meta sends seconds, some relays milliseconds; a value above 1e11 can only be milliseconds. */
const millisecondsOf = (given: number): number => (given > 1e11 ? given : given * 1_000);

const maxWord = 64;

const wordOf = (given: unknown): string =>
  typeof given === 'string' || typeof given === 'number' ? String(given).slice(0, maxWord) : typeof given;
