import { isPlaceZone } from '../../../platform/zones.ts';
import { cutText } from '../../../platform/text.ts';
import { maxNameLength, phoneOfWhatsappId } from '../../contacts/rules.ts';
import type { ContactTarget, FieldDefinition, Mapping, Target } from '../mapping/targets.ts';
import type { SourceRow } from '../rows.ts';
import { readDate, readDateTime, type DateOptions } from './dates.ts';
import { faultOf, readCommon, valueOf, type CellFaultCode, type Read } from './faults.ts';
import { readNumber, type NumberOptions } from './numbers.ts';
import { plainDigits } from './phone-text.ts';
import { readPhone, type PhoneOptions } from './phones.ts';
import { readBoolean, readConsent, readOption, readOptions, readTags, readText } from './texts.ts';

export type CellOptions = PhoneOptions & DateOptions & NumberOptions;

export type FieldValue = string | number | boolean | readonly string[];
export type Status = 'opted-in' | 'opted-out' | 'unknown';

/** What a row says about its contact. Null clears, a missing field leaves. */
export interface RowValues {
  readonly phoneNumber?: string;
  readonly whatsappId?: string;
  readonly businessScopedUserId?: string;
  readonly name?: string | null;
  readonly timezone?: string | null;
  readonly tags?: readonly string[] | null;
  readonly optInStatus?: Status;
  readonly customFields: Readonly<Record<string, FieldValue | null>>;
}

export interface CellError {
  readonly code: CellFaultCode | 'cell-too-long' | 'too-many-cells' | 'unknown-field';
  readonly column: number;
  /** The cell as it is in the file, cut. */
  readonly cell: string;
}

export interface RowReading {
  readonly values: RowValues;
  readonly errors: readonly CellError[];
}

export interface RowOptions {
  readonly mapping: Mapping;
  readonly definitions: ReadonlyMap<string, FieldDefinition>;
  readonly cells: CellOptions;
}

const maxFieldText = 640;
const maxShownCell = 200;

type Draft = { -readonly [K in keyof RowValues]: RowValues[K] };

/** Reads the mapped cells of a row by their types. Cells beyond the row's end are blank. */
export function readRow({ cells, fault }: SourceRow, options: RowOptions): RowReading {
  if (fault !== undefined)
    return { values: { customFields: {} }, errors: [{ ...fault, cell: shown(cells[fault.column] ?? '') }] };
  const errors: CellError[] = [];
  const draft: Draft = { customFields: {} };
  const fields = new Map<string, FieldValue | null>();
  const parts: NameParts = {};
  for (const [column, target] of options.mapping) {
    const cell = cells[column] ?? '';
    const code =
      target.kind === 'custom'
        ? putField(fields, target, cell, options)
        : putContact({ draft, parts }, target, cell, options);
    if (code !== undefined) errors.push({ code, column, cell: shown(cell) });
  }
  const name = draft.name === undefined ? joinedName(parts) : draft.name;
  const isTooLong = typeof name === 'string' && name.length > maxNameLength;
  if (isTooLong)
    errors.push({ code: 'too-long', column: columnOf('lastName', options.mapping), cell: shown(name) });
  const customFields = Object.fromEntries(fields);
  return { values: { ...draft, ...(name === undefined || isTooLong ? {} : { name }), customFields }, errors };
}

const columnOf = (field: ContactTarget, mapping: Mapping): number =>
  [...mapping].find(([, target]) => target.kind === 'contact' && target.field === field)?.[0] ?? 0;

const shown = (cell: string): string => cutText(cell, maxShownCell);

interface NameParts {
  firstName?: string | null;
  lastName?: string | null;
}

/** `--` in one part clears that part; in both, the name. */
function joinedName({ firstName, lastName }: NameParts): string | null | undefined {
  if (firstName === undefined && lastName === undefined) return undefined;
  const name = [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
  return name === '' ? null : name;
}

type Code = CellError['code'] | undefined;

/** Puts what was read where it belongs; returns the fault, if it is one. */
function put<T>(read: Read<T>, set: (value: T) => void, empty?: () => void): Code {
  if (read.kind === 'fault') return read.code;
  if (read.kind === 'value') set(read.value);
  if (read.kind !== 'clear') return undefined;
  if (empty === undefined) return 'cannot-clear';
  empty();
  return undefined;
}

function putContact(
  { draft, parts }: { readonly draft: Draft; readonly parts: NameParts },
  { field }: Extract<Target, { kind: 'contact' }>,
  cell: string,
  { cells }: RowOptions,
): Code {
  switch (field) {
    case 'phoneNumber':
      return put(readPhone(cell, cells), (phone) => (draft.phoneNumber = phone));
    case 'whatsappId':
      return put(readWhatsappId(cell), (id) => (draft.whatsappId = id));
    case 'businessScopedUserId':
      return put(readUserId(cell), (id) => (draft.businessScopedUserId = id));
    case 'name':
      return put(
        readText(cell, maxNameLength),
        (name) => (draft.name = name),
        () => (draft.name = null),
      );
    case 'firstName':
    case 'lastName':
      return put(
        readText(cell, maxNameLength),
        (name) => (parts[field] = name),
        () => (parts[field] = null),
      );
    case 'timezone':
      return put(
        readZone(cell),
        (zone) => (draft.timezone = zone),
        () => (draft.timezone = null),
      );
    case 'tags':
      return put(
        readTags(cell),
        (tags) => (draft.tags = tags),
        () => (draft.tags = null),
      );
    case 'optInStatus':
      return put(readConsent(cell), (status) => (draft.optInStatus = status));
  }
}

function readWhatsappId(cell: string): Read<string> {
  const text = plainDigits(cell).trim();
  const common = readCommon(text);
  if (common !== undefined) return common;
  if (/e[+-]?\d+$/i.test(text)) return faultOf('phone-scientific');
  const digits = text.replace(/^\+/, '');
  return /^[1-9]\d{6,14}$/.test(digits) && phoneOfWhatsappId(digits) !== null
    ? valueOf(digits)
    : faultOf('phone-invalid');
}

const readZone = (cell: string): Read<string> => readWord(cell, isPlaceZone, 'zone-invalid');

const isUserId = (text: string): boolean => /^[A-Z]{2}\.[A-Za-z0-9.]{1,160}$/.test(text);
const readUserId = (cell: string): Read<string> => readWord(cell, isUserId, 'user-id-invalid');

/** A text that is stored as it is, or not at all. */
function readWord(cell: string, isValid: (text: string) => boolean, fault: CellFaultCode): Read<string> {
  const text = cell.trim();
  return readCommon(text) ?? (isValid(text) ? valueOf(text) : faultOf(fault));
}

function putField(
  fields: Map<string, FieldValue | null>,
  { key }: Extract<Target, { kind: 'custom' }>,
  cell: string,
  { definitions, cells }: RowOptions,
): Code {
  const definition = definitions.get(key);
  if (definition === undefined) return 'unknown-field';
  return put(
    readField(cell, definition, cells),
    (value) => fields.set(key, value),
    () => fields.set(key, null),
  );
}

/** A cell by the type of its custom field. */
export function readField(
  cell: string,
  { type, options = [] }: FieldDefinition,
  cells: CellOptions,
): Read<FieldValue> {
  switch (type) {
    case 'text':
      return readText(cell, maxFieldText);
    case 'number':
      return readNumber(cell, cells);
    case 'boolean':
      return readBoolean(cell);
    case 'date':
      return readDate(cell, cells);
    case 'datetime':
      return readDateTime(cell, cells);
    case 'select':
      return readOption(cell, options);
    case 'multi-select':
      return readOptions(cell, options);
  }
}
