import assert from 'node:assert/strict';
import { historyInOrder } from '../../../../src/sending/messages/history.ts';
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
});
