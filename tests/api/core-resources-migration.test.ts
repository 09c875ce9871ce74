import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { createContactRepository } from '../../src/people/contacts/store/repository.ts';
import { createLeadRepository } from '../../src/people/leads/repository.ts';
import { byPrefix } from '../../src/platform/listing.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0002 › contacts and leads of the first release', () => {
  let database: TestDatabase;
  let db: mongo.Db;
  const scope = scopeOf(new Types.ObjectId());
  const createdAt = new Date('2026-11-01T00:00:00Z');
  const named = {
    _id: new Types.ObjectId(),
    ...scope,
    phoneNumber: '+15550001001',
    name: 'Ángela  Müller',
    tags: ['vip'],
    optInStatus: 'opted-in',
    createdAt,
  };
  const nameless = {
    _id: new Types.ObjectId(),
    ...scope,
    businessScopedUserId: 'US.1',
    tags: [],
    optInStatus: 'unknown',
    createdAt,
  };
  const leads = [named, nameless].map((contact) => ({
    _id: new Types.ObjectId(),
    ...scope,
    contactId: contact._id,
    stage: 'won',
    tags: ['a'],
    createdAt,
    updatedAt: createdAt,
  }));

  before(async function () {
    this.timeout(30_000);
    database = await connectTestDatabase('core_migration', []);
    db = databaseOf(database);
    await (
      await migrationOf('0001-first-indexes.js')
    )(db);
    await db.collection('contacts').insertMany([named, nameless]);
    await db.collection('leads').insertMany(leads);
    const second = await migrationOf('0002-core-resources.js');
    await second(db);
    // As after a migration that died after its last step but before its entry in the log.
    await second(db);
    // Creates the later indexes, which the current models declare too.
    await (
      await migrationOf('0005-consent.js')
    )(db);
  });
  after(() => database?.close());

  it('contacts › have all fields that are required now, and keep theirs', async () => {
    const added = { customFields: {}, consentLog: [], updatedAt: createdAt, version: 1 };
    const contacts = createContactRepository(database.connection);
    assert.deepEqual(await contacts.findRecord(scope, named._id), {
      ...named,
      nameKey: 'angela muller',
      identityKeys: ['tel:+15550001001'],
      ...added,
    });
    assert.deepEqual(await contacts.findRecord(scope, nameless._id), {
      ...nameless,
      identityKeys: ['id:US.1'],
      ...added,
    });
  });

  it('leads › have the copies of their contacts, and are found by them', async () => {
    const repository = createLeadRepository(database.connection);
    const [first, second] = leads;
    const { phoneNumber, name, optInStatus } = named;
    const found = await repository.list(
      scope,
      {},
      byPrefix({ field: 'nameKey', prefix: 'angela m' }, undefined),
      2,
    );
    assert.deepEqual(found, [
      { ...first, phoneNumber, name, nameKey: 'angela muller', optInStatus, version: 1 },
    ]);
    const other = await repository.findOfContact(scope, nameless._id);
    assert.deepEqual(other, { ...second, optInStatus: 'unknown', version: 1 });
  });
});
