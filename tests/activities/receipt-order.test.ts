import assert from 'node:assert/strict';
import fc from 'fast-check';
import { receiptKey, type Receipt } from '../../src/messages/contract.ts';
import { messageStatuses, type MessageStatus } from '../../src/messages/lifecycle.ts';
import { messageModel, type MessageDoc } from '../../src/messages/store/model.ts';
import { createMessageRepository, type MessageRepository } from '../../src/messages/store/repository.ts';
import { toMessageView } from '../../src/messages/view.ts';
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

  /** What a reader of the message sees, and every receipt that is kept of it. */
  const endOf = (message: MessageDoc) => {
    const { status, failure, providerMessageId } = toMessageView(message);
    const keys = message.statusHistory.map(({ key }) => key).toSorted();
    return { status, failure, providerMessageId, pricing: message.pricing, keys };
  };

  const status = fc.constantFrom<MessageStatus>('queued', 'sending', 'unknown', 'sent');
  // The provider's id is unique over all messages of a database.
  let runs = 0;
  const run = receiptRun('wamid.placeholder');
  const withId = (receipts: readonly Receipt[], providerMessageId: string): Receipt[] =>
    receipts.map((receipt) => ({ ...receipt, providerMessageId }));

  it('shuffled and repeated › after each group no step back, at the end as a replay in order', async () => {
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

  it('all groups at the same time › the same end', async () => {
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

  type End = ReturnType<typeof endOf>;

  /** Both messages have ids of their own, so what names an id is compared without it. */
  function assertSameEnd(actual: End, expected: End, inOrder: readonly Receipt[]): void {
    const bare = ({ keys, providerMessageId, ...others }: End) => ({
      ...others,
      hasProviderId: providerMessageId !== null,
      keys: keys.map((key) => key.replace(/^wamid\.[ab]\d+/, 'wamid')),
    });
    assert.deepEqual(bare(actual), bare(expected));
    const told = new Set(inOrder.map((receipt) => receiptKey(receipt)));
    assert.equal(actual.keys.length, told.size + 1, 'each fact once, and how it began');
  }
});
