import type { Issue } from '../../platform/errors.ts';
import { isVisible } from '../../platform/plain-text.ts';
import { dateOf, timeOf, type FieldRules } from './rules.ts';

/** How contacts are found by their custom fields: `customField[city]=Berlin`, `customField[orders.gte]=3`. Pure. */

/** In one search; two bounds of one field are two. */
export const maxFieldFilters = 5;

type Value = string | number | boolean | Date;

/** What one attribute of a contact must be, in the words of the database. */
export interface FieldCondition {
  readonly key: string;
  /** The member of the attribute. */
  readonly member: 's' | 'n' | 'b' | 'd';
  readonly is: Value | { readonly $gte?: Value; readonly $lte?: Value };
}

export interface FieldFilters {
  readonly conditions: readonly FieldCondition[];
  /** Each with the name of its filter as path. */
  readonly issues: readonly Issue[];
}

interface Read extends Pick<FieldCondition, 'member'> {
  readonly value: Value;
}

/** The filters by name: the key of a field, or a key with `.gte` or `.lte`. Archived fields are found by, too. */
export function readFieldFilters(
  definitions: readonly FieldRules[],
  given: Readonly<Record<string, string>>,
): FieldFilters {
  const byKey = new Map(definitions.map((definition) => [definition.key, definition]));
  const conditions = new Map<string, FieldCondition>();
  const issues: Issue[] = [];
  for (const [name, text] of Object.entries(given)) {
    const { key, bound } = partsOf(name);
    const read = valueOf(byKey.get(key), bound, text);
    if (typeof read === 'string') issues.push({ path: name, message: read });
    else if (bound === undefined) conditions.set(name, { key, member: read.member, is: read.value });
    else {
      // One range, so that an index reads only what lies between the bounds.
      const range = `${key}.range`;
      const other = conditions.get(range)?.is as object | undefined;
      conditions.set(range, { key, member: read.member, is: { ...other, [`$${bound}`]: read.value } });
    }
  }
  return { conditions: [...conditions.values()], issues };
}

function partsOf(name: string): { readonly key: string; readonly bound: string | undefined } {
  const [key = '', bound] = name.split(/\.(gte|lte)$/);
  return { key, bound };
}

/** The value to look for, or why there is none. */
function valueOf(field: FieldRules | undefined, bound: string | undefined, text: string): Read | string {
  if (field === undefined) return 'There is no such custom field.';
  const { member, read, fault } = searches[field.type];
  if (bound !== undefined && member !== 'n' && member !== 'd')
    return 'Only numbers, dates and times have gte and lte.';
  const value = read(text);
  return value === null ? fault : { member, value };
}

interface Search extends Pick<FieldCondition, 'member'> {
  /** Null if the text is no value of the type. */
  read(text: string): Value | null;
  readonly fault: string;
}

const byText: Search = {
  member: 's',
  read: (text) => (isVisible(text) ? text.trim() : null),
  fault: 'This must not be blank.',
};

const searches: Readonly<Record<FieldRules['type'], Search>> = {
  ...{ text: byText, select: byText, 'multi-select': byText },
  number: { member: 'n', read: numberOf, fault: 'This must be a number such as -1.5.' },
  boolean: { member: 'b', read: booleanOf, fault: 'This must be true or false.' },
  date: { member: 'd', read: dateOf, fault: 'This must be a date such as 2026-11-23.' },
  datetime: { member: 'd', read: timeOf, fault: 'This must be a time such as 2026-11-23T09:00:00Z.' },
};

function numberOf(text: string): number | null {
  const number = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

function booleanOf(text: string): boolean | null {
  return text === 'true' || text === 'false' ? text === 'true' : null;
}
