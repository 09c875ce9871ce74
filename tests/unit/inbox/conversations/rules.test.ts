import assert from 'node:assert/strict';
import { ConversationListItemView } from '../../../../src/inbox/conversations/schemas.ts';
import { isWindowOpen, laterWindow, windowAfter } from '../../../../src/inbox/conversations/rules.ts';

describe('customer service window', () => {
  it('a message of the contact › open for 24 h minus a safety minute', () => {
    const inboundAt = new Date('2026-11-23T09:00:00.000Z');
    assert.equal(windowAfter(inboundAt).toISOString(), '2026-11-24T08:59:00.000Z');
    assert.equal(inboundAt.toISOString(), '2026-11-23T09:00:00.000Z');
  });

  it('the API description › names the minute, and its example has it', () => {
    const { description } = ConversationListItemView.shape.windowExpiresAt.meta() ?? {};
    assert.match(description ?? '', /23 hours and 59 minutes after/);
    const meta: Readonly<Record<string, unknown>> = ConversationListItemView.meta() ?? {};
    const [example] = meta['examples'] as [Record<string, string>];
    assert.equal(
      example['windowExpiresAt'],
      windowAfter(new Date(example['lastMessageAt'] ?? '')).toISOString(),
    );
  });

  it('across a change of the clocks › 24 hours, not one day', () => {
    const inboundAt = new Date('2026-03-28T12:30:00.000+01:00');
    assert.equal(windowAfter(inboundAt).getTime() - inboundAt.getTime(), (24 * 60 - 1) * 60_000);
  });

  it('at a time › open before its end, closed at it, after it, and without any message', () => {
    const end = new Date('2026-11-24T08:59:00.000Z');
    const at = (ms: number) => new Date(end.getTime() + ms);
    assert.deepEqual(
      [-1, 0, 1].map((ms) => isWindowOpen(end, at(ms))),
      [true, false, false],
    );
    assert.equal(isWindowOpen(null, end), false);
  });

  it('of a new thread beside an earlier one › the one that closes later, and who opened it', () => {
    const end = (hour: number) => new Date(`2026-11-24T0${hour}:00:00.000Z`);
    const opened = { windowExpiresAt: end(5), windowFrom: 'now' };
    assert.deepEqual(laterWindow(null, opened), opened);
    assert.deepEqual(laterWindow({}, opened), opened);
    for (const hour of [4, 5])
      assert.deepEqual(laterWindow({ windowExpiresAt: end(hour), windowFrom: 'before' }, opened), opened);
    const later = { windowExpiresAt: end(6), windowFrom: 'before' };
    assert.deepEqual(laterWindow(later, opened), later);
    // An older version did not store who opened it: then nobody is known to have.
    assert.deepEqual(laterWindow({ windowExpiresAt: end(6) }, opened), { windowExpiresAt: end(6) });
  });
});
