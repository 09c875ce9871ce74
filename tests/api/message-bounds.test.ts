import assert from 'node:assert/strict';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { Receipt } from '../../src/sending/messages/contract.ts';
import {
  maxHistoryBytes,
  maxStatusEntries,
  messageModel,
  type MessageDoc,
} from '../../src/sending/messages/store/model.ts';
import { readStatusDetails } from '../../src/whatsapp/status-details.ts';
import { newId } from '../../src/platform/ids.ts';
import { maxPageBytes, toBoundedPage } from '../../src/platform/pagination.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { buildMessage } from '../support/messages.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('the size of a message', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('bounds', [messageModel]);
  });
  after(() => database?.close());

  const receiptAt = (timestampMs: number, status: 'delivered' | 'read' = 'delivered'): Receipt => ({
    ...{ word: status, status, providerMessageId: 'wamid.1', timestampMs },
  });

  it('thousands of receipts with ever new times › a bounded history, and the status is still right', async () => {
    const messages = createMessageRepository(database.connection);
    const message: MessageDoc = buildMessage({ status: 'sent', providerMessageId: 'wamid.1' });
    const scope = scopeOf(message.clientId);
    await messages.insert(scope, message);
    for (let round = 0; round < 4; round += 1) {
      const receipts = Array.from({ length: 300 }, (_value, index) => receiptAt(round * 1_000 + index));
      await messages.applyReceipts(scope, message._id, receipts, { areFailuresOpen: true });
    }
    await messages.applyReceipts(scope, message._id, [receiptAt(9_000, 'read')]);
    const stored = await messages.findById(scope, message._id);
    assert.deepEqual(
      { status: stored?.status, entries: stored?.statusHistory.length },
      { status: 'read', entries: maxStatusEntries },
    );
    assert.deepEqual(stored?.statusHistory[0], message.statusHistory[0]);
  });

  it('receipts with as many and as long errors as are read › a bounded history', async () => {
    const messages = createMessageRepository(database.connection);
    const message: MessageDoc = buildMessage({ status: 'sent', providerMessageId: 'wamid.1' });
    const scope = scopeOf(message.clientId);
    await messages.insert(scope, message);
    const words = '漢'.repeat(5_000);
    const error = { code: 1, title: words, message: words, href: words, error_data: { details: words } };
    const { details } = readStatusDetails({ errors: Array.from({ length: 50 }, () => error) });
    assert.ok(details?.errors !== undefined);
    const receipts = Array.from({ length: 200 }, (_value, index) => ({ ...receiptAt(index), details }));
    await messages.applyReceipts(scope, message._id, receipts);
    await messages.applyReceipts(scope, message._id, [receiptAt(9_000, 'read')]);
    const stored = await messages.findById(scope, message._id);
    assert.equal(stored?.status, 'read');
    const bytes = Buffer.byteLength(JSON.stringify(stored?.statusHistory));
    assert.ok(bytes > maxHistoryBytes && bytes < maxHistoryBytes * 1.5, `${bytes} bytes`);
  });

  it('a hundred long messages › pages of at most 512 KiB and one message, every message once', async () => {
    const messages = createMessageRepository(database.connection);
    const { clientId } = buildMessage();
    const scope = scopeOf(clientId);
    const content = { text: 'ü'.repeat(60_000) };
    const first = Date.now();
    const all = Array.from({ length: 40 }, (_value, index) =>
      buildMessage({ clientId, content, timestamp: new Date(first + index) }),
    );
    for (const message of all) await messages.insert(scope, message);
    const seen: string[] = [];
    let after: { timestamp: Date; _id: MessageDoc['_id'] } | null = null;
    for (let pages = 0; pages < 40; pages += 1) {
      const start = after === null ? null : { place: after, isIncluded: false };
      const found = await messages.list(scope, {}, { order: 'newest-first', limit: 31, start });
      const { items, nextCursor } = toBoundedPage(found, 30, ({ timestamp, _id }) => ({
        key: timestamp,
        id: _id,
      }));
      const bytes = Buffer.byteLength(JSON.stringify(found));
      assert.ok(bytes < maxPageBytes * 1.3, `${bytes} bytes`);
      seen.push(...items.map(({ _id }) => String(_id)));
      after = items.at(-1) ?? null;
      if (nextCursor === null) break;
    }
    assert.deepEqual(seen, all.map(({ _id }) => String(_id)).toReversed());
  });

  it('a send time that was changed hundreds of times › is not changed any more', async () => {
    const messages = createMessageRepository(database.connection);
    const entry = { key: 'scheduled:1', status: 'scheduled', timestamp: new Date(1) };
    const message = buildMessage({
      status: 'scheduled',
      statusHistory: Array.from({ length: maxStatusEntries }, () => entry),
    });
    const scope = scopeOf(message.clientId);
    await messages.insert(scope, message);
    const change = { sendAt: new Date(5_000), now: new Date(), by: newId() };
    const session = database.connection.getClient().startSession();
    assert.equal(await messages.changeScheduled(scope, message, change, session), null);
    await session.endSession();
  });
});
