import assert from 'node:assert/strict';
import fc from 'fast-check';
import { receiptKey, type Receipt } from '../../../../src/sending/messages/contract.ts';
import {
  datedFailure,
  latestByTime,
  messageStatuses,
  nextStatus,
  datedPricing,
  type MessageFailure,
  type MessagePricing,
  type MessageStatus,
  type Dated,
} from '../../../../src/sending/messages/lifecycle.ts';
import { receiptRun } from '../../../support/receipt-runs.ts';

interface Known {
  readonly status: MessageStatus;
  readonly failure?: Dated<MessageFailure>;
  readonly pricing?: Dated<MessagePricing>;
  readonly keys: readonly string[];
}

const rankOf = (status: MessageStatus): number => messageStatuses.indexOf(status);

/** One receipt by the rules of the repository: once in the history, forward only, the latest failure. */
function tell({ status, keys, ...known }: Known, receipt: Receipt): Known {
  const key = receiptKey(receipt);
  const at = new Date(receipt.timestampMs);
  const { failure, pricing } = receipt;
  return {
    ...known,
    ...(failure === undefined ? {} : { failure: latestByTime(known.failure, datedFailure(at, failure)) }),
    ...(pricing === undefined ? {} : { pricing: latestByTime(known.pricing, datedPricing(at, pricing)) }),
    status: receipt.status === null ? status : nextStatus(status, receipt.status),
    keys: keys.includes(key) ? keys : [...keys, key],
  };
}

describe('receipt order', () => {
  const starts: readonly MessageStatus[] = ['queued', 'sending', 'unknown', 'sent'];

  it('shuffled and repeated, in any groups › ends as a replay in order, and no status is a step back', () => {
    fc.assert(
      fc.property(receiptRun('wamid.1'), fc.constantFrom(...starts), ({ inOrder, arriving }, start) => {
        const before: Known = { status: start, keys: [] };
        const replayed = inOrder.reduce(tell, before);
        let told = before;
        for (const receipt of arriving.flat()) {
          const after = tell(told, receipt);
          assert.ok(rankOf(after.status) >= rankOf(told.status), `${told.status} became ${after.status}`);
          told = after;
        }
        assert.equal(told.status, replayed.status);
        assert.deepEqual([told.failure, told.pricing], [replayed.failure, replayed.pricing]);
        assert.deepEqual(told.keys.toSorted(), replayed.keys.toSorted());
        assert.equal(told.keys.length, inOrder.length);
      }),
      { numRuns: 1_000 },
    );
  });

  const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 9, 0, second));
  const failure = { code: '131026', class: 'recipient', title: 'T', detail: 'D', advice: 'A' };

  it('two receipts about one fact › the later one counts, whatever its content', () => {
    const [early, late] = [
      datedFailure(at(1), { ...failure, code: '999999' }),
      datedFailure(at(2), { ...failure, code: '1' }),
    ];
    for (const [known, said] of [
      [early, late],
      [late, early],
    ] as const) {
      assert.equal(latestByTime(known, said), late);
    }
    assert.equal(latestByTime(undefined, early), early);
  });

  it('two receipts of one second › the greater one counts, by the first field that differs', () => {
    const greater: readonly [object, object][] = [
      [{ code: '131049' }, { code: '131026', detail: 'Z' }],
      [{ detail: 'Da' }, { detail: 'D' }],
      [{ detail: 'E' }, { detail: 'Da' }],
      [{ detail: '\u{1f600}' }, { detail: '\uff01' }],
    ];
    for (const [more, less] of greater) {
      const [great, small] = [
        datedFailure(at(1), { ...failure, ...more }),
        datedFailure(at(1), { ...failure, ...less }),
      ];
      assert.equal(latestByTime(great, small), great);
      assert.equal(latestByTime(small, great), great);
    }
    const [bare, priced] = [datedPricing(at(1), {}), datedPricing(at(1), { type: 'regular' })];
    assert.equal(latestByTime(bare, priced), priced);
    assert.equal(latestByTime(priced, bare), priced);
    const [category, type] = [datedPricing(at(1), { category: 'z' }), datedPricing(at(1), { type: 'a' })];
    assert.equal(latestByTime(category, type), type);
  });

  it('a repeated receipt › has the same key; a different one has a different key', () => {
    const receipt: Receipt = {
      ...{ word: 'failed', status: 'failed', providerMessageId: 'wamid.1', timestampMs: 1_000, failure },
    };
    assert.equal(receiptKey({ ...receipt }), receiptKey(receipt));
    const others: readonly Partial<Receipt>[] = [
      { failure: { ...failure, detail: 'Another' } },
      { failure: { ...failure, code: '131049' } },
      { pricing: { category: 'utility' } },
      { timestampMs: 2_000 },
    ];
    const keys = new Set(
      [receipt, ...others.map((other) => ({ ...receipt, ...other }))].map((each) => receiptKey(each)),
    );
    assert.equal(keys.size, others.length + 1);
  });
});
