import { z } from 'zod';
import { instantOf, localTime } from '../../platform/zones.ts';
import type { Condition, Scalar } from './conditions.ts';

/** Conditions on times and days. A day is that of the client's zone, from its first to its last moment. */

/** When and where a segment is used. */
export interface Moment {
  readonly now: Date;
  /** The client's zone. */
  readonly zone: string;
}

const dayMs = 24 * 60 * 60 * 1_000;

const isReasonable = (text: string): boolean => /^(?:19|20)\d\d-/.test(text);

export const DayText = z.iso
  .date({ error: 'Must be a day such as 2026-11-23.' })
  .refine(isReasonable, { error: 'Must be in the years 1900 to 2099.' });

const TimeText = z.iso
  .datetime({
    offset: true,
    error: 'Must be a day such as 2026-11-23, or a time such as 2026-11-23T09:00:00Z.',
  })
  .refine(isReasonable, { error: 'Must be in the years 1900 to 2099.' });

/** A day, or a moment. */
export const DateText = z.unknown().transform((value, context): string => {
  const schema = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? DayText : TimeText;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { message } of parsed.error.issues) context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** From the first moment to the first one after it; the database stores milliseconds. */
interface Span {
  readonly from: Date;
  readonly to: Date;
}

type Range = Readonly<Partial<Record<'$gte' | '$lt', Date>>>;

const spanFrom = (from: number, lengthMs: number): Span => ({
  from: new Date(from),
  to: new Date(from + lengthMs),
});

/** The beginning of a day, given as its midnight in UTC. */
function beginningOf(utcMidnight: number, zone: string): Date {
  const at = new Date(utcMidnight);
  const day = { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
  return instantOf({ ...day, hour: 0, minute: 0 }, zone);
}

/** Today in the zone, as its midnight in UTC. */
function today({ now, zone }: Moment): number {
  const { year, month, day } = localTime(now, zone);
  return Date.UTC(year, month - 1, day);
}

/** How a field stores what days name: as moments, or as the midnight in UTC of a day without a zone. */
export type DayKind = 'date' | 'day';

const dayAt = (utcMidnight: number, kind: DayKind, zone: string): Span =>
  kind === 'day'
    ? spanFrom(utcMidnight, 1)
    : { from: beginningOf(utcMidnight, zone), to: beginningOf(utcMidnight + dayMs, zone) };

function spanOf(value: Scalar, kind: DayKind, { zone }: Moment): Span {
  const text = String(value);
  const at = Date.parse(text);
  return text.length === 10 ? dayAt(at, kind, zone) : spanFrom(at, 1);
}

/** The conditions that compare with something. */
export type Comparison = Extract<
  Condition,
  { readonly op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte' | 'between' | 'within' }
>;

/** What the stored time must be in. */
export function rangeOf(condition: Comparison, kind: DayKind, moment: Moment): Range {
  switch (condition.op) {
    case 'between': {
      const [first, last] = condition.value;
      return { $gte: spanOf(first, kind, moment).from, $lt: spanOf(last, kind, moment).to };
    }
    case 'within': {
      const last = today(moment);
      const first = last - (condition.value - 1) * dayMs;
      return { $gte: dayAt(first, kind, moment.zone).from, $lt: dayAt(last, kind, moment.zone).to };
    }
    case 'eq':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return rangeBeside(condition.op, spanOf(condition.value, kind, moment));
  }
}

function rangeBeside(op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte', { from, to }: Span): Range {
  switch (op) {
    case 'eq':
      return { $gte: from, $lt: to };
    case 'lt':
      return { $lt: from };
    case 'lte':
      return { $lt: to };
    case 'gt':
      return { $gte: to };
    case 'gte':
      return { $gte: from };
  }
}
