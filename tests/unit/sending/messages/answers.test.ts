import assert from 'node:assert/strict';
import { reportOfStored, reportsOfReceipts } from '../../../../src/sending/messages/answers.ts';
import type { Receipt } from '../../../../src/sending/messages/contract.ts';
import type { MessageStatus } from '../../../../src/sending/messages/lifecycle.ts';
import { buildMessage } from '../../../support/messages.ts';

const receipt = (status: Receipt['status']): Receipt => ({
  ...{ word: status ?? 'odd', status, providerMessageId: 'wamid.a', timestampMs: 1_000 },
});

describe('answers › what receipts add', () => {
  const added = (status: MessageStatus, told: Receipt['status']) =>
    reportsOfReceipts(buildMessage({ senderType: 'agent', status }), [receipt(told)]).map(
      ({ state }) => state,
    );

  for (const [status, told, states] of [
    ['sent', 'delivered', []],
    ['delivered', 'read', []],
    ['unknown', 'sent', ['sent']],
    ['sending', 'read', ['delivered']],
    ['sent', 'failed', ['failed']],
    ['unknown', 'failed', ['failed']],
    ['delivered', 'failed', []],
    ['read', 'failed', []],
    ['failed', 'delivered', ['delivered']],
    ['unknown', null, []],
  ] as const) {
    it(`${status}, then ${told ?? 'an odd word'} › ${states.join() || 'nothing'}`, () => {
      assert.deepEqual(added(status, told), states);
    });
  }

  it('a message of a campaign, or a reaction › nothing', () => {
    for (const fields of [
      { senderType: 'campaign' },
      { senderType: 'agent', messageType: 'reaction' },
    ] as const)
      assert.deepEqual(
        reportsOfReceipts(buildMessage({ ...fields, status: 'unknown' }), [receipt('sent')]),
        [],
      );
  });
});

describe('answers › a stored message', () => {
  const sentAt = new Date(5_000);
  const statusHistory = [{ key: 'sent', status: 'sent', timestamp: sentAt }];
  const stored = (status: MessageStatus) =>
    reportOfStored(
      buildMessage({ senderType: 'agent', status, statusHistory, providerMessageId: 'wamid.a' }),
    );

  it('that has left › is told with the time at which it left', () => {
    const report = stored('delivered');
    assert.deepEqual([report?.state, report?.at], ['sent', sentAt]);
  });

  it('that has not left, or failed › is not', () => {
    assert.deepEqual([stored('queued'), stored('failed')], [null, null]);
  });
});
