import assert from 'node:assert/strict';
import { countsFrom, firstUnanswered } from '../../../../src/inbox/waiting/open-asks.ts';

const at = (seconds: number, ms = 0): Date => new Date(Date.UTC(2026, 10, 23, 9, 0, seconds, ms));

describe('who waits for an answer', () => {
  it('no message, answered or not › nobody', () => {
    assert.equal(firstUnanswered([], null), null);
    assert.equal(firstUnanswered([], at(5)), null);
  });

  it('nobody answered › since the first message, in whatever order they arrived', () => {
    assert.deepEqual(firstUnanswered([at(9), at(3), at(7)], null), at(3));
  });

  it('an answer › since the first message behind it; within its second it is to an earlier one', () => {
    assert.equal(firstUnanswered([at(3), at(4)], at(5)), null);
    assert.deepEqual(firstUnanswered([at(3), at(5)], at(5, 999)), at(5));
    assert.equal(firstUnanswered([at(5)], at(6)), null);
  });

  it('a report › says from when the answer counts, if it did not before', () => {
    const sent = { state: 'sent', at: at(1) } as const;
    const failed = { state: 'failed', at: at(1) } as const;
    const delivered = { state: 'delivered', at: at(1) } as const;
    assert.deepEqual(countsFrom({ before: null, after: sent }), at(1));
    assert.deepEqual(countsFrom({ before: failed, after: delivered }), at(1));
    assert.deepEqual(countsFrom({ before: { state: 'failed', at: null }, after: delivered }), at(1));
    assert.equal(countsFrom({ before: null, after: { state: 'failed', at: null } }), null);
    assert.equal(countsFrom({ before: sent, after: failed }), null);
    assert.equal(countsFrom({ before: sent, after: delivered }), null);
  });
});
