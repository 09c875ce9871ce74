import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { createConversationRepository } from '../../../src/inbox/conversations/repository.ts';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { migrate } from '../../support/migrated.ts';
import { signUpAdmin, useMessagingApi, type Member } from '../../support/messaging-api.ts';
import { databaseOf, migrationOf } from '../../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';

describe('segments › the country of a contact', () => {
  const api = useMessagingApi('segment_countries');
  let admin: Member;

  before(async () => {
    admin = await signUpAdmin(api());
  });

  async function countryOf(id: unknown): Promise<unknown> {
    const _id = Types.ObjectId.createFromHexString(String(id));
    return (await api().collection<mongo.Document>('contacts').findOne({ _id }))?.['country'];
  }

  it('is that of the number, follows it, and ends with it', async () => {
    const created = await admin.post('/api/contacts', {
      ...{ phoneNumber: '+4915112340001', businessScopedUserId: 'US.13491208655302741' },
    });
    assert.equal(created.status, 201, created.text);
    const { id } = created.body;
    assert.equal(await countryOf(id), 'DE');
    const path = `/api/contacts/${String(id)}`;
    assert.equal((await admin.patch(path, { phoneNumber: '+5511987650001' })).status, 200);
    assert.equal(await countryOf(id), 'BR');
    const cleared = await admin.patch(path, { phoneNumber: null, whatsappId: null });
    assert.equal(cleared.status, 200, cleared.text);
    assert.equal(await countryOf(id), undefined);
  });

  it('is that of the WhatsApp id, if no number is known', async () => {
    const created = await admin.post('/api/contacts', { whatsappId: '919812340002' });
    assert.equal(await countryOf(created.body['id']), 'IN');
  });
});

describe('segments › when a conversation last took in a message of the business', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('segment_outbound', []);
    await migrate(database.connection);
  });
  after(() => database.close());

  it('is the time of the latest one, and no other touch changes it', async () => {
    const conversations = createConversationRepository(database.connection);
    const scope = scopeOf(newId());
    const key = { channelId: newId(), contactId: newId() };
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 30, 12, minute));
    const lastOutboundAt = async () => (await conversations.findLive(scope, key))?.lastOutboundAt;
    const fresh = { _id: newId(), unreadCount: 0, createdAt: at(0), version: 1 };
    await conversations.findOrInsertLive(scope, key, fresh, { lastMessageAt: at(1) });
    assert.equal(await lastOutboundAt(), undefined);
    await conversations.touchLive(scope, key, at(2), { isMessage: true });
    await conversations.touch(scope, fresh._id, at(1), { isMessage: true, takesTurn: true });
    await conversations.touch(scope, fresh._id, at(3));
    await conversations.touchLatest(scope, key, at(4));
    assert.deepEqual(await lastOutboundAt(), at(2));
    const other = { channelId: newId(), contactId: newId() };
    const first = { lastMessageAt: at(5), isMessage: true };
    const opened = await conversations.findOrInsertLive(scope, other, { ...fresh, _id: newId() }, first);
    assert.deepEqual(opened.lastOutboundAt, at(5));
  });
});

describe('migration 0060', () => {
  let database: TestDatabase;
  let db: mongo.Db;
  const clientId = newId();
  before(async () => {
    database = await connectTestDatabase('countries_migration', []);
    db = databaseOf(database);
  });
  after(() => database.close());

  async function store(collection: string, fields: object): Promise<Types.ObjectId> {
    const { insertedId } = await db.collection<mongo.Document>(collection).insertOne({ clientId, ...fields });
    return insertedId as Types.ObjectId;
  }

  it('old documents › get what the product stores now; twice does no harm', async () => {
    const people = await Promise.all([
      store('contacts', { phoneNumber: '+4915112345678', whatsappId: '4915112345678' }),
      store('contacts', { whatsappId: '5511987654321' }),
      store('contacts', { businessScopedUserId: 'US.1' }),
      store('contacts', { phoneNumber: '+15550001001' }),
    ]);
    const [answered, silent] = await Promise.all([store('conversations', {}), store('conversations', {})]);
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 30, 12, minute));
    for (const minute of [1, 3, 2])
      await store('messages', { conversationId: answered, direction: 'outbound', timestamp: at(minute) });
    for (const conversationId of [answered, silent])
      await store('messages', { conversationId, direction: 'inbound', timestamp: at(9) });
    const up = await migrationOf('0060-countries.js');
    await up(db);
    await up(db);
    const countries = await Promise.all(people.map((_id) => db.collection('contacts').findOne({ _id })));
    assert.deepEqual(
      countries.map((contact) => contact?.['country']),
      ['DE', 'BR', undefined, undefined],
    );
    const lastOutboundAt = async (_id: Types.ObjectId): Promise<unknown> =>
      (await db.collection('conversations').findOne({ _id }))?.['lastOutboundAt'];
    assert.deepEqual(await lastOutboundAt(answered), at(3));
    assert.equal(await lastOutboundAt(silent), undefined);
  });
});
