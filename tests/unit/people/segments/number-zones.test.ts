import assert from 'node:assert/strict';
import { countriesIn, countriesWithZone } from '../../../../src/people/segments/number-zones.ts';

const now = new Date('2026-11-30T12:00:00Z');
const found = (...zones: string[]) => countriesIn(new Set(zones), now);

describe('zones of numbers', () => {
  it('a country with one clock › has its own zone, not the one that this became a link to', () => {
    assert.deepEqual(found('Europe/Berlin'), { sure: ['DE'], unsure: [] });
    assert.ok(found('Europe/Oslo').sure.includes('NO'));
    assert.deepEqual(found('Europe/Amsterdam').sure, ['NL']);
    assert.deepEqual(found('Asia/Kolkata').sure, ['IN']);
    assert.deepEqual(found('Europe/Paris', 'Europe/London').sure.toSorted(), ['FR', 'GB']);
  });

  it('a country with several clocks › has none, and is named', () => {
    assert.deepEqual(found('America/New_York'), { sure: [], unsure: ['US'] });
    assert.deepEqual(found('Europe/Lisbon'), { sure: [], unsure: ['PT'] });
  });

  it('most countries › have one clock', () => {
    const all = countriesWithZone(now);
    assert.ok(all.length > 190, String(all.length));
    assert.ok(!all.includes('US') && all.includes('BR') === false);
  });
});
