import fc from 'fast-check';
import type { Receipt } from '../../src/messages/contract.ts';

/** The facts about one message as they happened, and the same as they arrive: shuffled, some of them again. */
export interface ReceiptRun {
  readonly inOrder: readonly Receipt[];
  /** Each fact at least once, in groups as batches of webhooks bring them. */
  readonly arriving: readonly (readonly Receipt[])[];
}

const startMs = Date.UTC(2026, 10, 23, 9);
const pricing = { category: 'utility', type: 'regular', model: 'PMP' } as const;
const failure = {
  code: '131026',
  class: 'recipient',
  title: 'Message undeliverable',
  detail: 'It could not be delivered.',
  advice: 'Try another way.',
} as const;

const words: readonly (readonly [string, Receipt['status']])[] = [
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'read'],
  ['deleted', null],
];

/** What the provider may say: every word at any time and more than once, but `failed` once, for one reason. */
function receiptsOf(providerMessageId: string): fc.Arbitrary<readonly Receipt[]> {
  const moment = fc.integer({ min: 0, max: 20 }).map((second) => startMs + second * 1_000);
  const said = fc
    .tuple(fc.constantFrom(...words), moment, fc.boolean())
    .map(([[word, status], timestampMs, isPriced]): Receipt => {
      const priced = isPriced ? { pricing } : {};
      return { word, status, providerMessageId, timestampMs, ...priced };
    });
  const failed = moment.map((timestampMs): Receipt => ({
    word: 'failed',
    status: 'failed',
    providerMessageId,
    timestampMs,
    failure,
  }));
  return fc
    .tuple(
      fc.uniqueArray(said, {
        minLength: 1,
        maxLength: 7,
        selector: ({ word, timestampMs }) => word + timestampMs,
      }),
      fc.option(failed, { nil: undefined, freq: 2 }),
    )
    .map(([others, once]) =>
      [...others, ...(once === undefined ? [] : [once])].toSorted((a, b) => a.timestampMs - b.timestampMs),
    );
}

export const receiptRun = (providerMessageId: string): fc.Arbitrary<ReceiptRun> =>
  receiptsOf(providerMessageId).chain((inOrder) =>
    fc
      .array(fc.constantFrom(...inOrder), { maxLength: 8 })
      .chain((again) =>
        fc.shuffledSubarray([...inOrder, ...again], { minLength: inOrder.length + again.length }),
      )
      .chain((shuffled) =>
        fc
          .array(fc.integer({ min: 1, max: 4 }), { minLength: shuffled.length, maxLength: shuffled.length })
          .map((sizes) => ({ inOrder, arriving: inGroups(shuffled, sizes) })),
      ),
  );

function inGroups(receipts: readonly Receipt[], sizes: readonly number[]): Receipt[][] {
  const groups: Receipt[][] = [];
  let from = 0;
  for (const size of sizes) {
    if (from < receipts.length) groups.push(receipts.slice(from, from + size));
    from += size;
  }
  return groups;
}
