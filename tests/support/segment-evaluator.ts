import { nameKeyOf } from '../../src/platform/name-key.ts';
import { localTime } from '../../src/platform/zones.ts';
import { inboundOf, type Person } from './segment-people.ts';

/** What a filter means, without a database: one contact at a time, days as texts of the calendar. */

interface Moment {
  readonly now: Date;
  readonly zone: string;
}

interface Condition {
  readonly field: string;
  readonly op: string;
  readonly value: unknown;
}

/** One value of a person, or several of a field with several; none if it is missing. */
type Values = readonly (string | number | boolean | Date)[];

const zoneOfCountry: Readonly<Record<string, string>> = {
  ...{ DE: 'Europe/Berlin', IN: 'Asia/Kolkata', GB: 'Europe/London' },
};

const latest = (times: readonly (Date | undefined)[]): Values => {
  const known = times.filter((at) => at !== undefined).map((at) => at.getTime());
  return known.length === 0 ? [] : [new Date(Math.max(...known))];
};

const present = (value: Values[number] | undefined): Values => (value === undefined ? [] : [value]);

function valuesOf(person: Person, field: string, { now }: Moment): Values {
  const { name, username, number, lead, threads } = person;
  const country = number?.[1];
  const known = lead === undefined || lead.isDeleted ? undefined : lead;
  switch (field) {
    case 'name':
      return present(name === undefined ? undefined : nameKeyOf(name));
    case 'username':
      return present(username?.toLowerCase());
    case 'phoneNumber':
      return present(person.phoneNumber);
    case 'country':
      return present(country);
    case 'zone':
      return present(person.timezone ?? (country === undefined ? undefined : zoneOfCountry[country]));
    case 'createdAt':
      return [person.createdAt];
    case 'tags':
      return person.tags;
    case 'groups':
      return person.groups;
    case 'optInStatus':
      return [person.optInStatus];
    case 'marketingStopped':
      return [person.marketingStopped === true];
    case 'isBlocked':
      return [person.isBlocked === true];
    case 'numberSuspect':
      return [person.isSuspect];
    case 'isWindowOpen':
      return [threads.some(({ windowExpiresAt }) => windowExpiresAt !== undefined && windowExpiresAt > now)];
    case 'lead.stage':
      return present(known?.stage);
    case 'lead.assignedAgentId':
      return present(known?.agentId);
    case 'lastInboundAt':
      return latest(threads.map(inboundOf));
    case 'lastOutboundAt':
      return latest(threads.map(({ outboundAt }) => outboundAt));
    default: {
      const value = person.fields[field.replace('customFields.', '')];
      return Array.isArray(value)
        ? (value as readonly string[])
        : present(value as Values[number] | undefined);
    }
  }
}

/** A text as the field compares it. */
function spelt(field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (field === 'name') return nameKeyOf(value);
  if (field === 'username') return value.toLowerCase().replace('@', '');
  return field === 'phoneNumber' ? value.replaceAll(' ', '') : value;
}

const dayOf = (at: Date, zone: string): string => localTime(at, zone).toFormat('yyyy-MM-dd');

const isDay = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);

/** Below, equal or above: days as days, times as times, all else as it is. */
function compare(own: Values[number], value: unknown, zone: string): number {
  if (own instanceof Date) {
    if (!isDay(value)) return own.getTime() - Date.parse(String(value));
    const day = dayOf(own, zone);
    return day === value ? 0 : day < value ? -1 : 1;
  }
  if (typeof own === 'number') return own - Number(value);
  return own === value ? 0 : own < String(value) ? -1 : 1;
}

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000;

function holds({ field, op, value }: Condition, values: Values, { now, zone }: Moment): boolean {
  const list = (Array.isArray(value) ? value : [value]).map((one) => spelt(field, one));
  const [first] = list;
  const isAny = (test: (own: Values[number]) => boolean): boolean => values.some(test);
  switch (op) {
    case 'eq':
    case 'in':
    case 'has':
      return isAny((own) => list.some((one) => compare(own, one, zone) === 0));
    case 'has-all':
      return list.every((one) => isAny((own) => compare(own, one, zone) === 0));
    case 'ne':
    case 'has-none':
      return !isAny((own) => list.some((one) => compare(own, one, zone) === 0));
    case 'contains':
      return isAny((own) => String(own).startsWith(String(first)));
    case 'exists':
      return values.length > 0 === value;
    case 'lt':
      return isAny((own) => compare(own, first, zone) < 0);
    case 'lte':
      return isAny((own) => compare(own, first, zone) <= 0);
    case 'gt':
      return isAny((own) => compare(own, first, zone) > 0);
    case 'gte':
      return isAny((own) => compare(own, first, zone) >= 0);
    case 'between':
      return isAny((own) => compare(own, first, zone) >= 0 && compare(own, list[1], zone) <= 0);
    case 'within':
      return isAny((own) => {
        const ago = daysBetween(own instanceof Date ? dayOf(own, zone) : String(own), dayOf(now, zone));
        return ago >= 0 && ago < Number(value);
      });
    default:
      throw new Error(`Unknown operator ${op}.`);
  }
}

type Filter =
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter }
  | Condition;

/** Whether the person is a member. */
export function isMember(filter: unknown, person: Person, moment: Moment): boolean {
  const node = filter as Filter;
  if ('all' in node) return node.all.every((part) => isMember(part, person, moment));
  if ('any' in node) return node.any.some((part) => isMember(part, person, moment));
  if ('not' in node) return !isMember(node.not, person, moment);
  return holds(node, valuesOf(person, node.field, moment), moment);
}
