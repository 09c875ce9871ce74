import assert from 'node:assert/strict';
import fc from 'fast-check';
import moment from 'moment-timezone';
import {
  addBusinessMs,
  businessMsBetween,
  isOpen,
  nextOpening,
} from '../../../../src/inbox/business-hours/calendar.ts';
import {
  intervalIssues,
  minutesOf,
  weekdays,
  type BusinessCalendar,
  type Interval,
} from '../../../../src/inbox/business-hours/intervals.ts';
import { isDate } from '../../../../src/platform/calendar.ts';
import { localTime } from '../../../../src/platform/zones.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const at = (text: string): Date => new Date(text);
const weekdaysOnly = (...intervals: Interval[]): BusinessCalendar['week'] => ({
  ...{ mon: intervals, tue: intervals, wed: intervals, thu: intervals, fri: intervals },
});
const berlin = (week: BusinessCalendar['week'], holidays: BusinessCalendar['holidays'] = []) => ({
  ...{ zone: 'Europe/Berlin', week, holidays },
});

/** The oracle: reads the clock of the place at one instant, and knows nothing of offsets. */
function isOpenByTheClock(calendar: BusinessCalendar, ms: number): boolean {
  const local = localTime(new Date(ms), calendar.zone);
  const now = local.hour * 60 + local.minute;
  const intervalsOn = (day: typeof local): readonly Interval[] =>
    calendar.holidays.find(({ date }) => date === day.toFormat('yyyy-MM-dd'))?.intervals ??
    calendar.week[weekdays[day.weekday % 7] ?? 'sun'] ??
    [];
  const noon = local.set({ hour: 12, minute: 0 });
  const reaches = ([from, to]: Interval): boolean => minutesOf(to) <= minutesOf(from);
  return (
    intervalsOn(noon).some((one) => now >= minutesOf(one[0]) && (reaches(one) || now < minutesOf(one[1]))) ||
    intervalsOn(noon.minus({ days: 1 })).some((one) => reaches(one) && now < minutesOf(one[1]))
  );
}

const time = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const interval = fc
  .tuple(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 1, max: 1_440 }))
  .filter(([from, to]) => from !== to)
  .map(([from, to]): Interval => [time(from), time(to)]);

const dayOf = fc.array(interval, { maxLength: 5 }).map((intervals) => {
  const kept: Interval[] = [];
  for (const one of intervals) if (intervalIssues([...kept, one]).length === 0) kept.push(one);
  return kept;
});

/** Instants around which clocks change, so that the days of 23 and 25 hours are among the tries. */
const zones = moment.tz.names();
const changesOf = (zone: string): number[] =>
  (moment.tz.zone(zone)?.untils ?? []).filter(
    (until) => until > Date.UTC(2020, 0) && until < Date.UTC(2035, 0),
  );

const situation = fc
  .constantFrom('Australia/Lord_Howe', 'Europe/Berlin', 'America/Havana', 'America/New_York', ...zones)
  .chain((zone) => {
    const changes = changesOf(zone);
    const around = changes.length === 0 ? fc.constant(Date.UTC(2026, 9, 25)) : fc.constantFrom(...changes);
    return fc.record({
      zone: fc.constant(zone),
      week: fc.record(Object.fromEntries(weekdays.map((day) => [day, dayOf])), { requiredKeys: [] }),
      start: fc
        .tuple(around, fc.integer({ min: -2 * 1_440, max: 1_440 }))
        .map(([instant, minutes]) => Math.floor(instant / minuteMs) * minuteMs + minutes * minuteMs),
      holidays: fc.array(fc.record({ after: fc.integer({ min: -1, max: 4 }), intervals: dayOf }), {
        maxLength: 3,
      }),
    });
  })
  .map(({ zone, week, start, holidays }) => {
    const dated = holidays.map(({ after, intervals }) => ({
      date: localTime(new Date(start + after * dayMs), zone).toFormat('yyyy-MM-dd'),
      intervals,
    }));
    const unique = dated.filter(({ date }, index) => dated.findIndex((one) => one.date === date) === index);
    return { start, calendar: { zone, week, holidays: unique } satisfies BusinessCalendar };
  });

