import assert from 'node:assert/strict';
import type { mongo } from 'mongoose';
import { maxSorted } from '../../src/platform/search/hints.ts';
import { searchTokens } from '../../src/platform/search/tokens.ts';
import { buildMessage } from '../support/messages.ts';
import { signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

interface Hit {
  readonly content: { readonly text: string };
}

/** More than are sorted. */
const count = maxSorted + 200;

describe('searches for the beginning of a word', function () {
  this.timeout(60_000);
  const api = useMessagingApi('search_broad');
  let admin: Member;

  before(async () => {
    admin = await signUpAdmin(api());
    const now = Date.now();
    const documents = Array.from({ length: count }, (_, index) => {
      const text = `b${index} ${index % 2 === 0 ? 'even' : 'odd'}`;
      const timestamp = new Date(now - index * 1_000);
      const { clientId } = admin;
      return buildMessage({ clientId, timestamp, content: { text }, searchTokens: searchTokens(text) });
    });
    await api().collection<mongo.Document>('messages').insertMany(documents);
  });

  /** The texts of the page, and how the server found them. */
  async function read(query: string) {
    const { db } = api().api.core.mongo;
    assert.ok(db !== undefined);
    await db.command({ profile: 2 });
    const answer = await admin.get(`/api/messages?${query}`);
    await db.command({ profile: 0 });
    const profiles = api().collection<mongo.Document>('system.profile');
    const ops = await profiles.find({ 'command.aggregate': 'messages' }).toArray();
    await profiles.drop();
    assert.equal(answer.status, 200, answer.text);
    const list = ops.find(({ command }) => !JSON.stringify(command).includes('"n":{"$sum"'));
    return {
      texts: (answer.body['items'] as Hit[]).map(({ content }) => content.text.split(' ')[0]),
      cursor: answer.body['nextCursor'] as string | null,
      plan: String(list?.['planSummary']),
      examined: Number(list?.['docsExamined']),
    };
  }
  const from = (first: number, length: number) => Array.from({ length }, (_, index) => `b${first + index}`);

  it('of most messages › read by time until the page is full, on every page', async () => {
    const first = await read('q=b&limit=50');
    const second = await read(`q=b&limit=50&cursor=${String(first.cursor)}`);
    assert.deepEqual([first.texts, second.texts], [from(0, 50), from(50, 50)]);
    for (const { plan, examined } of [first, second]) {
      assert.match(plan, /^IXSCAN \{ clientId: 1, timestamp: -1, _id: -1 \}$/);
      assert.ok(examined <= 60, `${examined}`);
    }
  });

  it('of some messages › only these are read, and sorted', async () => {
    const { texts, plan, examined } = await read('q=b12&limit=3');
    assert.deepEqual(texts, ['b12', 'b120', 'b121']);
    assert.match(plan, /searchTokens: 1/);
    assert.ok(examined <= 111, `${examined}`);
  });

  it('with a whole word › that is read in order', async () => {
    const { texts, plan, examined } = await read('q=even+b&limit=3');
    assert.deepEqual(texts, ['b0', 'b2', 'b4']);
    assert.match(plan, /searchTokens: 1/);
    assert.ok(examined <= 10, `${examined}`);
  });
});
