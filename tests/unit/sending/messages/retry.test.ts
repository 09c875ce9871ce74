import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  draftRetry,
  automaticRetryTimeOf,
  offerEndOf,
} from '../../../../src/sending/messages/actions/retry.ts';
import { newId } from '../../../../src/platform/ids.ts';
import { buildMessage } from '../../../support/messages.ts';

const now = new Date('2026-11-26T09:00:00.000Z');
const later = new Date(now.getTime() + 3_600_000);

describe('a retry of a message', () => {
  const original = buildMessage({
    status: 'failed',
    createdBy: newId(),
    category: 'marketing',
    priority: 5,
    providerMessageId: 'wamid.1',
    failure: { code: '131026', class: 'message', title: 't', detail: 'd', advice: 'a' },
    dispatch: { attempt: 3, isCalling: false, attempts: [] },
    idempotencyKey: 'key',
    idempotencyHash: 'hash',
  });

  it('the same content to the same contact › with its own status and times', () => {
    const by = newId();
    const { _id, ...fresh } = draftRetry(original, { now, createdBy: by });
    assert.ok(!_id.equals(original._id));
    const { clientId, conversationId, channelId, contactId, to, content, templateName } = original;
    assert.deepEqual(fresh, {
      clientId,
      conversationId,
      channelId,
      contactId,
      direction: 'outbound',
      senderType: 'agent',
      messageType: 'template',
      to,
      content,
      templateName,
      category: 'marketing',
      priority: 5,
      status: 'queued',
      timestamp: now,
      statusHistory: [{ key: `queued:${now.getTime()}`, status: 'queued', timestamp: now }],
      dispatch: { attempt: 0, isCalling: false, attempts: [] },
      retryOf: original._id,
      retryNumber: 1,
      createdBy: by,
    });
  });

  it('a free-form reply › keeps its recipient and its quoted message', () => {
    const { to: _to, templateName: _name, ...rest } = buildMessage({ messageType: 'text', status: 'failed' });
    const answers = { recipientUserId: 'US.1', repliesTo: newId(), contextMessageId: 'wamid.2' };
    const fresh = draftRetry({ ...rest, ...answers, content: { text: 'Hi' } }, { now, senderType: 'system' });
    const { recipientUserId, repliesTo, contextMessageId, senderType, createdBy } = fresh;
    assert.deepEqual({ recipientUserId, repliesTo, contextMessageId }, answers);
    assert.deepEqual([senderType, createdBy, 'to' in fresh], ['system', undefined, false]);
  });

  it('for later › scheduled; for a time that has passed › at once', () => {
    const scheduled = draftRetry(original, { now, sendAt: later });
    assert.deepEqual([scheduled.status, scheduled.sendAt], ['scheduled', later]);
    const queued = draftRetry(original, { now, sendAt: now });
    assert.deepEqual([queued.status, queued.sendAt], ['queued', undefined]);
  });

  it('the expiry of the first one › kept while it is in the future', () => {
    assert.deepEqual(draftRetry({ ...original, expiresAt: later }, { now }).expiresAt, later);
    assert.equal(draftRetry({ ...original, expiresAt: now }, { now }).expiresAt, undefined);
  });

  it('an offer › its end is the expiry of every retry, unless another is earlier', () => {
    const soon = new Date(now.getTime() + 1_000);
    const offer = [
      { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: +later } },
    ] as const;
    const components = [
      { type: 'body', parameters: [] },
      { type: 'limited_time_offer', parameters: offer },
    ] as const;
    const content = { template: { name: 'sale', language: { code: 'en' }, components } };
    for (const [expiresAt, expected] of [
      [undefined, later],
      [now, later],
      [later, later],
      [soon, soon],
    ] as const) {
      const ends = expiresAt === undefined ? {} : { expiresAt };
      assert.deepEqual(draftRetry({ ...original, content, ...ends }, { now }).expiresAt, expected);
    }
    assert.deepEqual(offerEndOf(content), later);
    assert.equal(offerEndOf({ template: { name: 'sale', language: { code: 'en' } } }), undefined);
    assert.equal(offerEndOf({ text: 'Hi' }), undefined);
  });

  it('one after the other › counted', () => {
    const second = draftRetry(draftRetry(original, { now }), { now });
    assert.equal(second.retryNumber, 2);
    assert.ok(second.createdBy?.equals(original.createdBy ?? newId()));
  });
});

describe('the time of an automatic retry', () => {
  const rule = { afterMs: 60_000, max: 3, factor: 4, withinMs: 24 * 3_600_000 };
  const failed = { timestamp: now, category: 'utility' } as const;
  const inMs = (given: Parameters<typeof automaticRetryTimeOf>[0], at = now) => {
    const time = automaticRetryTimeOf(given, rule, at);
    return time === null ? null : time.getTime() - at.getTime();
  };

  it('each later than the one before, up to the maximum', () => {
    const waits = [0, 1, 2, 3, 4].map((retryNumber) => inMs({ ...failed, retryNumber }));
    assert.deepEqual(waits, [60_000, 240_000, 960_000, null, null]);
  });

  it('already retried, a sign-in code, or its end would have passed › none', () => {
    assert.equal(inMs({ ...failed, retriedBy: newId() }), null);
    assert.equal(inMs({ ...failed, category: 'authentication' }), null);
    const ends = (ms: number) => inMs({ ...failed, expiresAt: new Date(now.getTime() + ms) });
    assert.deepEqual([ends(60_000), ends(60_001)], [null, 60_000]);
  });

  it('any message › none is created that would be sent a day after the first was due', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * 86_400_000 }), fc.boolean(), (ms, isScheduled) => {
        const sendAt = new Date(now.getTime() + 3_600_000);
        const [given, from] = isScheduled ? [{ ...failed, sendAt }, sendAt] : [failed, now];
        const time = automaticRetryTimeOf(given, rule, new Date(from.getTime() + ms));
        assert.equal(time !== null, ms + 60_000 <= rule.withinMs);
      }),
    );
  });
});
