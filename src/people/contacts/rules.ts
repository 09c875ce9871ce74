import { nameKeyOf } from '../../platform/name-key.ts';
import { normalisePhone, spellingsOfPhone } from '../../platform/phone.ts';

export const optInStatuses = ['unknown', 'opted-in', 'opted-out'] as const;
export type OptInStatus = (typeof optInStatuses)[number];

/** The statuses of consent log entries: an opt-in status, or the person's switch for marketing in WhatsApp. */
export const consentStatuses = [...optInStatuses, 'marketing-stopped', 'marketing-resumed'] as const;
export type ConsentStatus = (typeof consentStatuses)[number];

/** Names from the provider are cut at this length; longer names from users are refused. */
export const maxNameLength = 200;

export const maxCustomFields = 50;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Waits before the reviews of a suspect number. The first is short, because receipts that cross are stored within
 * seconds; the last covers every message that was under way.
 */
const reviewWaitsMs = [5 * minuteMs, hourMs, 24 * hourMs, 72 * hourMs] as const;

/** The time of the next review after `reviews` reviews; null after the last one. */
export function nextReviewAfter(reviews: number, now: Date): Date | null {
  const waitMs = reviewWaitsMs[reviews];
  return waitMs === undefined ? null : new Date(now.getTime() + waitMs);
}

/** The provider's `wa_id` and `from` are digits without `+`. */
export const phoneOfWhatsappId = (whatsappId: string): string | null => normalisePhone(`+${whatsappId}`);

export const identityFields = ['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const;

export type AnyIdentity = { readonly [F in (typeof identityFields)[number]]?: string | undefined };

/** The phone numbers of an identity, in canonical spelling; a `wa_id` is one too. */
function phonesOf({ phoneNumber, whatsappId }: AnyIdentity): string[] {
  const phoneOfId = whatsappId === undefined ? null : phoneOfWhatsappId(whatsappId);
  return [...new Set([phoneNumber, phoneOfId].filter((phone) => typeof phone === 'string'))];
}

const keysOf = (phones: readonly string[], { businessScopedUserId: id }: AnyIdentity): string[] => [
  ...phones.map((phone) => `tel:${phone}`),
  ...(id === undefined ? [] : [`id:${id}`]),
];

/** The stored keys of an identity; each is unique within the client. */
export const identityKeysOf = (identity: AnyIdentity): string[] => keysOf(phonesOf(identity), identity);

/** The keys that may find an identity, including the spellings stored before the canonical one existed. */
export const lookupKeysOf = (identity: AnyIdentity): string[] =>
  keysOf(phonesOf(identity).flatMap(spellingsOfPhone), identity);

export interface PersonSearch {
  readonly field: 'nameKey' | 'phoneNumber';
  readonly prefix: string;
}

/** The search for `q`: digits with or without `+` are a prefix of a phone number, any other text of a name. */
export function searchOf(q: string): PersonSearch {
  const digits = q.replace(/[\s().-]/g, '').replace(/^\+/, '');
  return /^\d+$/.test(digits)
    ? { field: 'phoneNumber', prefix: `+${digits}` }
    : { field: 'nameKey', prefix: nameKeyOf(q) };
}
