import { getCountries } from 'libphonenumber-js/max';
import { Types } from 'mongoose';
import { z } from 'zod';
import { optInStatuses, usernameKeyOf } from '../contacts/rules.ts';
import { PlaceZoneText } from '../zones/schemas.ts';
import type { FieldRules } from '../custom-fields/rules.ts';
import { leadStages } from '../leads/rules.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { isVisible } from '../../platform/plain-text.ts';
import { digitsOf, normalisePhone } from '../../platform/phone.ts';
import { maxTextLength, type FieldType, type Scalar } from './conditions.ts';
import { DateText, DayText, type Moment } from './days.ts';

/** The fields that segments know, and where each is stored. */

export const threadFacts = ['lastInboundAt', 'lastOutboundAt', 'windowExpiresAt'] as const;
export type ThreadFact = (typeof threadFacts)[number];

type CustomSlot = 's' | 'n' | 'b' | 'd';

export type Place =
  | { readonly of: 'contact'; readonly path: string }
  /** An entry of the contact's `cf`. */
  | { readonly of: 'custom'; readonly key: string; readonly slot: CustomSlot }
  /** The zone that was given for the contact, or else the country of its number, which tells its zone. */
  | { readonly of: 'zone' }
  | { readonly of: 'lead'; readonly path: 'stage' | 'assignedAgentId' }
  /** The latest time of all the contact's conversations. */
  | { readonly of: 'threads'; readonly fact: ThreadFact };

export interface FieldSpec {
  readonly name: string;
  readonly type: FieldType;
  /** One value. */
  readonly value: z.ZodType<Scalar>;
  readonly place: Place;
  /** Whether a contact can be without it, so that `ne` and `not` also find those contacts. */
  readonly mayBeMissing: boolean;
  /** The stored form of a value, if it is another. */
  readonly stored?: (value: string) => unknown;
  /** As `stored`, of the beginning of a value. */
  readonly prefix?: (value: string) => string;
  /** Of a flag: what is stored where it is true. */
  readonly whenTrue?: (moment: Moment) => Readonly<Record<string, unknown>>;
}

/** A custom field of the client, as its definition says. */
export interface SegmentCustomField {
  readonly key: string;
  readonly type: FieldRules['type'];
  readonly options?: readonly { readonly key: string }[];
}

const text = z
  .string()
  .min(1)
  .max(maxTextLength)
  .refine((value) => !value.includes('\u0000'), { error: 'Must not contain control characters.' });

const trimmed = (value: string): string => value.trim();
const VisibleText = text.refine(isVisible, { error: 'Must not be blank.' });

const hasKey = (value: string): boolean => nameKeyOf(value) !== '';
const NameText = text.refine(hasKey, { error: 'Must contain a letter or another sign.' });

const UsernameText = text
  .max(65)
  .refine((value) => usernameKeyOf(value) !== '', { error: 'Must not be blank.' });

const PhoneText = z
  .string()
  .regex(/^\+\d[\d\s().-]{0,30}$/, { error: 'Must be an E.164 phone number, or its beginning with +.' })
  .transform((value) => `+${digitsOf(value)}`);

const finite = z.number({ error: 'Must be a number.' });
const truth = z.boolean({ error: 'Must be true or false.' });
const Id = z
  .string()
  .regex(/^[0-9a-f]{24}$/, { error: 'Must be an id of 24 hexadecimal digits.', abort: true });

export const toObjectId = (id: string): Types.ObjectId => Types.ObjectId.createFromHexString(id);

const countryCodes: ReadonlySet<string> = new Set(getCountries());
const CountryText = z
  .string()
  .refine((code) => countryCodes.has(code), { error: 'Must be an ISO 3166 country code such as DE.' });

const atContact = (path: string): Place => ({ of: 'contact', path });
const flagAt = (path: string): Pick<FieldSpec, 'type' | 'value' | 'place' | 'mayBeMissing' | 'whenTrue'> => ({
  ...{ type: 'flag', value: truth, place: atContact(path), mayBeMissing: false },
  whenTrue: () => ({ $eq: true }),
});
const timeAt = (place: Place, mayBeMissing: boolean) =>
  ({ type: 'date', value: DateText, place, mayBeMissing }) as const;
const textAt = (path: string, value: z.ZodType<string>, stored: (value: string) => string) =>
  ({ type: 'text', value, place: atContact(path), mayBeMissing: true, stored, prefix: stored }) as const;

