import assert from 'node:assert/strict';
import fc from 'fast-check';
import { receiptKey, type Receipt } from '../../../src/messages/contract.ts';
import { messageStatuses, nextStatus, type MessageStatus } from '../../../src/messages/lifecycle.ts';
import { receiptRun } from '../../support/receipt-runs.ts';

interface Told {
  readonly status: MessageStatus;
  readonly keys: readonly string[];
}

const rankOf = (status: MessageStatus): number => messageStatuses.indexOf(status);

/** One receipt by the rules that the repository writes by: into the history once, and forward only. */
function tell({ status, keys }: Told, receipt: Receipt): Told {
  const key = receiptKey(receipt);
  return {
    status: receipt.status === null ? status : nextStatus(status, receipt.status),
    keys: keys.includes(key) ? keys : [...keys, key],
  };
}

describe('receipt order', () => {
  const starts: readonly MessageStatus[] = ['queued', 'sending', 'unknown', 'sent'];

  it('shuffled and repeated, in any groups › ends as a replay in order, and no status is a step back', () => {
    fc.assert(
      fc.property(receiptRun('wamid.1'), fc.constantFrom(...starts), ({ inOrder, arriving }, start) => {
        const before: Told = { status: start, keys: [] };
        const replayed = inOrder.reduce(tell, before);
        let told = before;
        for (const receipt of arriving.flat()) {
          const after = tell(told, receipt);
          assert.ok(rankOf(after.status) >= rankOf(told.status), `${told.status} became ${after.status}`);
          told = after;
        }
        assert.equal(told.status, replayed.status);
        assert.deepEqual(told.keys.toSorted(), replayed.keys.toSorted());
        assert.equal(told.keys.length, inOrder.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
