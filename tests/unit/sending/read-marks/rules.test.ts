import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  afterMark,
  isShown,
  markObstacle,
  maxTries,
  typingObstacle,
} from '../../../../src/sending/read-marks/rules.ts';
import type { GateFacts } from '../../../../src/sending/gates/rules.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const later = new Date(now.getTime() + 60_000);
const facts: GateFacts = {
  message: { isTemplate: false, isReply: true, isAfterOptOut: true, sendAt: null },
  channel: { state: 'active', reason: null, restriction: null },
  template: null,
  contact: {
    ...{ hasOptedOut: false, hasAddressOptedOut: false, hasWrittenSince: true },
    ...{ hasStoppedMarketing: false, isBlocked: false },
  },
  recipient: 'number',
  windowExpiresAt: later,
  quiet: null,
};
const error = (code: number, httpStatus = 400) => ({ code, httpStatus, title: '', detail: '' });

describe('read marks › decisions', () => {
  it('the same message, or a later one, was shown › nothing to do', () => {
    const shown = { providerMessageId: 'wamid.2', writtenAt: now };
    assert.equal(isShown({ providerMessageId: 'wamid.2', writtenAt: later }, shown), true);
    assert.equal(isShown({ providerMessageId: 'wamid.1', writtenAt: now }, shown), true);
    assert.equal(isShown({ providerMessageId: 'wamid.3', writtenAt: later }, shown), false);
    assert.equal(isShown({ providerMessageId: 'wamid.3', writtenAt: later }, undefined), false);
  });

  it('obstacles › a channel that must not be used and a blocked contact, for marks; every gate for typing', () => {
    assert.equal(markObstacle(facts), null);
    assert.equal(typingObstacle(facts, now), null);
    for (const state of ['paused', 'disconnected', 'unverified'] as const) {
      const closed = { ...facts, channel: { ...facts.channel, state } };
      assert.equal(markObstacle(closed)?.code, 'channel');
      assert.equal(typingObstacle(closed, now), 'channel');
    }
    const blocked = { ...facts, contact: { ...facts.contact, isBlocked: true } };
    assert.deepEqual(
      [markObstacle(blocked)?.code, typingObstacle(blocked, now)],
      ['block-list', 'block-list'],
    );
    const optedOut = { ...facts, contact: { ...facts.contact, hasOptedOut: true, hasWrittenSince: false } };
    assert.deepEqual([markObstacle(optedOut), typingObstacle(optedOut, now)], [null, 'consent']);
    assert.equal(typingObstacle({ ...facts, windowExpiresAt: now }, now), 'window');
  });

  it('answers › shown; transient ones are tried again; a refusal and a block are not', () => {
    assert.deepEqual(afterMark({ kind: 'marked' }, 1), { kind: 'shown' });
    const away = afterMark({ kind: 'away', reason: 'ECONNRESET' }, 1);
    assert.deepEqual(away, {
      ...{ kind: 'again', code: 'away', title: 'WhatsApp did not answer', delayMs: 1_000 },
    });
    assert.equal(afterMark({ kind: 'refused', error: error(130429, 429) }, 2).kind, 'again');
    const refused = afterMark({ kind: 'refused', error: error(131009) }, 1);
    assert.deepEqual([refused.kind, 'code' in refused && refused.code], ['given-up', '131009']);
    assert.equal(afterMark({ kind: 'obstacle', code: 'block-list', title: '' }, 1).kind, 'given-up');
    assert.equal(afterMark({ kind: 'obstacle', code: 'channel', title: '' }, 1).kind, 'again');
  });

  it('any end › never more than the bound of tries, never a wait of more than nine minutes', () => {
    const end = fc.oneof(
      fc.constant({ kind: 'away', reason: '' } as const),
      fc.constant({ kind: 'obstacle', code: 'channel', title: '' } as const),
      fc
        .nat({ max: 10_000_000 })
        .map((retryAfterMs) => ({ kind: 'refused', error: error(130429, 429), retryAfterMs }) as const),
    );
    fc.assert(
      fc.property(end, fc.integer({ min: 1, max: 20 }), (ended, tries) => {
        const next = afterMark(ended, tries);
        assert.equal(next.kind, tries >= maxTries ? 'given-up' : 'again');
        if (next.kind === 'again') assert.ok(next.delayMs >= 1_000 && next.delayMs <= 9 * 60_000);
      }),
    );
  });
});