const builtIn: readonly FieldSpec[] = [
  { name: 'name', ...textAt('nameKey', NameText, nameKeyOf) },
  { name: 'username', ...textAt('usernameKey', UsernameText, usernameKeyOf) },
  {
    name: 'phoneNumber',
    ...textAt('phoneNumber', PhoneText, (phone) => normalisePhone(phone) ?? phone),
    prefix: (phone) => phone,
  },
  { name: 'country', type: 'choice', value: CountryText, place: atContact('country'), mayBeMissing: true },
  { name: 'zone', type: 'choice', value: PlaceZoneText, place: { of: 'zone' }, mayBeMissing: true },
  { name: 'createdAt', ...timeAt(atContact('createdAt'), false) },
  {
    ...{ name: 'optInStatus', type: 'choice', value: z.enum(optInStatuses) },
    ...{ place: atContact('optInStatus'), mayBeMissing: false },
  },
  { name: 'marketingStopped', ...flagAt('marketingStopped') },
  { name: 'isBlocked', ...flagAt('isBlocked') },
  { name: 'numberSuspect', ...flagAt('numberSuspect.at'), whenTrue: () => ({ $exists: true }) },
  {
    ...{ name: 'lead.stage', type: 'choice', value: z.enum(leadStages) },
    ...{ place: { of: 'lead', path: 'stage' }, mayBeMissing: true },
  },
  {
    ...{ name: 'lead.assignedAgentId', type: 'choice', value: Id, mayBeMissing: true },
    place: { of: 'lead', path: 'assignedAgentId' },
    stored: toObjectId,
  },
  { name: 'lastInboundAt', ...timeAt({ of: 'threads', fact: 'lastInboundAt' }, true) },
  { name: 'lastOutboundAt', ...timeAt({ of: 'threads', fact: 'lastOutboundAt' }, true) },
  {
    ...{ name: 'isWindowOpen', type: 'flag', value: truth, mayBeMissing: false },
    place: { of: 'threads', fact: 'windowExpiresAt' },
    whenTrue: ({ now }) => ({ $gt: now }),
  },
];

const customTypes = {
  text: { type: 'text', slot: 's', value: VisibleText },
  number: { type: 'number', slot: 'n', value: finite },
  boolean: { type: 'boolean', slot: 'b', value: truth },
  date: { type: 'day', slot: 'd', value: DayText },
  datetime: { type: 'date', slot: 'd', value: DateText },
  select: { type: 'choice', slot: 's', value: text },
  'multi-select': { type: 'choice', slot: 's', value: text },
} as const satisfies Record<
  SegmentCustomField['type'],
  { readonly type: FieldType; readonly slot: CustomSlot; readonly value: z.ZodType<Scalar> }
>;

/** Before the key of a custom field. */
export const customPrefix = 'customFields.';

function customSpec({ key, type, options }: SegmentCustomField): FieldSpec {
  const { type: kind, slot, value } = customTypes[type];
  const isKnown = (option: string): boolean => options?.some((known) => known.key === option) === true;
  return {
    ...{ name: `${customPrefix}${key}`, type: kind, place: { of: 'custom', key, slot }, mayBeMissing: true },
    value: kind === 'choice' ? text.refine(isKnown, { error: 'There is no such option.' }) : value,
    // As values are stored.
    ...(kind === 'text' ? { stored: trimmed, prefix: (beginning) => beginning.trimStart() } : {}),
  };
}

/** Tags and groups, by their ids, so that a new name changes nothing. */
const setSpec = (name: 'tags' | 'groups', noun: string, ids: ReadonlySet<string>): FieldSpec => ({
  ...{ name, type: 'sets', mayBeMissing: false },
  value: Id.refine((id) => ids.has(id), { error: `There is no such ${noun}.` }),
  place: atContact(name === 'tags' ? 'tagIds' : 'groupIds'),
  stored: toObjectId,
});

export type SegmentFields = ReadonlyMap<string, FieldSpec>;

/** What filters of a client can name, beside what all clients have. */
export interface SegmentVocabulary {
  readonly customFields: readonly SegmentCustomField[];
  /** Ids. */
  readonly tags: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** All fields of a client, by name. */
export const segmentFields = ({ customFields, tags, groups }: SegmentVocabulary): SegmentFields =>
  new Map(
    [
      ...builtIn,
      setSpec('tags', 'tag', tags),
      setSpec('groups', 'contact group', groups),
      ...customFields.map(customSpec),
    ].map((spec) => [spec.name, spec]),
  );
