import { z } from 'zod';
import { isDate } from '../../platform/calendar.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty, TimeZoneText } from '../../platform/text-fields.ts';
import { intervalIssues, maxIntervals, weekdays, type Interval } from './intervals.ts';

const maxHolidays = 200;

const ClockTime = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, { error: 'Must be a time such as 09:00, or 24:00.' });

const IntervalInput = z
  .array(ClockTime)
  // The checks of the day need both.
  .length(2, { abort: true, error: 'Must have two times, from and to.' })
  .refine(([from]) => from !== '24:00', { error: 'Must begin at 23:59 at the latest.' })
  .transform(([from = '', to = '']): Interval => [from, to])
  .meta({
    id: 'OpeningIntervalInput',
    description:
      'From and to, such as `["09:00","18:00"]`. One that ends no later than it begins ends on the next day',
  });

const DayInput = z
  .array(IntervalInput)
  .max(maxIntervals)
  .superRefine((intervals, context) => {
    for (const { index, message } of intervalIssues(intervals))
      context.addIssue({ code: 'custom', path: [index], message });
  });

const day = DayInput.exactOptional();
const WeekInput = z
  .strictObject({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day })
  .refine((week) => Object.keys(week).length > 0, { error: 'Must name at least one day.' })
  .meta({ id: 'OpeningWeekInput', description: 'By weekday; a day that is missing is closed' });

const HolidayInput = z
  .strictObject({
    date: z
      .string()
      .refine(isDate, { error: 'Must be a date such as 2026-12-25.' })
      .meta({ examples: ['2026-12-25'] }),
    name: LineText.exactOptional(),
    closed: z.literal(true).exactOptional(),
    intervals: DayInput.min(1).exactOptional(),
  })
  .refine(({ closed, intervals }) => (closed === undefined) !== (intervals === undefined), {
    error: 'Must have either `closed` or `intervals`.',
  })
  .transform(({ date, name, intervals = [] }) => ({
    date,
    intervals,
    ...(name === undefined ? {} : { name }),
  }))
  .meta({ id: 'HolidayInput', description: 'Replaces the intervals that begin on the date' });

const HolidaysInput = z
  .array(HolidayInput)
  .max(maxHolidays)
  .superRefine((holidays, context) => {
    const seen = new Set<string>();
    for (const [index, { date }] of holidays.entries()) {
      if (seen.has(date))
        context.addIssue({ code: 'custom', path: [index, 'date'], message: 'The date occurs twice.' });
      seen.add(date);
    }
  });

const exampleWeek = {
  mon: [
    ['09:00', '12:00'],
    ['13:30', '18:00'],
  ],
  fri: [['20:00', '02:00']],
};

export const CreateBusinessHoursBody = z
  .strictObject({
    name: LineText,
    zone: TimeZoneText,
    week: WeekInput,
    holidays: HolidaysInput.default([]),
  })
  .meta({
    id: 'CreateBusinessHoursBody',
    examples: [
      {
        ...{ name: 'Office Berlin', zone: 'Europe/Berlin', week: exampleWeek },
        holidays: [{ date: '2026-12-25', closed: true, name: 'Christmas' }],
      },
    ],
  });

export const PatchBusinessHoursBody = z
  .strictObject({
    name: LineText.exactOptional(),
    zone: TimeZoneText.exactOptional(),
    week: WeekInput.exactOptional(),
    holidays: HolidaysInput.exactOptional(),
  })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateBusinessHoursBody',
    examples: [{ holidays: [{ date: '2026-12-24', intervals: [['09:00', '12:00']] }] }],
  });

export const ListBusinessHoursQuery = z.strictObject(pageQuery);

const OpeningDay = z.array(z.array(z.string()).length(2)).meta({
  id: 'OpeningDay',
  description: 'The open intervals that begin on the day, each from and to',
});

export const BusinessHoursView = z
  .object({
    id: z.string(),
    name: z.string(),
    zone: z.string().meta({ description: 'An IANA time zone' }),
    week: z
      .object(Object.fromEntries(weekdays.map((name) => [name, OpeningDay])))
      .meta({ id: 'OpeningWeek' }),
    holidays: z.array(
      z
        .object({
          date: z.string(),
          name: z.string().nullable(),
          closed: z.boolean(),
          intervals: OpeningDay,
        })
        .meta({ id: 'Holiday' }),
    ),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'BusinessHours',
    examples: [
      {
        id: '665f1f77bcf86cd799439021',
        ...{ name: 'Office Berlin', zone: 'Europe/Berlin' },
        week: { ...Object.fromEntries(weekdays.map((name) => [name, []])), ...exampleWeek },
        holidays: [{ date: '2026-12-25', name: 'Christmas', closed: true, intervals: [] }],
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type BusinessHoursView = z.input<typeof BusinessHoursView>;

export const BusinessHoursPage = pageOf(BusinessHoursView, 'BusinessHoursPage');
