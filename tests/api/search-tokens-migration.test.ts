import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { contactTokens } from '../../src/people/contacts/search.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { searchTokens } from '../../src/platform/search/tokens.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { createTokenCatchUp } from '../../src/sending/messages/token-catch-up.ts';
import type { Firing } from '../../src/timers/timers.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const texts = [
  'Where is my order INV-2024/0001?',
  'Søren Großmann, O’Brien, Łódź, l’avion',
  '+49 (0)171 234-5678, 0001234567',
  '我在東京都, สวัสดีครับ, 서울에서, ガス ｶﾞｽ',
  'مُحَمَّد ٠١٢٣ שָׁלוֹם Ⓐⓝⓐ ﷺ 🎉 \u202A1\u202C',
  Array.from({ length: 100 }, (_, n) => `word${n}`).join(' '),
  '!!!',
];

describe('migrations 0047 and 0048', () => {
  let database: TestDatabase;
  let db: mongo.Db;
  const clientId = new Types.ObjectId();

  before(async () => {
    database = await connectTestDatabase('search_tokens', []);
    db = databaseOf(database);
  });
  after(() => database.close());
  beforeEach(() => db.dropDatabase());

  const run = async (file: string) => (await migrationOf(file))(db);
  const first = '0047-search-tokens.js';
  const second = '0048-search-tokens-of-meanwhile.js';
  const tokensOf = async (collection: string, _id: Types.ObjectId): Promise<unknown> =>
    (await db.collection(collection).findOne({ _id }))?.['searchTokens'];
  async function store(collection: string, fields: object): Promise<Types.ObjectId> {
    const { insertedId } = await db.collection<mongo.Document>(collection).insertOne({ clientId, ...fields });
    return insertedId as Types.ObjectId;
  }

  it('what is stored › the tokens that the product gives it; twice does no harm', async () => {
    const ids = await Promise.all(texts.map((text) => store('messages', { content: { text }, revision: 1 })));
    const notes = await Promise.all(texts.map((body) => store('notes', { body, version: 1 })));
    const person = { name: 'Søren da Silva', username: 'soe.ren', phoneNumber: '+4915112345678', version: 3 };
    const contactId = await store('contacts', { ...person, phoneBook: { name: 'Boss' } });
    const leadId = await store('leads', { contactId, version: 1 });
    await run(first);
    await run(first);
    await run(second);
    for (const [index, text] of texts.entries()) {
      const expected = searchTokens(text);
      const stored = expected.length === 0 ? undefined : expected;
      assert.deepEqual(await tokensOf('messages', ids[index] ?? contactId), stored);
      assert.deepEqual(await tokensOf('notes', notes[index] ?? contactId), stored);
    }
    const expected = contactTokens({ ...person, phoneBook: { name: 'Boss' } });
    assert.deepEqual(await tokensOf('contacts', contactId), expected);
    assert.deepEqual(await tokensOf('leads', leadId), expected);
    assert.equal((await db.collection('contacts').findOne({ _id: contactId }))?.['version'], 3);
  });

  it('captions, file names, edits and revocations › what a message says now', async () => {
    const edit = { kind: 'edit', content: { text: 'new' } };
    const cases: readonly [object, readonly string[] | undefined][] = [
      [{ content: { media: { caption: 'Paid', filename: 'bill.pdf' } } }, ['paid', 'bill', 'pdf']],
      [{ content: { payload: { type: 'document', document: { filename: 'offer.pdf' } } } }, ['offer', 'pdf']],
      [{ content: { text: 'old' }, changes: [{ kind: 'edit' }, edit, { kind: 'edit' }] }, ['new']],
      [{ content: { text: 'old' }, changes: [edit], revokedAt: new Date() }, undefined],
    ];
    const ids = await Promise.all(cases.map(([fields]) => store('messages', fields)));
    await run(first);
    for (const [index, [, expected]] of cases.entries())
      assert.deepEqual(await tokensOf('messages', ids[index] ?? clientId), expected);
  });

  it('what the old version wrote meanwhile › gets its tokens in the second one', async () => {
    const renamed = await store('contacts', { name: 'Ana', phoneNumber: '+4915112345678', version: 1 });
    const edited = await store('messages', { content: { text: 'old' }, status: 'scheduled' });
    await run(first);
    await db.collection('contacts').updateOne({ _id: renamed }, { $set: { name: 'Ben', version: 2 } });
    await db
      .collection('messages')
      .updateOne({ _id: edited }, { $set: { 'content.text': 'new', revision: 2 } });
    const fresh = await store('messages', { content: { text: 'fresh' }, revision: 1 });
    await run(second);
    assert.deepEqual(await tokensOf('messages', edited), ['new']);
    assert.deepEqual(await tokensOf('messages', fresh), ['fresh']);
    assert.deepEqual(
      await tokensOf('contacts', renamed),
      contactTokens({ name: 'Ben', phoneNumber: '+4915112345678' }),
    );
  });

  it('what the old version wrote after them › gets its tokens from a timer, an hour later', async () => {
    await store('clients', { _id: clientId });
    await run(second);
    await run(second);
    const [timer, ...others] = await db.collection('timers').find().toArray();
    assert.deepEqual([timer?.['clientId'], others], [clientId, []]);
    const dueAt = timer?.['dueAt'] as Date;
    assert.ok(dueAt.getTime() > Date.now() + 59 * 60_000);
    const at = (minutes: number) => ({ timestamp: new Date(dueAt.getTime() + minutes * 60_000) });
    const said = (text: string) => ({ content: { text } });
    const fresh = await store('messages', { ...said('fresh'), ...at(-50), revision: 1 });
    const edited = await store('messages', {
      ...said('new'),
      ...at(-40),
      revision: 2,
      searchTokens: ['old'],
    });
    const right = await store('messages', { ...said('right'), ...at(-30), searchTokens: ['right'] });
    const silent = await store('messages', { content: {}, ...at(-20) });
    const before = await store('messages', { ...said('before'), ...at(-130) });
    const foreign = await store('messages', {
      ...said('foreign'),
      ...at(-50),
      clientId: new Types.ObjectId(),
    });
    const handler = createTokenCatchUp(createMessageRepository(database.connection))[
      timer?.['kind'] as string
    ];
    const firing = { scope: scopeOf(clientId), dueAt } as Firing;
    await handler?.(firing);
    const ids = [fresh, edited, right, silent, before, foreign];
    assert.deepEqual(await Promise.all(ids.map((id) => tokensOf('messages', id))), [
      ...[['fresh'], ['new'], ['right']],
      ...[undefined, undefined, undefined],
    ]);
  });

  it('more than a slice › all of them', async () => {
    await db
      .collection<mongo.Document>('messages')
      .insertMany(Array.from({ length: 1_201 }, (_, n) => ({ clientId, content: { text: `w${n}` } })));
    await run(first);
    assert.equal(await db.collection('messages').countDocuments({ searchTokens: { $size: 1 } }), 1_201);
  });
});
