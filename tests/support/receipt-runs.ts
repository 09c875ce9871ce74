import fc from 'fast-check';
import { receiptKey, type Receipt } from '../../src/sending/messages/contract.ts';

/** The facts about one message in chronological order, and as they arrive: shuffled and partly repeated. */
export interface ReceiptRun {
  readonly inOrder: readonly Receipt[];
  /** Each fact at least once, in groups like batches of webhooks. */
  readonly arriving: readonly (readonly Receipt[])[];
}

const startMs = Date.UTC(2026, 10, 23, 9);
const pricings = [
  { category: 'utility', type: 'regular', model: 'PMP' },
  { category: 'utility', type: 'free_customer_service', model: 'PMP' },
  { type: 'regular' },
  { category: 'marketing' },
] as const;

// The last two differ in order between UTF-16 code units and UTF-8 bytes.
const details = ['', 'It could not be delivered.', 'It could not.', 'Not \uff01', 'Not \u{1f600}'] as const;
const failures = ['131026', '131049'].flatMap((code) =>
  details.map((detail) => ({
    ...{ code, class: 'recipient', title: `Title ${code}`, detail },
    advice: 'Try another way.',
  })),
);

const words: readonly (readonly [string, Receipt['status']])[] = [
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'read'],
  ['deleted', null],
];

/** Everything the provider may report: every status at any time and repeatedly, for any reason and at any price. */
function receiptsOf(providerMessageId: string): fc.Arbitrary<readonly Receipt[]> {
  const moment = fc.integer({ min: 0, max: 9 }).map((second) => startMs + second * 1_000);
  const said = fc
    .tuple(fc.constantFrom(...words), moment, fc.option(fc.constantFrom(...pricings), { nil: undefined }))
    .map(([[word, status], timestampMs, pricing]): Receipt => {
      const priced = pricing === undefined ? {} : { pricing };
      return { word, status, providerMessageId, timestampMs, ...priced };
    });
  const failed = fc.tuple(moment, fc.constantFrom(...failures)).map(([timestampMs, failure]): Receipt => ({
    ...{ word: 'failed', status: 'failed', providerMessageId, timestampMs, failure },
  }));
  return fc
    .tuple(
      fc.uniqueArray(said, { minLength: 1, maxLength: 7, selector: receiptKey }),
      fc.uniqueArray(failed, { maxLength: 3, selector: receiptKey }),
    )
    .map(([others, refusals]) => [...others, ...refusals].toSorted((a, b) => a.timestampMs - b.timestampMs));
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
