import { instantOf, isTimeZone } from '../../../platform/zones.ts';
import { faultOf, readCommon, valueOf, type Read } from './faults.ts';
import { plainDigits } from './phone-text.ts';

export type DateOrder = 'dmy' | 'mdy' | 'ymd';

export interface DateOptions {
  /** The order of day, month and year where the cell does not show it. */
  readonly dateOrder?: DateOrder | undefined;
  /** The zone of times without one. */
  readonly zone?: string | undefined;
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const minYear = 1000;
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

const exists = ({ year, month, day }: Day): boolean =>
  year >= minYear && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);

const isoDay = ({ year, month, day }: Day): string =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;

const yearFirst = /^(?<year>\d{4})(?<sign>[-./年])(?<month>\d{1,2})[-./月](?<day>\d{1,2})日?$/;
const yearLast = /^(?<first>\d{1,2})(?<sign>[-./])(?<second>\d{1,2})\k<sign>(?<year>\d{1,4})\.?$/;

/** Both orders of a day that has its year at the end; each only if the day exists. */
export function ordersOf(cell: string): { readonly dmy?: string; readonly mdy?: string } {
  const found = yearLast.exec(plainDigits(cell).trim())?.groups;
  if (found === undefined) return {};
  const [first, second, year] = [Number(found['first']), Number(found['second']), Number(found['year'])];
  const dmy = { year, month: second, day: first };
  const mdy = { year, month: first, day: second };
  return { ...(exists(dmy) ? { dmy: isoDay(dmy) } : {}), ...(exists(mdy) ? { mdy: isoDay(mdy) } : {}) };
}

function readDay(text: string, { dateOrder }: DateOptions): Read<string> {
  const iso = yearFirst.exec(text)?.groups;
  if (iso !== undefined) {
    const day = { year: Number(iso['year']), month: Number(iso['month']), day: Number(iso['day']) };
    return exists(day) ? valueOf(isoDay(day)) : faultOf('date-invalid');
  }
  if (/^\d{4,5}(?:[.,]\d+)?$/.test(text)) return faultOf('date-serial');
  const year = yearLast.exec(text)?.groups?.['year'];
  if (year !== undefined && year.length < 4) return faultOf('date-short-year');
  const { dmy, mdy } = ordersOf(text);
  const chosen = dateOrder === 'dmy' ? dmy : dateOrder === 'mdy' ? mdy : (dmy ?? mdy);
  if (chosen === undefined) return faultOf('date-invalid');
  const isOpen = dateOrder !== 'dmy' && dateOrder !== 'mdy';
  return isOpen && dmy !== undefined && mdy !== undefined && dmy !== mdy
    ? faultOf('date-ambiguous')
    : valueOf(chosen);
}

/** A date as `2026-03-01`. */
export function readDate(cell: string, options: DateOptions): Read<string> {
  const text = plainDigits(cell).trim();
  const common = readCommon(text);
  if (common !== undefined) return common;
  // Spreadsheets write midnight after a date.
  return readDay(text.replace(/[T ]0{1,2}:00(?::00(?:\.0+)?)?$/, ''), options);
}

const clock =
  /^(?<day>.+?)(?:T|,?\s+)(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,9}))?)?(?:\s*(?<half>[ap])\.?m\.?)?\s*(?<offset>Z|[+-]\d{2}:?\d{2})?$/i;

/** An instant as `2026-03-01T13:30:00.000Z`. A time that the clocks show twice is the first. */
export function readDateTime(cell: string, options: DateOptions): Read<string> {
  const text = plainDigits(cell).trim();
  const common = readCommon(text);
  if (common !== undefined) return common;
  const parts = clock.exec(text)?.groups;
  const read = readDay(parts?.['day'] ?? text, options);
  if (read.kind !== 'value') return read;
  const hour = hourOf(Number(parts?.['hour'] ?? 0), parts?.['half']);
  const [minute, second] = [Number(parts?.['minute'] ?? 0), Number(parts?.['second'] ?? 0)];
  if (hour === undefined || minute > 59 || second > 59) return faultOf('date-invalid');
  const millisecond = Number((parts?.['fraction'] ?? '').padEnd(3, '0').slice(0, 3));
  const at = startOf({ day: read.value, hour, minute }, parts?.['offset'], options.zone);
  if (at === undefined) return faultOf('date-no-zone');
  return valueOf(new Date(at.getTime() + second * 1_000 + millisecond).toISOString());
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour <= 23 ? hour : undefined;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
}

function startOf(
  { day, hour, minute }: { readonly day: string; readonly hour: number; readonly minute: number },
  offset: string | undefined,
  zone: string | undefined,
): Date | undefined {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  if (offset !== undefined) {
    const digits = offset.replace(/\D/g, '');
    const minutes = digits === '' ? 0 : Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
    const sign = offset.startsWith('-') ? -1 : 1;
    return new Date(Date.UTC(year, month - 1, date, hour, minute) - sign * minutes * 60_000);
  }
  if (zone === undefined || !isTimeZone(zone)) return undefined;
  return instantOf({ year, month, day: date, hour, minute }, zone);
}

export interface DateOrderProposal {
  readonly order?: 'dmy' | 'mdy';
  /** How many cells are a day in one order only, and how many in both. */
  readonly onlyDmy: number;
  readonly onlyMdy: number;
  readonly both: number;
}

/** The order that a column shows: days above 12 tell. None if the cells contradict each other or say nothing. */
export function proposeDateOrder(cells: readonly string[]): DateOrderProposal {
  const found = cells.map(ordersOf);
  const onlyDmy = found.filter(({ dmy, mdy }) => dmy !== undefined && mdy === undefined).length;
  const onlyMdy = found.filter(({ dmy, mdy }) => dmy === undefined && mdy !== undefined).length;
  const both = found.filter(({ dmy, mdy }) => dmy !== undefined && mdy !== undefined).length;
  const order = onlyDmy > 0 && onlyMdy === 0 ? 'dmy' : onlyMdy > 0 && onlyDmy === 0 ? 'mdy' : undefined;
  return { ...(order === undefined ? {} : { order }), onlyDmy, onlyMdy, both };
}
