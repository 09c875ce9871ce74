import { weekdays, type Interval } from './intervals.ts';
import type { BusinessHoursView } from './schemas.ts';
import type { BusinessHoursDoc } from './use-cases.ts';

const toDay = (intervals: readonly Interval[]): string[][] => intervals.map(([from, to]) => [from, to]);

export const toBusinessHoursView = (hours: BusinessHoursDoc): BusinessHoursView => ({
  id: hours._id.toHexString(),
  name: hours.name,
  zone: hours.zone,
  week: Object.fromEntries(weekdays.map((day) => [day, toDay(hours.week[day] ?? [])])),
  holidays: hours.holidays.map(({ date, name, intervals }) => ({
    date,
    name: name ?? null,
    closed: intervals.length === 0,
    intervals: toDay(intervals),
  })),
  createdAt: hours.createdAt.toISOString(),
});
