import { isDate } from '../../platform/calendar.ts';
import type { Issue } from '../../platform/errors.ts';
import { faultOf, isVisible } from '../../platform/plain-text.ts';
import { freeSlots } from '../../platform/slots.ts';

/** What the values of custom fields may be, and how they are stored. Pure. */

export const fieldTypes = [
  'text',
  'number',
  'boolean',
  'date',
  'datetime',
  'select',
  'multi-select',
] as const;
export type FieldType = (typeof fieldTypes)[number];

/** Of a business, archived ones included. */
export const maxFields = 100;
export const maxTextLength = 640;
export const maxOptions = 100;

/** A value as the API takes and shows it: a date is `2026-11-23`, a time ISO 8601, several options their keys. */
export type FieldValue = string | number | boolean | readonly string[];

export type FieldValues = Readonly<Record<string, FieldValue>>;

/** A value as queries find it (attribute pattern): one for each option, and one member beside the key. */
export interface Attribute {
  readonly k: string;
  readonly s?: string;
  readonly n?: number;
  readonly b?: boolean;
  readonly d?: Date;
}

export interface FieldOption {
  readonly key: string;
  readonly label: string;
}

/** The part of a definition that decides about values. */
export interface FieldRules {
  readonly key: string;
  readonly type: FieldType;
  /** Of the types that choose. */
  readonly options?: readonly FieldOption[];
  readonly required: boolean;
  readonly archivedAt?: Date;
}

export interface TypedValue {
  readonly value: FieldValue;
  /** What a date or time is found by. */
  readonly d?: Date;
}

/** New values by key; null clears. */
export type FieldChanges = ReadonlyMap<string, TypedValue | null>;

/** What a writer of a contact asks for. */
export interface RequestedFields {
  /** Null for a key clears it, null for the whole clears all; what is missing or blank stays. */
  readonly given: Readonly<Record<string, FieldValue | null>> | null | undefined;
  readonly current: FieldValues;
  /** Whether the contact is created with these values, so that required ones must be among them. */
  readonly isNew: boolean;
}

export interface JudgedFields {
  readonly changes: FieldChanges;
  /** Each with its path below the values. */
  readonly issues: readonly Issue[];
}

/** Every issue of the given values, and what they change if there is none. */
export function judgeFields(
  definitions: readonly FieldRules[],
  { given, current, isNew }: RequestedFields,
): JudgedFields {
  const byKey = new Map(definitions.map((definition) => [definition.key, definition]));
  const changes = new Map<string, TypedValue | null>();
  const issues: Issue[] = [];
  for (const [key, value] of requestedIn(given, current)) {
    const definition = byKey.get(key);
    const had = Object.hasOwn(current, key) ? current[key] : undefined;
    const judged = value === null ? clear(definition, had) : set({ definition, had }, value);
    if (judged === undefined) continue;
    if (Array.isArray(judged)) issues.push(...at(key, judged));
    else changes.set(key, judged.to);
  }
  if (isNew) issues.push(...missingIn(definitions, changes, issues));
  return { changes, issues };
}

const requestedIn = (
  given: RequestedFields['given'],
  current: FieldValues,
): readonly (readonly [string, FieldValue | null])[] =>
  given === null ? Object.keys(current).map((key) => [key, null]) : Object.entries(given ?? {});

/** A fault of a value; `index` if it is one of a list. */
interface Fault {
  readonly index?: number;
  readonly message: string;
}

/** Undefined for no change. */
type Judged = { readonly to: TypedValue | null } | Fault[] | undefined;

const at = (key: string, faults: readonly Fault[]): Issue[] =>
  faults.map(({ index, message }) => ({ path: index === undefined ? key : `${key}.${index}`, message }));

const isInForce = ({ required, archivedAt }: FieldRules): boolean => required && archivedAt === undefined;

function clear(definition: FieldRules | undefined, had: FieldValue | undefined): Judged {
  if (had === undefined) return undefined;
  if (definition !== undefined && isInForce(definition))
    return [{ message: 'This custom field is required, so it cannot be cleared.' }];
  return { to: null };
}

interface Place {
  readonly definition: FieldRules | undefined;
  readonly had: FieldValue | undefined;
}

function set({ definition, had }: Place, value: FieldValue): Judged {
  if (isSame(value, had)) return undefined;
  if (definition === undefined) return [{ message: 'There is no such custom field.' }];
  if (typeof value === 'string' && !isVisible(value)) return undefined;
  const read = readers[definition.type](value, { options: definition.options ?? [], had });
  if (Array.isArray(read)) return read;
  if (isSame(read.value, had)) return undefined;
  return definition.archivedAt === undefined ? { to: read } : [{ message: 'This custom field is archived.' }];
}

