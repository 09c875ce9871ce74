import { namesByKey } from '../../contact-sets/rules.ts';
import { hasIdentity, identityKeysOf, maxTags, type AnyIdentity } from '../../contacts/rules.ts';
import type { CellError, FieldValue, RowReading, RowValues, Status } from '../cells/read-row.ts';

/** What becomes of a row. Pure: the dry run and the run make the same plan from the same facts. */

export interface ConsentOption {
  /** For rows without a status of their own. */
  readonly status?: 'opted-in' | 'opted-out' | undefined;
  readonly source: string;
  readonly wording?: string | undefined;
}

export interface PlanOptions {
  readonly onExisting: 'update' | 'skip' | 'fill-blanks';
  readonly onDuplicateInFile: 'first' | 'last' | 'error';
  /** Required to set `opted-in`: where and how the people agreed. */
  readonly consent?: ConsentOption | undefined;
  /** Added to every contact of the file. */
  readonly tags: readonly string[];
}

export const defaultPlanOptions = {
  onExisting: 'update',
  onDuplicateInFile: 'error',
  tags: [],
} as const satisfies PlanOptions;

/** The contact that a row is about, as far as a row can change it. */
export interface ExistingContact extends AnyIdentity {
  /** Every key that finds the contact, also those of former spellings and of other numbers of the person. */
  readonly keys: readonly string[];
  readonly name?: string;
  readonly timezone?: string;
  /** Their names. */
  readonly tags: readonly string[];
  readonly optInStatus: Status;
  readonly customFields: Readonly<Record<string, FieldValue>>;
}

export interface RowFacts {
  readonly reading: RowReading;
  /** All contacts that one of the row's keys finds. */
  readonly existing: readonly ExistingContact[];
  /** Whether earlier or later rows of the file have a key of this row. */
  readonly sameKey: { readonly earlier: boolean; readonly later: boolean };
  /** Whether an opt-out holds at an address of the row, whoever has it now. */
  readonly isAddressStopped: boolean;
}

export const planKinds = [
  'create',
  'update',
  'unchanged',
  'skip',
  'invalid',
  'duplicate',
  'ambiguous',
] as const;
export type PlanKind = (typeof planKinds)[number];

export type PlanCode =
  | CellError['code']
  | 'no-identity'
  | 'consent-required'
  /** The definitions of custom fields refuse a value, or require one. */
  | 'field-refused'
  | 'duplicate-in-file'
  | 'exists'
  /** The identities of the row belong to several contacts. */
  | 'several-contacts'
  /** The contact has another number or user id: a file does not replace one. */
  | 'identity-differs';

/** The fields that a plan sets. Null empties one. */
export interface ContactChange {
  readonly phoneNumber?: string | null;
  readonly whatsappId?: string | null;
  readonly businessScopedUserId?: string | null;
  readonly name?: string | null;
  readonly timezone?: string | null;
  readonly tags?: readonly string[];
  readonly optInStatus?: Status;
  readonly customFields?: Readonly<Record<string, FieldValue | null>>;
}

export interface RowPlan {
  readonly kind: PlanKind;
  /** The keys of the row's identities: what finds its contact, and duplicates inside the file. */
  readonly keys: readonly string[];
  /** Why nothing is done. */
  readonly codes: readonly PlanCode[];
  readonly errors: readonly CellError[];
  /** `consent-kept`: the contact has opted out, and a file does not change that. */
  readonly notices: readonly 'consent-kept'[];
  /** What is set; empty unless something is created or updated. */
  readonly change: ContactChange;
  /** The same fields before, to undo an update; empty for other plans. */
  readonly before: ContactChange;
}

/** The keys of a row: those under which its contact would be stored. */
export const keysOfRow = (values: RowValues): string[] => identityKeysOf(values);

const stop = (kind: PlanKind, keys: readonly string[], codes: readonly PlanCode[]): RowPlan => ({
  ...{ kind, keys, codes, errors: [], notices: [], change: {}, before: {} },
});

