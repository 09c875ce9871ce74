import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ruleForClosed } from '../../../../src/inbox/conversations/rules.ts';

const hourMs = 3_600_000;
const closedAt = new Date('2026-11-20T12:00:00Z');
const after = (ms: number) => new Date(closedAt.getTime() + ms);

describe('a message to a closed conversation', () => {
  for (const [situation, at, hours, rule] of [
    ['written before the closing, arrives late', after(-3 * 24 * hourMs), 168, 'store-closed'],
    ['written at the moment of the closing', after(0), 168, 'store-closed'],
    ['written a moment later', after(1), 168, 'reopen'],
    ['written at the last moment', after(168 * hourMs), 168, 'reopen'],
    ['written later', after(168 * hourMs + 1), 168, 'open-new'],
    ['the client never reopens', after(1), 0, 'open-new'],
  ] as const) {
    it(`${situation} › ${rule}`, () => {
      assert.equal(ruleForClosed({ closedAt }, at, hours), rule);
    });
  }

  it('any two messages › the later one is never further back in the life of the conversation', () => {
    const order = ['store-closed', 'reopen', 'open-new'];
    const ms = fc.integer({ min: -1_000 * hourMs, max: 1_000 * hourMs });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: 0, max: 720 }), (one, other, hours) => {
        const ranks = [Math.min(one, other), Math.max(one, other)].map((at) =>
          order.indexOf(ruleForClosed({ closedAt }, after(at), hours)),
        );
        assert.ok((ranks[0] ?? 0) <= (ranks[1] ?? 0));
      }),
    );
  });
});
