import { z } from 'zod';
import type { ChangeContext } from './change-reader.ts';

/** What a person has switched at WhatsApp itself. */
export interface PreferenceItem {
  /** The number that it is about; null where the event names only the account. */
  readonly phoneNumberId: string | null;
  readonly wabaId: string | null;
  /** At least one of the two is there. */
  readonly waId?: string;
  readonly userId?: string;
  readonly category: string;
  readonly value: 'stop' | 'resume';
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
  wa_id: z.string().min(1).max(64).optional(),
  user_id: z.string().min(1).max(160).optional(),
  category: z.string().min(1).max(64),
  value: z.enum(['stop', 'resume']),
  detail: z.string().optional().catch(undefined),
  timestamp: z.coerce.number().int().nonnegative().max(9_999_999_999_999),
});

const maxDetail = 200;

/** Reads the field `user_preferences`, each preference by itself; null for every other field. */
export function readPreferences(
  field: string,
  given: unknown,
  context: ChangeContext,
): readonly Read[] | null {
  if (field !== 'user_preferences') return null;
  const value = Value.safeParse(given);
  if (!value.success) return [{ kind: 'invalid', reason: `${context.path} is not readable` }];
  const phoneNumberId = value.data.metadata?.phone_number_id ?? null;
  return value.data.user_preferences.map((preference, index) =>
    readPreference(preference, `${context.path}.user_preferences[${index}]`, {
      phoneNumberId,
      wabaId: context.wabaId,
    }),
  );
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
  const { wa_id: waId, user_id: userId, category, value, detail, timestamp } = parsed.data;
  if (waId === undefined && userId === undefined)
    return { kind: 'invalid', reason: `${path} names no person` };
  return {
    kind: 'preference',
    ...place,
    ...(waId === undefined ? {} : { waId }),
    ...(userId === undefined ? {} : { userId }),
    category,
    value,
    ...(detail === undefined ? {} : { detail: detail.slice(0, maxDetail) }),
    // Seconds at Meta, milliseconds at some relays: beyond 1e11 it can only be milliseconds.
    timestampMs: timestamp > 1e11 ? timestamp : timestamp * 1_000,
  };
}