export function planRow(facts: RowFacts, options: PlanOptions): RowPlan {
  const { values, errors } = facts.reading;
  const keys = keysOfRow(values);
  if (errors.length > 0) {
    const codes = [...new Set(errors.map(({ code }) => code))];
    // A choice for the whole file resolves these; other faults need another file.
    const isOpen = codes.every((code) => code.endsWith('-ambiguous'));
    return { ...stop(isOpen ? 'ambiguous' : 'invalid', keys, codes), errors };
  }
  if (!hasIdentity(values)) return stop('invalid', keys, ['no-identity']);
  if (isDuplicate(facts.sameKey, options.onDuplicateInFile))
    return stop('duplicate', keys, ['duplicate-in-file']);
  const [contact, another] = facts.existing;
  if (another !== undefined) return stop('ambiguous', keys, ['several-contacts']);
  const status = values.optInStatus ?? options.consent?.status;
  if (status === 'opted-in' && options.consent === undefined)
    return stop('invalid', keys, ['consent-required']);
  const row: WantedRow = { values, keys, tags: options.tags, status };
  return contact === undefined
    ? planCreate(row, facts)
    : planExisting(row, contact, facts, options.onExisting);
}

function isDuplicate(
  { earlier, later }: RowFacts['sameKey'],
  onDuplicate: PlanOptions['onDuplicateInFile'],
): boolean {
  if (onDuplicate === 'error') return earlier || later;
  return onDuplicate === 'first' ? earlier : later;
}

interface WantedRow {
  readonly values: RowValues;
  readonly keys: readonly string[];
  /** Those of the file; the row's own are among its values. */
  readonly tags: readonly string[];
  readonly status: Status | undefined;
}

const identities = ['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const;

function planCreate(
  { values, keys, tags: fileTags, status }: WantedRow,
  { isAddressStopped }: RowFacts,
): RowPlan {
  const tags = eachOnce([...(values.tags ?? []), ...fileTags]);
  if (tags.length > maxTags) return stop('invalid', keys, ['too-many-tags']);
  const isKept = isAddressStopped && status === 'opted-in';
  const fields = Object.entries(values.customFields).filter(([, value]) => value !== null);
  const change: ContactChange = {
    ...givenIdentities(values),
    ...(values.name === undefined || values.name === null ? {} : { name: values.name }),
    ...(values.timezone === undefined || values.timezone === null ? {} : { timezone: values.timezone }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(status === undefined || status === 'unknown' || isKept ? {} : { optInStatus: status }),
    ...(fields.length === 0 ? {} : { customFields: Object.fromEntries(fields) }),
  };
  return { ...stop('create', keys, []), notices: isKept ? ['consent-kept'] : [], change };
}

const givenIdentities = (values: RowValues): ContactChange =>
  Object.fromEntries(
    identities.flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]])),
  );

function planExisting(
  row: WantedRow,
  contact: ExistingContact,
  facts: RowFacts,
  onExisting: PlanOptions['onExisting'],
): RowPlan {
  if (onExisting === 'skip') return stop('skip', row.keys, ['exists']);
  const isFilling = onExisting === 'fill-blanks';
  const added = changedIdentities(row.values, contact);
  if (added === undefined) return stop('ambiguous', row.keys, ['identity-differs']);
  const tags = changedTags(row, contact, isFilling);
  if (tags.length > maxTags) return stop('invalid', row.keys, ['too-many-tags']);
  const consent = changedConsent(row.status, contact.optInStatus, facts.isAddressStopped);
  const fields = changedFields(row.values.customFields, contact.customFields, isFilling);
  const { name, timezone } = row.values;
  const change: ContactChange = {
    ...added,
    ...(isChanged(name, contact.name, isFilling) ? { name } : {}),
    ...(isChanged(timezone, contact.timezone, isFilling) ? { timezone } : {}),
    ...(isSame(tags, contact.tags) ? {} : { tags }),
    ...(consent.status === undefined ? {} : { optInStatus: consent.status }),
    ...(Object.keys(fields).length === 0 ? {} : { customFields: fields }),
  };
  const kind = Object.keys(change).length === 0 ? 'unchanged' : 'update';
  const notices = consent.isKept ? (['consent-kept'] as const) : [];
  return { ...stop(kind, row.keys, []), notices, change, before: valuesBefore(change, contact) };
}

