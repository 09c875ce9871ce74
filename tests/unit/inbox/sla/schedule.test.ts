import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BusinessCalendar } from '../../../../src/inbox/business-hours/intervals.ts';
import { isOpen } from '../../../../src/inbox/business-hours/calendar.ts';
import { scheduleOf, type Pause } from '../../../../src/inbox/sla/clocks/schedule.ts';

const minuteMs = 60_000;
const start = Date.parse('2026-10-23T06:00:00Z');
const at = (minutes: number): Date => new Date(start + minutes * minuteMs);

/** Open on weekdays, with a break; the clocks change in the night to Sunday, two days after the start. */
const office: BusinessCalendar = {
  zone: 'Europe/Berlin',
  week: Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [
      day,
      [
        ['09:00', '12:00'],
        ['13:30', '18:00'],
      ],
    ]),
  ),
  holidays: [{ date: '2026-10-26', intervals: [['10:00', '11:00']] }],
};
const nightClub: BusinessCalendar = {
  zone: 'Europe/Berlin',
  week: { fri: [['22:00', '06:00']], sat: [['22:00', '06:00']] },
  holidays: [],
};

/** Goes through the minutes one by one. */
function oracle(
  calendar: BusinessCalendar | null,
  { targetMinutes, pauses }: { targetMinutes: number; pauses: readonly Pause[] },
): Date | null {
  let left = targetMinutes;
  for (let minute = 0; minute < 30 * 24 * 60; minute += 1) {
    const now = at(minute);
    const isPaused = pauses.some(({ from, to }) => from <= now && (to === null || now < to));
    if (!isPaused && (calendar === null || isOpen(calendar, now))) left -= 1;
    if (left === 0) return at(minute + 1);
  }
  return null;
}

const pausesArbitrary = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 0, max: 4 * 24 * 60 }), { maxLength: 6 }), fc.boolean())
  .map(([minutes, isLasting]): Pause[] => {
    const sorted = minutes.toSorted((a, b) => a - b).map(at);
    const pauses: Pause[] = [];
    for (let index = 0; index < sorted.length; index += 2) {
      const [from, to] = [sorted[index], sorted[index + 1]];
      if (from !== undefined && (to !== undefined || isLasting)) pauses.push({ from, to: to ?? null });
    }
    return pauses;
  });

describe('service levels › when a clock is due', () => {
  const due = (calendar: BusinessCalendar | null, minutes: number, pauses: readonly Pause[] = []) =>
    scheduleOf({ targetMs: minutes * minuteMs, warnAt: 0.5, calendar }, { startedAt: at(0), pauses });

  it('any hours and pauses › as minutes counted one by one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(null, office, nightClub),
        fc.integer({ min: 1, max: 1_500 }),
        pausesArbitrary,
        (calendar, targetMinutes, pauses) => {
          const { dueAt } = due(calendar, targetMinutes, pauses);
          assert.deepEqual(dueAt, oracle(calendar, { targetMinutes, pauses }));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('around the clock › real time, and the warning after its part of it', () => {
    assert.deepEqual(due(null, 60), { dueAt: at(60), warnAt: at(30) });
  });

  it('paused › neither is due, and both go on when it is taken up', () => {
    const from = at(40);
    assert.deepEqual(due(null, 60, [{ from, to: null }]), { dueAt: null, warnAt: at(30) });
    assert.deepEqual(due(null, 60, [{ from, to: at(100) }]), { dueAt: at(120), warnAt: at(30) });
  });

  it('paused before the start, as the clocks of the provider and the product differ › counts from the start', () => {
    const early = { from: at(-2), to: at(-1) };
    assert.deepEqual(due(null, 60, [early]).dueAt, at(60));
    assert.deepEqual(due(null, 60, [{ from: at(-1), to: null }]).dueAt, null);
  });

  it('hours that never open › never', () => {
    assert.deepEqual(due({ zone: 'UTC', week: {}, holidays: [] }, 1), { dueAt: null, warnAt: null });
  });

  it('no warning asked for › none', () => {
    const terms = { targetMs: minuteMs, warnAt: null, calendar: null };
    assert.equal(scheduleOf(terms, { startedAt: at(0), pauses: [] }).warnAt, null);
  });
});
