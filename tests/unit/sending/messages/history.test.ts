import assert from 'node:assert/strict';
import fc from 'fast-check';
import { historyInOrder, milestonesOf } from '../../../../src/sending/messages/history.ts';
import type { StatusEntry } from '../../../../src/sending/messages/store/model.ts';

const own = (status: string, time: string): StatusEntry => ({
  ...{ key: `${status}:${time}`, status },
  timestamp: new Date(`2026-11-28T20:00:${time}Z`),
});
const receipt = (word: string, time: string, status = word): StatusEntry => ({
  ...own(status, time),
  raw: { word },
});
const outline = (entries: readonly StatusEntry[]) =>
  historyInOrder(entries).map(({ status, raw }) => raw?.['word'] ?? status);

const sending = [own('queued', '05.100'), own('sending', '05.200'), own('sent', '05.700')];
const sendingWords = ['queued', 'sending', 'sent'];

describe('history of a message', () => {
  it('receipts arrive in the wrong order › listed by the provider’s time', () => {
    assert.deepEqual(
      outline([
        ...sending,
        receipt('read', '09.000'),
        receipt('delivered', '07.000'),
        receipt('sent', '06.000'),
      ]),
      [...sendingWords, 'sent', 'delivered', 'read'],
    );
  });

  it('receipts of one second › sent, delivered, read, played, then failures', () => {
    const words = ['failed', 'played', 'read', 'sent', 'delivered'];
    assert.deepEqual(outline([...sending, ...words.map((word) => receipt(word, '06.000'))]), [
      ...sendingWords,
      ...['sent', 'delivered', 'read', 'played', 'failed'],
    ]);
  });

  it('words that nobody knows in one second › in the order of arrival', () => {
    assert.deepEqual(outline([receipt('one', '06.000'), receipt('two', '06.000')]), ['one', 'two']);
  });

  it('receipts with the second in which the message was sent › after what the product did', () => {
    assert.deepEqual(outline([...sending, receipt('delivered', '05.000')]), [...sendingWords, 'delivered']);
  });

  it('a receipt before an entry of the product › stays before it', () => {
    const expired = own('expired', '03.000');
    assert.deepEqual(outline([...sending, receipt('warning', '09.000', 'unknown'), expired]), [
      ...sendingWords,
      ...['warning', 'expired'],
    ]);
  });

  it('milestones › the first time of each, and read means delivered and sent', () => {
    const { timestamp } = receipt('read', '09.000');
    assert.deepEqual(milestonesOf([own('queued', '05.100'), receipt('read', '09.000')]), {
      sentAt: timestamp,
      deliveredAt: timestamp,
      readAt: timestamp,
    });
    assert.deepEqual(milestonesOf([...sending, receipt('sent', '06.000'), receipt('delivered', '07.000')]), {
      sentAt: own('sent', '05.700').timestamp,
      deliveredAt: receipt('delivered', '07.000').timestamp,
      readAt: null,
    });
    assert.deepEqual(milestonesOf(sending.slice(0, 2)), { sentAt: null, deliveredAt: null, readAt: null });
  });

  it('milestones › receipts in any order and repeated › the same, and never out of order', () => {
    const entries = fc.array(
      fc.record({
        status: fc.constantFrom('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown'),
        timestamp: fc.date({ min: new Date(0), max: new Date(1_000), noInvalidDate: true }),
      }),
    );
    fc.assert(
      fc.property(entries, (received) => {
        const { sentAt, deliveredAt, readAt } = milestonesOf(received);
        assert.deepEqual(milestonesOf([...received.toReversed(), ...received]), {
          sentAt,
          deliveredAt,
          readAt,
        });
        if (readAt !== null) assert.ok(deliveredAt !== null && deliveredAt <= readAt);
        if (deliveredAt !== null) assert.ok(sentAt !== null && sentAt <= deliveredAt);
      }),
    );
  });
});