describe('business hours › against the clock of the place, minute by minute', function () {
  this.timeout(120_000);

  it('any calendar, zone, holiday and change of the clocks › is open when the clock says so', () => {
    fc.assert(
      fc.property(situation, ({ start, calendar }) => {
        const minutes = 3 * 1_440;
        let total = 0;
        let first: number | null = null;
        for (let minute = 0; minute < minutes; minute += 1) {
          const ms = start + minute * minuteMs;
          const expected = isOpenByTheClock(calendar, ms);
          if (minute % 7 === 0)
            assert.equal(isOpen(calendar, new Date(ms)), expected, new Date(ms).toISOString());
          if (!expected) continue;
          first ??= ms;
          total += minuteMs;
        }
        const end = new Date(start + minutes * minuteMs);
        assert.equal(businessMsBetween(calendar, new Date(start), end), total);
        const opening = nextOpening(calendar, new Date(start));
        if (first === null) assert.ok(opening === null || opening >= end);
        else assert.equal(opening?.getTime(), first);
      }),
      { numRuns: 150 },
    );
  });

  it('adding business time › is the inverse of counting it, and ends at an open moment', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 200 * 3_600_000 }), ({ start, calendar }, ms) => {
        const from = new Date(start);
        const end = addBusinessMs(calendar, from, ms);
        if (end === null) {
          const inAYear = new Date(start + 366 * dayMs);
          return assert.ok(businessMsBetween(calendar, from, inAYear) < ms);
        }
        assert.equal(businessMsBetween(calendar, from, end), ms);
        assert.equal(isOpen(calendar, new Date(end.getTime() - 1)), true);
      }),
      { numRuns: 300 },
    );
  });

  it('parts of a time › add up to the whole', () => {
    fc.assert(
      fc.property(
        situation,
        fc.array(fc.integer({ min: 0, max: 40 * 1_440 }), { minLength: 3, maxLength: 3 }),
        ({ start, calendar }, minutes) => {
          const [a, b, c] = minutes.toSorted((x, y) => x - y).map((one) => new Date(start + one * minuteMs));
          assert.ok(a !== undefined && b !== undefined && c !== undefined);
          assert.equal(
            businessMsBetween(calendar, a, b) + businessMsBetween(calendar, b, c),
            businessMsBetween(calendar, a, c),
          );
        },
      ),
    );
  });
});

