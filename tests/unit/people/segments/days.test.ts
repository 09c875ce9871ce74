import assert from 'node:assert/strict';
import type { Condition } from '../../../../src/people/segments/conditions.ts';
import { rangeOf, type Comparison, type DayKind } from '../../../../src/people/segments/days.ts';

const berlin = { now: new Date('2026-11-30T23:30:00Z'), zone: 'Europe/Berlin' };

/** The bounds as texts. */
function boundsOf(condition: Condition, kind: DayKind = 'date', moment = berlin): Record<string, string> {
  const range = rangeOf(condition as Comparison, kind, moment);
  return Object.fromEntries(Object.entries(range).map(([op, at]) => [op, at.toISOString()]));
}

describe('segment days › in the zone of the client', () => {
  const day = '2026-11-23';
  const [from, to] = ['2026-11-22T23:00:00.000Z', '2026-11-23T23:00:00.000Z'];

  it('a day › is everything from its first to its last moment', () => {
    assert.deepEqual(boundsOf({ op: 'eq', value: day }), { $gte: from, $lt: to });
    assert.deepEqual(boundsOf({ op: 'lt', value: day }), { $lt: from });
    assert.deepEqual(boundsOf({ op: 'lte', value: day }), { $lt: to });
    assert.deepEqual(boundsOf({ op: 'gt', value: day }), { $gte: to });
    assert.deepEqual(boundsOf({ op: 'gte', value: day }), { $gte: from });
    assert.deepEqual(boundsOf({ op: 'between', value: [day, '2026-11-24'] }), {
      ...{ $gte: from, $lt: '2026-11-24T23:00:00.000Z' },
    });
  });

  it('a time › is one millisecond', () => {
    const value = '2026-11-23T09:00:00+02:00';
    const next = '2026-11-23T07:00:00.001Z';
    assert.deepEqual(boundsOf({ op: 'eq', value }), { $gte: '2026-11-23T07:00:00.000Z', $lt: next });
    assert.deepEqual(boundsOf({ op: 'lte', value }), { $lt: next });
    assert.deepEqual(boundsOf({ op: 'gt', value }), { $gte: next });
  });

  it('the last days › end with today, where it is tomorrow already', () => {
    assert.deepEqual(boundsOf({ op: 'within', value: 1 }), {
      ...{ $gte: '2026-11-30T23:00:00.000Z', $lt: '2026-12-01T23:00:00.000Z' },
    });
    assert.deepEqual(boundsOf({ op: 'within', value: 7 }), {
      ...{ $gte: '2026-11-24T23:00:00.000Z', $lt: '2026-12-01T23:00:00.000Z' },
    });
    const losAngeles = { ...berlin, zone: 'America/Los_Angeles' };
    assert.deepEqual(boundsOf({ op: 'within', value: 1 }, 'date', losAngeles), {
      ...{ $gte: '2026-11-30T08:00:00.000Z', $lt: '2026-12-01T08:00:00.000Z' },
    });
  });

  it('a change of the clocks › makes a day of 23 or 25 hours', () => {
    const hoursOf = (value: string, zone: string): number => {
      const { $gte = '', $lt = '' } = boundsOf({ op: 'eq', value }, 'date', { ...berlin, zone });
      return (Date.parse($lt) - Date.parse($gte)) / 3_600_000;
    };
    assert.equal(hoursOf('2026-03-29', 'Europe/Berlin'), 23);
    assert.equal(hoursOf('2026-10-25', 'Europe/Berlin'), 25);
    // Clocks there skip the midnight with which the day would begin.
    assert.equal(hoursOf('2026-09-06', 'America/Santiago'), 23);
  });

  it('a day without a zone › is its midnight in UTC, and today is that of the client', () => {
    assert.deepEqual(boundsOf({ op: 'eq', value: day }, 'day'), {
      ...{ $gte: '2026-11-23T00:00:00.000Z', $lt: '2026-11-23T00:00:00.001Z' },
    });
    assert.deepEqual(boundsOf({ op: 'within', value: 2 }, 'day'), {
      ...{ $gte: '2026-11-30T00:00:00.000Z', $lt: '2026-12-01T00:00:00.001Z' },
    });
    assert.deepEqual(boundsOf({ op: 'gt', value: day }, 'day'), { $gte: '2026-11-23T00:00:00.001Z' });
  });
});
