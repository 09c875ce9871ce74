import assert from 'node:assert/strict';
import fc from 'fast-check';
import { receiptKey, type Receipt } from '../../src/sending/messages/contract.ts';
import {
  datedFailure,
  latestByTime,
  messageStatuses,
  datedPricing,
  type MessageFailure,
  type MessagePricing,
  type MessageStatus,
  type Dated,
} from '../../src/sending/messages/lifecycle.ts';
import { messageModel, type MessageDoc } from '../../src/sending/messages/store/model.ts';
import {
  createMessageRepository,
  type MessageRepository,
} from '../../src/sending/messages/store/repository.ts';
import { toMessageView } from '../../src/sending/messages/view.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { buildMessage } from '../support/messages.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';
import { receiptRun } from '../support/receipt-runs.ts';

const rankOf = (status: MessageStatus): number => messageStatuses.indexOf(status);
const numRuns = 40;

describe('receipt order › stored', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let messages: MessageRepository;
  before(async () => {
    database = await connectTestDatabase('receipt_order', [messageModel]);
    messages = createMessageRepository(database.connection);
  });
  after(() => database?.close());

  async function insert(status: MessageStatus): Promise<MessageDoc> {
    const message = buildMessage({ status });
    assert.ok(await messages.insert(scopeOf(message.clientId), message));
    return message;
  }

  async function stored({ clientId, _id }: MessageDoc): Promise<MessageDoc> {
    const found = await messages.findById(scopeOf(clientId), _id);
    assert.ok(found);
    return found;
  }

  const apply = ({ clientId, _id }: MessageDoc, receipts: readonly Receipt[]) =>
    messages.applyReceipts(scopeOf(clientId), _id, receipts);

  /** The message as a reader sees it, with every stored receipt. */
  const endOf = (message: MessageDoc) => {
    const { status, providerMessageId } = toMessageView(message);
    const keys = message.statusHistory.map(({ key }) => key).toSorted();
    return { status, providerMessageId, failure: message.failure, pricing: message.pricing, keys };
  };

  const status = fc.constantFrom<MessageStatus>('queued', 'sending', 'unknown', 'sent');
  // The provider's id is unique over all messages of a database.
  let runs = 0;
  const run = receiptRun('wamid.placeholder');
  const withId = (receipts: readonly Receipt[], providerMessageId: string): Receipt[] =>
    receipts.map((receipt) => ({ ...receipt, providerMessageId }));

  it('shuffled and repeated › no status goes back after any group; the end equals a replay in order', async () => {
    await fc.assert(
      fc.asyncProperty(run, status, async ({ inOrder, arriving }, start) => {
        runs += 1;
        const [replayed, shuffled] = [await insert(start), await insert(start)];
        for (const receipt of withId(inOrder, `wamid.a${runs}`)) await apply(replayed, [receipt]);
        let seen = start;
        for (const group of arriving) {
          await apply(shuffled, withId(group, `wamid.b${runs}`));
          const { status: now } = await stored(shuffled);
          assert.ok(rankOf(now) >= rankOf(seen), `${seen} became ${now}`);
          seen = now;
        }
        assertSameEnd(endOf(await stored(shuffled)), endOf(await stored(replayed)), inOrder);
      }),
      { numRuns },
    );
  });

  it('all groups at the same time › the same result', async () => {
    await fc.assert(
      fc.asyncProperty(run, status, async ({ inOrder, arriving }, start) => {
        runs += 1;
        const [replayed, hurried] = [await insert(start), await insert(start)];
        await apply(replayed, withId(inOrder, `wamid.a${runs}`));
        await Promise.all(arriving.map((group) => apply(hurried, withId(group, `wamid.b${runs}`))));
        assertSameEnd(endOf(await stored(hurried)), endOf(await stored(replayed)), inOrder);
      }),
      { numRuns },
    );
  });

  it('the latest failure in the database › is the one that the lifecycle gives the workflow', async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ inOrder, arriving }) => {
        runs += 1;
        const message = await insert('sent');
        for (const group of arriving) await apply(message, withId(group, `wamid.c${runs}`));
        const { failure, pricing } = await stored(message);
        assert.deepEqual({ failure, pricing }, latestOf(inOrder));
      }),
      { numRuns },
    );
  });

  it('refused by the call as well › the latest failure stands, whichever is stored first', async () => {
    const { failure: refused, timestampMs } = refusal;
    const endedAt = new Date(timestampMs + 1);
    const attempt = { number: 1, startedAt: endedAt, endedAt, outcome: 'rejected' } as const;
    const outcome = { kind: 'rejected', failure: { ...refused, code: '132001' } } as const;
    const steps = [
      (message: MessageDoc) => apply(message, withId([refusal], `wamid.d${message._id.toHexString()}`)),
      ({ clientId, _id }: MessageDoc) => messages.recordOutcome(scopeOf(clientId), _id, { outcome, attempt }),
    ];
    for (const order of [steps, steps.toReversed()]) {
      const message = buildMessage({
        status: 'sending',
        dispatch: { attempt: 1, isCalling: true, attempts: [] },
      });
      assert.ok(await messages.insert(scopeOf(message.clientId), message));
      for (const step of order) await step(message);
      const { status: end, failure } = await stored(message);
      assert.deepEqual({ end, failure }, { end: 'failed', failure: { at: endedAt, ...outcome.failure } });
    }
  });

  it('an old failure without a time › yields to one that has a time', async () => {
    const { at: _at, ...before } = datedFailure(new Date(0), { ...refusal.failure, code: '999999' });
    const message = buildMessage({ status: 'failed', failure: before });
    assert.ok(await messages.insert(scopeOf(message.clientId), message));
    await apply(message, [refusal]);
    assert.deepEqual((await stored(message)).failure?.code, '131026');
  });

  type End = ReturnType<typeof endOf>;

  /** Each message has its own ids, so these are left out of the comparison. */
  function assertSameEnd(actual: End, expected: End, inOrder: readonly Receipt[]): void {
    const bare = ({ keys, providerMessageId, ...others }: End) => ({
      ...others,
      hasProviderId: providerMessageId !== null,
      keys: keys.map((key) => key.replace(/^wamid\.[ab]\d+/, 'wamid')),
    });
    assert.deepEqual(bare(actual), bare(expected));
    const told = new Set(inOrder.map((receipt) => receiptKey(receipt)));
    assert.equal(actual.keys.length, told.size + 1, 'each fact once, plus the first status');
  }
});

const refusal = {
  word: 'failed',
  status: 'failed',
  providerMessageId: 'wamid.1',
  timestampMs: Date.UTC(2026, 10, 23, 9),
  failure: { code: '131026', class: 'recipient', title: 'T', detail: 'D', advice: 'A' },
} as const;

/** The result of the pure rule, applied to all receipts in order. */
function latestOf(receipts: readonly Receipt[]) {
  let failure: Dated<MessageFailure> | undefined;
  let pricing: Dated<MessagePricing> | undefined;
  for (const { timestampMs, ...receipt } of receipts) {
    const at = new Date(timestampMs);
    if (receipt.failure !== undefined) failure = latestByTime(failure, datedFailure(at, receipt.failure));
    if (receipt.pricing !== undefined) pricing = latestByTime(pricing, datedPricing(at, receipt.pricing));
  }
  return { failure, pricing };
}
