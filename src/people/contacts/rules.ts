import { nameKeyOf } from '../../platform/name-key.ts';
import { normalisePhone, spellingsOfPhone } from '../../platform/phone.ts';

export const optInStatuses = ['unknown', 'opted-in', 'opted-out'] as const;
export type OptInStatus = (typeof optInStatuses)[number];

/** What the log of consent can say: a status, or the person's own switch for marketing at WhatsApp. */
export const consentWords = [...optInStatuses, 'marketing-stopped', 'marketing-resumed'] as const;
export type ConsentWord = (typeof consentWords)[number];

/** Names that the provider hands on are cut here; people are told about the limit instead. */
export const maxNameLength = 200;

export const maxCustomFields = 50;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * When a suspect number is compared with what has reached it since. Soon, because receipts that cross are stored within
 * seconds of each other; then until no message that was under way is waited for any more.
 */
const reviewWaitsMs = [5 * minuteMs, hourMs, 24 * hourMs, 72 * hourMs] as const;

/** The look after so many looks; null when there is no further one. */
export function nextReviewAfter(reviews: number, now: Date): Date | null {
  const waitMs = reviewWaitsMs[reviews];
  return waitMs === undefined ? null : new Date(now.getTime() + waitMs);
}

/** The provider's `wa_id` and `from` are digits without `+`. */
export const phoneOfWhatsappId = (whatsappId: string): string | null => normalisePhone(`+${whatsappId}`);

export const identityFields = ['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const;

export type AnyIdentity = { readonly [F in (typeof identityFields)[number]]?: string | undefined };

/** The phones that an identity names. A `wa_id` stands for the number that it is, in its canonical spelling. */
function phonesOf({ phoneNumber, whatsappId }: AnyIdentity): string[] {
  const phoneOfId = whatsappId === undefined ? null : phoneOfWhatsappId(whatsappId);
  return [...new Set([phoneNumber, phoneOfId].filter((phone) => typeof phone === 'string'))];
}

const keysOf = (phones: readonly string[], { businessScopedUserId: id }: AnyIdentity): string[] => [
  ...phones.map((phone) => `tel:${phone}`),
  ...(id === undefined ? [] : [`id:${id}`]),
];

/** What a contact with this identity is stored under: no other contact of the client can have one of these keys. */
export const identityKeysOf = (identity: AnyIdentity): string[] => keysOf(phonesOf(identity), identity);

/** What a contact with this identity may be stored under: also a spelling from before there was a canonical one. */
export const lookupKeysOf = (identity: AnyIdentity): string[] =>
  keysOf(phonesOf(identity).flatMap(spellingsOfPhone), identity);

export interface PersonSearch {
  readonly field: 'nameKey' | 'phoneNumber';
  readonly prefix: string;
}

/** What `q` looks for: digits with or without `+` are the beginning of a phone number, all else that of a name. */
export function searchOf(q: string): PersonSearch {
  const digits = q.replace(/[\s().-]/g, '').replace(/^\+/, '');
  return /^\d+$/.test(digits)
    ? { field: 'phoneNumber', prefix: `+${digits}` }
    : { field: 'nameKey', prefix: nameKeyOf(q) };
}