describe('business hours', () => {
  const office = berlin(weekdaysOnly(['09:00', '12:00'], ['13:30', '18:00']));

  it('two intervals a day › four hours that begin at 11:00 end at 16:30', () =>
    assert.deepEqual(
      addBusinessMs(office, at('2026-11-23T10:00:00Z'), 4 * hourMs),
      at('2026-11-23T15:30:00Z'),
    ));

  it('Friday evening › opens on Monday at nine', () =>
    assert.deepEqual(nextOpening(office, at('2026-11-27T17:00:00Z')), at('2026-11-30T08:00:00Z')));

  it('the end of an interval › is closed, its beginning open', () => {
    assert.equal(isOpen(office, at('2026-11-23T11:00:00Z')), false);
    assert.equal(isOpen(office, at('2026-11-23T12:30:00Z')), true);
  });

  it('a holiday › is closed, and a shortened one has its own times', () => {
    const closed = berlin(office.week, [
      { date: '2026-12-24', intervals: [['09:00', '12:00']] },
      { date: '2026-12-25', intervals: [] },
    ]);
    assert.equal(
      businessMsBetween(closed, at('2026-12-24T00:00:00Z'), at('2026-12-27T00:00:00Z')),
      3 * hourMs,
    );
  });

  it('an interval past midnight › runs out on a holiday', () => {
    const bar = berlin({ thu: [['22:00', '04:00']] }, [{ date: '2026-12-25', intervals: [] }]);
    assert.equal(
      businessMsBetween(bar, at('2026-12-25T00:00:00Z'), at('2026-12-26T00:00:00Z')),
      2 * hourMs + hourMs,
    );
  });

  it('all day › days of 23, 24 and 25 hours are open as long as they last', () => {
    const always = berlin(Object.fromEntries(weekdays.map((day) => [day, [['00:00', '24:00'] as const]])));
    const dayFrom = (from: string, to: string) => businessMsBetween(always, at(from), at(to)) / hourMs;
    assert.equal(dayFrom('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'), 23);
    assert.equal(dayFrom('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'), 25);
  });

  it('an interval that begins in the skipped hour › begins when the clock goes on', () => {
    const early = berlin({ sun: [['02:30', '05:00']] });
    assert.deepEqual(nextOpening(early, at('2026-03-28T12:00:00Z')), at('2026-03-29T01:00:00Z'));
  });

  it('the repeated hour › is open twice', () => {
    const night = berlin({ sun: [['02:00', '03:00']] });
    assert.equal(
      businessMsBetween(night, at('2026-10-24T12:00:00Z'), at('2026-10-25T12:00:00Z')),
      2 * hourMs,
    );
  });

  it('Lord Howe, whose clocks change by half an hour › loses and gains half an hour', () => {
    const always = {
      ...berlin(Object.fromEntries(weekdays.map((day) => [day, [['00:00', '24:00'] as const]]))),
      zone: 'Australia/Lord_Howe',
    };
    const sunday = { ...always, week: { sun: [['00:00', '24:00'] as const] } };
    const around = (noon: string) =>
      businessMsBetween(
        sunday,
        new Date(at(noon).getTime() - 2 * dayMs),
        new Date(at(noon).getTime() + 2 * dayMs),
      );
    assert.equal(around('2026-04-05T01:30:00Z') / hourMs, 24.5);
    assert.equal(around('2026-10-04T01:30:00Z') / hourMs, 23.5);
  });

  it('closed for ever › answers null at once, and no business time passes', () => {
    const closed = berlin({});
    assert.equal(nextOpening(closed, at('2026-11-23T09:00:00Z')), null);
    assert.equal(addBusinessMs(closed, at('2026-11-23T09:00:00Z'), 1), null);
    assert.equal(businessMsBetween(closed, at('2026-11-23T09:00:00Z'), at('2030-11-23T09:00:00Z')), 0);
    const minute = berlin({ mon: [['09:00', '09:01']] });
    assert.equal(addBusinessMs(minute, at('2026-11-23T09:00:00Z'), 1_000 * hourMs), null);
  });

  it('open on holidays alone › is found, and nothing after the last one', () => {
    const fair = berlin({}, [{ date: '2027-05-01', intervals: [['23:00', '02:00']] }]);
    assert.deepEqual(nextOpening(fair, at('2026-11-23T09:00:00Z')), at('2027-05-01T21:00:00Z'));
    assert.equal(businessMsBetween(fair, at('2026-11-23T09:00:00Z'), at('2028-11-23T09:00:00Z')), 3 * hourMs);
    assert.equal(nextOpening(fair, at('2027-05-02T01:00:00Z')), null);
  });

  it('nothing to add › stays; more than ten years to count › is refused', () => {
    assert.deepEqual(addBusinessMs(office, at('2026-11-28T09:00:00Z'), 0), at('2026-11-28T09:00:00Z'));
    assert.equal(businessMsBetween(office, at('2026-11-28T09:00:00Z'), at('2026-11-23T09:00:00Z')), 0);
    assert.throws(
      () => businessMsBetween(office, at('2026-01-01T00:00:00Z'), at('2046-01-01T00:00:00Z')),
      RangeError,
    );
  });
});

describe('business hours › intervals of a day', () => {
  it('that meet › are fine; that overlap or are empty › are named by their place', () => {
    assert.deepEqual(
      intervalIssues([
        ['13:00', '18:00'],
        ['09:00', '13:00'],
        ['22:00', '02:00'],
      ]),
      [],
    );
    assert.deepEqual(
      intervalIssues([
        ['09:00', '13:00'],
        ['12:59', '14:00'],
        ['08:00', '08:00'],
      ]).map(({ index }) => index),
      [2, 1],
    );
    assert.deepEqual(
      intervalIssues([
        ['20:00', '04:00'],
        ['22:00', '23:00'],
      ]).map(({ index }) => index),
      [1],
    );
  });

  it('dates › only those of the calendar', () => {
    assert.ok(isDate('2028-02-29'));
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '20261225', ''])
      assert.equal(isDate(text), false, text);
  });
});
