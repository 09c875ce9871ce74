import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decideRotation,
  isSessionLive,
  refreshExpiryOf,
  refreshGraceMs,
  type RotationState,
} from '../../../../src/identity/sessions/rules.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const at = (offsetMs: number): Date => new Date(now.getTime() + offsetMs);

const state = (overrides: Partial<RotationState> = {}): RotationState => ({
  token: { expiresAt: at(1_000), revoked: false },
  session: { expiresAt: at(1_000) },
  isAccountActive: true,
  childUsedAt: undefined,
  caller: 'browser',
  now,
  ...overrides,
});

const used = (usedAt: Date, usedBy = 'browser') => ({
  expiresAt: at(60_000),
  revoked: false,
  usedAt,
  usedBy,
});

describe('refresh rotation', () => {
  it('an unused token of a live session › rotates', () => {
    assert.deepEqual(decideRotation(state()), { kind: 'rotate' });
  });

  const refusals = {
    'no such token': [{ token: null }, 'unknown'],
    'an expired token, to the millisecond': [{ token: { expiresAt: now, revoked: false } }, 'expired'],
    'a revoked token': [{ token: { expiresAt: at(1), revoked: true } }, 'session-ended'],
    'a session that is gone': [{ session: null }, 'session-ended'],
    'a session that was ended': [{ session: { expiresAt: at(1), endedAt: at(-1) } }, 'session-ended'],
    'a session at its age limit': [{ session: { expiresAt: now } }, 'session-ended'],
    'a disabled user or client': [{ isAccountActive: false }, 'account-inactive'],
  } as const;
  for (const [situation, [overrides, reason]] of Object.entries(refusals)) {
    it(`${situation} › is refused as ${reason}`, () => {
      assert.deepEqual(decideRotation(state(overrides)), { kind: 'refuse', reason });
    });
  }

  it('the parent of the newest, exactly at the end of the grace › gets the same child', () => {
    const usedAt = at(-refreshGraceMs);
    assert.deepEqual(decideRotation(state({ token: used(usedAt) })), { kind: 'reissue-child', usedAt });
  });

  it('a millisecond later › ends the family', () => {
    const token = used(at(-refreshGraceMs - 1));
    assert.deepEqual(decideRotation(state({ token })), { kind: 'end-family' });
  });

  it('the parent within the grace from another browser › ends the family', () => {
    assert.deepEqual(decideRotation(state({ token: used(at(-1), 'another') })), { kind: 'end-family' });
  });

  it('a grandparent within the grace › ends the family', () => {
    const grandparent = state({ token: used(at(-5)), childUsedAt: at(-1) });
    assert.deepEqual(decideRotation(grandparent), { kind: 'end-family' });
  });

  it('any state › a used token never rotates again, and an ended session gets no token', () => {
    const time = fc.integer({ min: -20_000, max: 20_000 }).map(at);
    const anyState = fc.record({
      token: fc.option(
        fc.record(
          {
            expiresAt: time,
            revoked: fc.boolean(),
            usedAt: time,
            usedBy: fc.constantFrom('browser', 'other'),
          },
          { requiredKeys: ['expiresAt', 'revoked'] },
        ),
      ),
      session: fc.option(fc.record({ expiresAt: time, endedAt: time }, { requiredKeys: ['expiresAt'] })),
      isAccountActive: fc.boolean(),
      childUsedAt: fc.option(time, { nil: undefined }),
      caller: fc.constant('browser'),
      now: fc.constant(now),
    });
    fc.assert(
      fc.property(anyState, (any) => {
        const { kind } = decideRotation(any as RotationState);
        if (kind === 'rotate') assert.equal(any.token?.usedAt, undefined);
        if (kind === 'rotate' || kind === 'reissue-child') {
          assert.ok(isSessionLive(any.session as RotationState['session'], now));
          assert.ok(any.isAccountActive && any.token?.revoked === false);
        }
        if (kind === 'reissue-child') assert.equal(any.childUsedAt, undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('the end of a token › its own lifetime, but never beyond its session', () => {
    assert.deepEqual(refreshExpiryOf(now, 1_000, at(5_000)), at(1_000));
    assert.deepEqual(refreshExpiryOf(now, 9_000, at(5_000)), at(5_000));
  });
});
