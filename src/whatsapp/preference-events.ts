import { z } from 'zod';
import type { ChangeContext } from './change-reader.ts';
import { readPerson, type PersonIdentity } from './identity.ts';

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
  readonly category: string;
  /** Null for a value that the product does not know: it has no effect. */
  readonly value: PreferenceValue | null;
  /** The unknown value. */
  readonly word?: string;
  readonly detail?: string;
  readonly timestampMs: number;
}

type Read =
  | ({ readonly kind: 'preference' } & PreferenceItem)
  | { readonly kind: 'invalid'; readonly reason: string };

const Value = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string().min(1).max(64) }).optional(),
  user_preferences: z.array(z.unknown()),
});

const Preference = z.looseObject({
  wa_id: z.unknown().optional(),
  user_id: z.unknown().optional(),
  parent_user_id: z.unknown().optional(),
  category: z.string().min(1).max(64),
  value: z.unknown().optional(),
  detail: z.string().optional().catch(undefined),
  timestamp: z.coerce.number().int().nonnegative().max(9_999_999_999_999),
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
  for (const [index, preference] of value.data.user_preferences.entries()) {
    yield readPreference(preference, `${path}.user_preferences[${index}]`, { phoneNumberId, wabaId });
  }
}

function readPreference(
  given: unknown,
  path: string,
  place: Pick<PreferenceItem, 'phoneNumberId' | 'wabaId'>,
): Read {
  const parsed = Preference.safeParse(given);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || issue.code);
    return { kind: 'invalid', reason: `${path}: ${fields.join(', ')} not readable` };
  }
  const { wa_id: number, user_id: userId, parent_user_id: parentUserId } = parsed.data;
  const { category, detail, timestamp } = parsed.data;
  const value = preferenceValueOf(parsed.data.value);
  const person = readPerson({ number, userId, parentUserId });
  if (person === null) return { kind: 'invalid', reason: `${path} names no person` };
  return {
    kind: 'preference',
    ...place,
    person,
    category,
    value,
    ...(value === null ? { word: wordOf(parsed.data.value) } : {}),
    ...(detail === undefined ? {} : { detail: detail.slice(0, maxDetail) }),
    // Meta sends seconds, some relays milliseconds; a value above 1e11 can only be milliseconds.
    timestampMs: timestamp > 1e11 ? timestamp : timestamp * 1_000,
  };
}

const maxWord = 64;

const wordOf = (given: unknown): string =>
  typeof given === 'string' || typeof given === 'number' ? String(given).slice(0, maxWord) : typeof given;
