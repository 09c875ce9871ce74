import { z } from 'zod';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256Hex } from '../platform/ids.ts';
import { digitsOf } from '../platform/phone.ts';
import type { ChangeContext } from './change-reader.ts';
import { knownAccountWords, knownFields, type UnknownWord } from './known-words.ts';
import { cleanText, leavesOf, type Leaf } from './leaves.ts';
import { preferenceValueOf } from './preference-events.ts';
import { effectiveAtOf, severityOf, wordOf, type ReportSeverity } from './report-rules.ts';

/** An event about an account, a number or a template, for people to read. Its effects are items of their own. */
export interface AccountReport {
  readonly kind: 'report';
  readonly wabaId: string | null;
  readonly phoneNumberId: string | null;
  /** Digits of the number that the event names by its display number; null if it names none. */
  readonly displayNumber: string | null;
  /** The time of the event; null if the body does not give it. */
  readonly atMs: number | null;
  readonly field: string;
  /** The provider's word for the event (`DISABLED_UPDATE`); null if it has none. */
  readonly word: string | null;
  readonly severity: ReportSeverity;
  /** When the event takes or loses effect, such as the date of a scheduled disabling. */
  readonly effectiveAtMs: number | null;
  /** Every value of the event, as far as the limits allow. */
  readonly details: readonly Leaf[];
  /** Equal for repetitions of one event. */
  readonly key: string;
  /** Paths of keys that the product does not know, if the report is about them (`readUnknownKeys`). */
  readonly unknownKeys?: readonly string[];
}

export const reportLimits = { maxLeaves: 48, maxName: 128, maxValue: 512 } as const;
const maxWord = 128;
const maxField = 64;

/** Fields whose items say everything themselves: they concern persons and their messages. */
const personalFields: ReadonlySet<string> = new Set([
  'calls',
  'group_lifecycle_update',
  'group_participants_update',
  'group_settings_update',
  'group_status_update',
  'history',
  'message_echoes',
  'messages',
  'smb_app_state_sync',
  'smb_message_echoes',
  'user_id_update',
  'user_preferences',
]);

const Numbered = z.looseObject({
  metadata: z
    .looseObject({ phone_number_id: z.string().min(1).max(64) })
    .optional()
    .catch(undefined),
  display_phone_number: z.string().max(64).optional().catch(undefined),
  phone_number: z.string().max(64).optional().catch(undefined),
});

/** The report of one value; null for fields about persons. Never throws. */
export function readReport(field: string, value: unknown, context: ChangeContext): AccountReport | null {
  const isPersonal = personalFields.has(field) && !hasUnknownPreference(value);
  return isPersonal ? null : reportOf(field, value, context);
}

/** An error in `value.errors`: about the account or the application, not about one message. */
export const readErrorReport = (error: unknown, phoneNumberId: string | null): AccountReport =>
  reportOf('errors', error, { wabaId: null, atMs: null, phoneNumberId });

const Preferences = z.looseObject({
  user_preferences: z.array(z.looseObject({ category: z.string(), value: z.unknown().optional() })),
});

/** A preference of another category than marketing, or with an unknown value, has no effect: it is shown as an event. */
const hasUnknownPreference = (value: unknown): boolean =>
  Preferences.safeParse(value).data?.user_preferences.some(
    ({ category, value: given }) => category !== 'marketing_messages' || preferenceValueOf(given) === null,
  ) === true;

interface ReportContext extends Pick<ChangeContext, 'wabaId' | 'atMs'> {
  /** If the value itself does not name the number. */
  readonly phoneNumberId?: string | null;
}

/** A report of any value. */
export function reportOf(
  field: string,
  value: unknown,
  { wabaId, atMs, ...known }: ReportContext,
): AccountReport {
  const numbered = Numbered.safeParse(value).data;
  const phoneNumberId = known.phoneNumberId ?? numbered?.metadata?.phone_number_id ?? null;
  const digits = digitsOf(numbered?.display_phone_number ?? numbered?.phone_number ?? '');
  const word = wordOf(field, value);
  return {
    kind: 'report',
    wabaId,
    phoneNumberId,
    displayNumber: digits === '' ? null : digits,
    atMs,
    field: cleanText(field, maxField),
    word: word === null ? null : cleanText(word, maxWord),
    severity: severityOf(field, word, value),
    effectiveAtMs: effectiveAtOf(value),
    details: leavesOf(value, reportLimits),
    key: sha256Hex(canonicalJson([field, wabaId, phoneNumberId, atMs, value])),
  };
}

/** The unknown names in a report; none if all of them are known. */
export function unknownWordsOf({
  field,
  word,
  unknownKeys,
}: Pick<AccountReport, 'field' | 'word' | 'unknownKeys'>): readonly UnknownWord[] {
  if (unknownKeys !== undefined) return unknownKeys.map((key) => ({ kind: 'key', word: key }));
  if (!knownFields.has(field)) return [{ kind: 'field', word: field }];
  return field === 'account_update' && word !== null && !knownAccountWords.has(word)
    ? [{ kind: 'account-event', word }]
    : [];
}
