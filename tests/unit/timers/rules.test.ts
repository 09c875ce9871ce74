import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterFailure, maxAttempts, nameOfError } from '../../../src/timers/rules.ts';

const now = new Date('2026-11-23T09:00:00Z');

describe('timers › a failed attempt', () => {
  it('any attempt before the last › is repeated after 1 s to 10 min, never sooner than after the one before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: maxAttempts - 1 }), (attempts) => {
        const delayOf = (count: number): number => {
          const next = afterFailure({ attempts: count, now });
          assert.equal(next.kind, 'retry');
          return next.kind === 'retry' ? next.at.getTime() - now.getTime() : 0;
        };
        assert.ok(delayOf(attempts) >= delayOf(attempts - 1));
        assert.ok(delayOf(attempts) >= 1_000 && delayOf(attempts) <= 600_000);
      }),
    );
  });

  it('the last attempt › is given up, after about a day', () => {
    assert.deepEqual(afterFailure({ attempts: maxAttempts, now }), { kind: 'give-up' });
    let totalMs = 0;
    for (let attempts = 1; attempts < maxAttempts; attempts += 1) {
      const next = afterFailure({ attempts, now });
      if (next.kind === 'retry') totalMs += next.at.getTime() - now.getTime();
    }
    assert.ok(totalMs > 20 * 3_600_000 && totalMs < 26 * 3_600_000, String(totalMs));
  });

  it('its error › is kept by name and code, never by text', () => {
    assert.equal(nameOfError(Object.assign(new TypeError('secret'), { code: 42 })), 'TypeError 42');
    assert.equal(nameOfError(new Error('secret')), 'Error');
    assert.equal(nameOfError('secret'), 'unknown');
  });
});