/**
 * Identities that the contact gains; undefined if it has another one. A number that finds the contact in another
 * spelling, or as another number of the person, changes nothing.
 */
function changedIdentities(values: RowValues, contact: ExistingContact): ContactChange | undefined {
  const known = new Set(contact.keys);
  const gained = identities.filter((field) => {
    const value = values[field];
    return value !== undefined && !identityKeysOf({ [field]: value }).every((key) => known.has(key));
  });
  if (gained.some((field) => contact[field] !== undefined)) return undefined;
  return givenIdentities({
    customFields: {},
    ...Object.fromEntries(gained.map((field) => [field, values[field]])),
  });
}

/** A column of tags adds; only `--` removes. Blanks are filled only if there are none; tags of the file are always added. */
function changedTags(
  { values, tags }: WantedRow,
  contact: ExistingContact,
  isFilling: boolean,
): readonly string[] {
  const isLeft = isFilling && contact.tags.length > 0;
  const kept = values.tags === null && !isFilling ? [] : contact.tags;
  return eachOnce([...kept, ...(isLeft ? [] : (values.tags ?? [])), ...tags]);
}

/** Names of tags, as first written: `vip` and `VIP` are one. */
const eachOnce = (names: readonly string[]): string[] => [...namesByKey(names).values()];

function changedConsent(
  status: Status | undefined,
  current: Status,
  isAddressStopped: boolean,
): { readonly status?: Status; readonly isKept: boolean } {
  // A file that does not know says nothing.
  if (status === undefined || status === 'unknown' || status === current) return { isKept: false };
  const isKept = status === 'opted-in' && (current === 'opted-out' || isAddressStopped);
  return isKept ? { isKept } : { status, isKept };
}

function isChanged<T>(
  wanted: T | null | undefined,
  current: T | undefined,
  isFilling: boolean,
): wanted is T | null {
  if (wanted === undefined || (isFilling && current !== undefined)) return false;
  return wanted === null ? current !== undefined : !isSame(wanted, current);
}

function changedFields(
  wanted: RowValues['customFields'],
  current: ExistingContact['customFields'],
  isFilling: boolean,
): Readonly<Record<string, FieldValue | null>> {
  const held = new Map(Object.entries(current));
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => isChanged(value, held.get(key), isFilling)),
  );
}

/** The changed fields as the contact has them now. */
function valuesBefore(change: ContactChange, contact: ExistingContact): ContactChange {
  const held = new Map(Object.entries(contact.customFields));
  const fields = Object.keys(change.customFields ?? {}).map((key) => [key, held.get(key) ?? null] as const);
  const simple = [...identities, 'name', 'timezone', 'tags', 'optInStatus'] as const;
  return {
    ...Object.fromEntries(
      simple.filter((field) => change[field] !== undefined).map((field) => [field, contact[field] ?? null]),
    ),
    ...(fields.length === 0 ? {} : { customFields: Object.fromEntries(fields) }),
  };
}

/** Values are texts, numbers, booleans, and lists of texts. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export type PlanCounts = Readonly<Record<PlanKind, number>>;

export const noCounts: PlanCounts = {
  ...{ create: 0, update: 0, unchanged: 0, skip: 0, invalid: 0, duplicate: 0, ambiguous: 0 },
};

/** The counts with one more row. Every row counts once, so that they add up to the rows of the file. */
export const counted = (counts: PlanCounts, { kind }: Pick<RowPlan, 'kind'>): PlanCounts => ({
  ...counts,
  [kind]: counts[kind] + 1,
});