const isSame = (a: FieldValue, b: FieldValue | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

function missingIn(
  definitions: readonly FieldRules[],
  changes: FieldChanges,
  issues: readonly Issue[],
): Issue[] {
  const named = new Set(issues.map(({ path }) => path.split('.')[0]));
  return definitions
    .filter(
      (definition) => isInForce(definition) && !changes.has(definition.key) && !named.has(definition.key),
    )
    .map(({ key }) => ({ path: key, message: 'This custom field is required.' }));
}

interface Context {
  readonly options: readonly FieldOption[];
  /** Options that the contact has already may stay after they are gone from the definition. */
  readonly had: FieldValue | undefined;
}

type Reader = (value: FieldValue, context: Context) => TypedValue | Fault[];

const readers: Readonly<Record<FieldType, Reader>> = {
  text(value) {
    if (typeof value !== 'string') return [{ message: 'This must be a text.' }];
    const fault = faultOf(value);
    if (fault !== undefined) return [{ message: fault }];
    const text = value.trim();
    if (text.length > maxTextLength) return [{ message: `At most ${maxTextLength} characters are allowed.` }];
    return { value: text };
  },
  number: (value) => (typeof value === 'number' ? { value } : [{ message: 'This must be a number.' }]),
  boolean: (value) => (typeof value === 'boolean' ? { value } : [{ message: 'This must be true or false.' }]),
  date(value) {
    const d = dateOf(value);
    if (d === null) return [{ message: 'This must be a date such as 2026-11-23.' }];
    return { value: d.toISOString().slice(0, 10), d };
  },
  datetime(value) {
    const d = timeOf(value);
    if (d === null) return [{ message: 'This must be a time such as 2026-11-23T09:00:00Z.' }];
    return { value: d.toISOString(), d };
  },
  select(value, context) {
    if (typeof value !== 'string') return [{ message: 'This must be the key of an option.' }];
    return isOption(value, context) ? { value } : [{ message: noSuchOption }];
  },
  'multi-select'(value, context) {
    if (!isList(value)) return [{ message: 'This must be a list of keys of options.' }];
    const faults = value.flatMap((option, index): Fault[] =>
      isOption(option, context) ? [] : [{ index, message: noSuchOption }],
    );
    return faults.length > 0 ? faults : { value: [...new Set(value)] };
  },
};

const noSuchOption = 'There is no such option.';

const isOption = (given: string, { options, had }: Context): boolean =>
  options.some(({ key }) => key === given) || (isList(had) && had.includes(given));

export const isList = (value: FieldValue | undefined): value is readonly string[] => Array.isArray(value);

/** The midnight of a date in UTC; null if the value is none. */
export function dateOf(value: unknown): Date | null {
  return typeof value === 'string' && isDate(value) ? new Date(`${value}T00:00:00Z`) : null;
}

/** As times of the API are written (`isoTime`), which this file must not import. */
const time =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Null if the value is no time, or one whose year in UTC has more than four digits. */
export function timeOf(value: unknown): Date | null {
  const day = typeof value === 'string' ? time.exec(value)?.[1] : undefined;
  if (dateOf(day) === null) return null;
  const at = new Date(String(value));
  return /^\d{4}-/.test(at.toISOString()) ? at : null;
}

/** The values of a contact and their attributes after the changes; attributes are missing if there are none. */
export function withFieldChanges(
  { customFields, cf = [] }: { readonly customFields: FieldValues; readonly cf?: readonly Attribute[] },
  changes: FieldChanges,
): { readonly customFields: FieldValues; readonly cf?: readonly Attribute[] } {
  const dates = new Map(cf.flatMap(({ k, d }) => (d === undefined ? [] : [[k, d]])));
  const values = new Map<string, TypedValue>(
    Object.entries(customFields).map(([key, value]) => [key, withDate(value, dates.get(key))]),
  );
  for (const [key, to] of changes) {
    if (to === null) values.delete(key);
    else values.set(key, to);
  }
  const attributes = [...values].flatMap(([key, typed]) => attributesOf(key, typed));
  return {
    customFields: Object.fromEntries([...values].map(([key, { value }]) => [key, value])),
    ...(attributes.length === 0 ? {} : { cf: attributes }),
  };
}

const withDate = (value: FieldValue, d: Date | undefined): TypedValue =>
  d === undefined ? { value } : { value, d };

function attributesOf(k: string, { value, d }: TypedValue): Attribute[] {
  if (d !== undefined) return [{ k, d }];
  if (typeof value === 'number') return [{ k, n: value }];
  if (typeof value === 'boolean') return [{ k, b: value }];
  return (isList(value) ? value : [value]).map((s) => ({ k, s }));
}

/** The lowest free place of a definition among those of its business; null if all are taken. */
export const freeSlotAmong = (taken: readonly { readonly slot: number }[]): number | null =>
  freeSlots(taken, { wanted: 1, max: maxFields })[0] ?? null;

/** A transaction that gives a value and has not seen the archiving has ended by then; the database ends it after a minute. */
const settleMs = 2 * 60_000;

/** Whether no transaction under way can still give the field a value: none ever did, or it has been archived for a while. */
export const isSettled = (
  { usedAt, archivedAt }: { readonly usedAt?: Date; readonly archivedAt?: Date },
  now: Date,
): boolean =>
  usedAt === undefined || (archivedAt !== undefined && now.getTime() - archivedAt.getTime() >= settleMs);
