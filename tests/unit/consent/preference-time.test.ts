import assert from 'node:assert/strict';
import { preferenceTime } from '../../../src/consent/statements/preferences.ts';

const receivedAt = new Date('2026-11-28T20:00:00.900Z');
const arrival = '2026-11-28T20:00:00.000Z';

describe('time of a marketing preference', () => {
  const cases = [
    ['stop', null, arrival],
    ['stop', 0, arrival],
    ['stop', Date.parse('2100-01-01T00:00:00Z'), arrival],
    ['stop', Date.parse('2026-11-28T20:00:30Z'), '2026-11-28T20:00:30.000Z'],
    ['stop', Date.parse('2026-11-01T00:00:00Z'), '2026-11-01T00:00:00.000Z'],
    ['resume', 0, '1970-01-01T00:00:00.000Z'],
    ['resume', Date.parse('2100-01-01T00:00:00Z'), arrival],
    ['resume', Date.parse('2026-11-01T00:00:00Z'), '2026-11-01T00:00:00.000Z'],
  ] as const;
  for (const [value, timestampMs, expected] of cases)
    it(`${value} at ${timestampMs} › ${expected}`, () =>
      assert.equal(preferenceTime({ value, timestampMs }, receivedAt).toISOString(), expected));
});
