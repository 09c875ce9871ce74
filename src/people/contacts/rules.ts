import { nameKeyOf } from '../../platform/name-key.ts';
import { countryOfPhone, isPossiblePhone, normalisePhone, spellingsOfPhone } from '../../platform/phone.ts';

export const optInStatuses = ['unknown', 'opted-in', 'opted-out'] as const;
export type OptInStatus = (typeof optInStatuses)[number];

/** The statuses of consent log entries: an opt-in status, or the person's switch for marketing in WhatsApp. */
export const consentStatuses = [...optInStatuses, 'marketing-stopped', 'marketing-resumed'] as const;
export type ConsentStatus = (typeof consentStatuses)[number];

/** Names from the provider are cut at this length; longer names from users are refused. */
export const maxNameLength = 200;
/** Of one contact. */
export const maxTags = 50;
export const maxGroups = 100;

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

export const identityFields = ['phoneNumber', 'whatsappId', 'businessScopedUserId', 'parentUserId'] as const;
/** Those that users may give. */
export const givenIdentities = ['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const;
export type IdentityField = (typeof identityFields)[number];

export type AnyIdentity = { readonly [F in IdentityField]?: string | undefined };

/** Why a person has, or had, another identity than the current one. */
export const aliasReasons = [
  'number-changed',
  'user-id-changed',
  /** An event named the person by both. */
  'seen-together',
  /** A user replaced the number; it may never have been the person's. */
  'corrected',
] as const;
export type AliasReason = (typeof aliasReasons)[number];

/** Another identity of a person: a former one, or one that is valid beside the current one. */
export interface Alias {
  readonly field: IdentityField;
  readonly value: string;
  /** When an event named it, by the provider's clock. */
  readonly at: Date;
  /** When it stopped being the person's; missing while it may still be used. */
  readonly until?: Date;
  /** When the person moved to it, by WhatsApp's word; missing if they may have had it before. */
  readonly arrived?: Date;
  readonly reason: AliasReason;
}

/** The number in canonical spelling, or the provider's digits if no plan that we know has it. */
const numberOfWhatsappId = (whatsappId: string): string => phoneOfWhatsappId(whatsappId) ?? `+${whatsappId}`;

/** The phone numbers of an identity; a `wa_id` is one too. */
function phonesOf({ phoneNumber, whatsappId }: AnyIdentity): string[] {
  const numberOfId = whatsappId === undefined ? undefined : numberOfWhatsappId(whatsappId);
  return [...new Set([phoneNumber, numberOfId].filter((phone) => phone !== undefined))];
}

/** Whether the `wa_id` is another number than the phone number, in every spelling. */
export const hasTwoNumbers = (identity: AnyIdentity): boolean =>
  new Set(phonesOf(identity).map((phone) => normalisePhone(phone) ?? phone)).size > 1;

const phoneKey = (phone: string): string => `tel:${phone}`;

const userIdKeysOf = ({ businessScopedUserId, parentUserId }: AnyIdentity): string[] =>
  [businessScopedUserId, parentUserId].filter((id) => id !== undefined).map((id) => `id:${id}`);

/** The keys of the numbers of an identity, each in one spelling. */
export const numberKeysOf = (identity: AnyIdentity): string[] => phonesOf(identity).map(phoneKey);

const keyOfAlias = ({ field, value }: Alias): string[] => [
  ...numberKeysOf({ [field]: value }),
  ...userIdKeysOf({ [field]: value }),
];

/** A former number may get another owner; a user id is never given to another person. */
const isOver = ({ field, until }: Alias): boolean =>
  until !== undefined && (field === 'phoneNumber' || field === 'whatsappId');

const unique = (keys: readonly string[]): string[] => [...new Set(keys)];

export interface KeyedContact extends AnyIdentity {
  readonly _id?: { toHexString(): string };
  readonly aliases?: readonly Alias[];
}

/**
 * The stored keys of an identity; each is unique within the client. A contact that lost its last identity to another
 * contact keeps a key of its own, because the unique index allows only one contact without any.
 */
export function identityKeysOf(contact: KeyedContact): string[] {
  const own = [...numberKeysOf(contact), ...userIdKeysOf(contact)];
  const others = (contact.aliases ?? []).filter((alias) => !isOver(alias)).flatMap(keyOfAlias);
  const keys = unique([...own, ...others]);
  return keys.length === 0 && contact._id !== undefined ? [`contact:${contact._id.toHexString()}`] : keys;
}

/** The keys of former numbers, which another contact may have now. */
export const formerKeysOf = ({ aliases = [] }: KeyedContact): string[] =>
  unique(aliases.filter(isOver).flatMap(keyOfAlias));

/** The keys that may find an identity, including the spellings stored before the canonical one existed. */
export const lookupKeysOf = (identity: AnyIdentity): string[] => [
  ...phonesOf(identity).flatMap(spellingsOfPhone).map(phoneKey),
  ...userIdKeysOf(identity),
];

interface Arriving {
  readonly aliases?: readonly Alias[];
  readonly numberSince?: Date;
}

/** When the contact moved to its number, by WhatsApp's word; undefined if it may have had the number before. */
export function arrivedAt({ aliases = [], numberSince }: Arriving): Date | undefined {
  const isArrival = aliases.some(
    ({ reason, until }) => reason === 'number-changed' && until?.getTime() === numberSince?.getTime(),
  );
  return isArrival ? numberSince : undefined;
}

export const hasIdentity = (identity: AnyIdentity): boolean =>
  identityFields.some((field) => identity[field] !== undefined);

/**
 * The number to call: the canonical one, unless the provider vouches for digits that the country's plan does not allow
 * (any more), such as the 8 digits of old accounts in Benin. Undefined if no number is known.
 */
export function callableNumberOf({ phoneNumber, whatsappId }: AnyIdentity): string | undefined {
  if (whatsappId === undefined) return phoneNumber;
  const vouched = `+${whatsappId}`;
  return phoneNumber === undefined ||
    (!isPossiblePhone(vouched) && numberOfWhatsappId(whatsappId) === phoneNumber)
    ? vouched
    : phoneNumber;
}

/** The country of the contact's number; undefined without a number, or if its digits do not tell. */
export function countryOf(identity: AnyIdentity): string | undefined {
  const [country] = phonesOf(identity).flatMap((phone) => countryOfPhone(phone) ?? []);
  return country;
}

/** The keys of an identity in every spelling of its numbers, also if the identity itself is in another spelling. */
export const keysInAnySpelling = (identity: AnyIdentity): string[] => {
  const phones = phonesOf(identity).flatMap((phone) => [
    phone,
    ...spellingsOfPhone(normalisePhone(phone) ?? phone),
  ]);
  return [...unique(phones).map(phoneKey), ...userIdKeysOf(identity)];
};

/** The phone numbers and user ids in keys of identities. */
export const identitiesInKeys = (keys: readonly string[]) => ({
  phoneNumbers: keys.flatMap((key) => (key.startsWith('tel:') ? [key.slice('tel:'.length)] : [])),
  userIds: keys.flatMap((key) => (key.startsWith('id:') ? [key.slice('id:'.length)] : [])),
});

export interface PersonSearch {
  readonly field: 'nameKey' | 'phoneNumber' | 'usernameKey';
  readonly prefix: string;
}

/** The form of a username for search: WhatsApp shows it with `@`, and in any case it is the same. */
export const usernameKeyOf = (username: string): string =>
  username.trim().replace(/^@/, '').toLowerCase().slice(0, maxUsernameKey);

const maxUsernameKey = 64;

/**
 * The search for `q`: after `@` it is the beginning of a username; digits with or without `+` are a prefix of a phone
 * number, any other text of a name.
 */
export function searchOf(q: string): PersonSearch {
  if (q.trim().startsWith('@')) return { field: 'usernameKey', prefix: usernameKeyOf(q) };
  const digits = q.replace(/[\s().-]/g, '').replace(/^\+/, '');
  return /^\d+$/.test(digits)
    ? { field: 'phoneNumber', prefix: `+${digits}` }
    : { field: 'nameKey', prefix: nameKeyOf(q) };
}
