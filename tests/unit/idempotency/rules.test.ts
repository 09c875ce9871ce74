import assert from 'node:assert/strict';
import { standingOf } from '../../../src/idempotency/rules.ts';

const now = new Date('2026-11-01T10:00:00Z');
const [before, after] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
const answer = { keyId: 'k1', iv: '', tag: '', data: '' };
const running = { hash: 'same', leasedUntil: after, expiresAt: after };

describe('idempotency › a key that is taken', () => {
  const cases = [
    ['by a request that runs', running, 'in-progress'],
    ['by one that runs and has committed', { ...running, committedAt: before }, 'in-progress'],
    ['by one whose process died', { ...running, leasedUntil: now }, 'left'],
    [
      'by one that died after its commit',
      { ...running, leasedUntil: now, committedAt: before },
      'answer-lost',
    ],
    ['by an answered request', { ...running, leasedUntil: before, committedAt: before, answer }, 'answered'],
    ['by a request with another body', { ...running, hash: 'other', answer }, 'other-content'],
    ['by an expired request with another body', { ...running, hash: 'other', expiresAt: now }, 'expired'],
  ] as const;
  for (const [situation, stored, standing] of cases)
    it(`${situation} › ${standing}`, () => assert.equal(standingOf(stored, 'same', now), standing));
});
