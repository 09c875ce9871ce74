import assert from 'node:assert/strict';
import { afterFailure } from '../../../src/mail/rules.ts';

const createdAt = new Date('2026-11-23T09:00:00Z');
const later = (ms: number) => new Date(createdAt.getTime() + ms);
const minute = 60_000;
const failure = { kind: 'invitation', createdAt, isPermanent: false } as const;

describe('a mail that could not be sent', () => {
  for (const [attempts, pauseMs] of [
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [10, 30 * minute],
    [2_000, 30 * minute],
  ] as const) {
    it(`attempt ${attempts} › again after ${pauseMs / 1_000} s`, () => {
      assert.deepEqual(afterFailure({ ...failure, attempts, now: createdAt }), {
        kind: 'retry',
        at: later(pauseMs),
      });
    });
  }

  it('refused for good › given up at once', () => {
    const refused = { ...failure, attempts: 1, isPermanent: true, now: createdAt };
    assert.deepEqual(afterFailure(refused), { kind: 'give-up' });
  });

  it('a reset after an hour, an invitation after a day › given up', () => {
    const at = (kind: 'password-reset' | 'invitation', ms: number) =>
      afterFailure({ ...failure, kind, attempts: 1, now: later(ms) }).kind;
    assert.equal(at('password-reset', 60 * minute - 5_000), 'retry');
    assert.equal(at('password-reset', 60 * minute - 4_999), 'give-up');
    assert.equal(at('invitation', 24 * 60 * minute - 5_000), 'retry');
    assert.equal(at('invitation', 24 * 60 * minute - 4_999), 'give-up');
  });
});
