import assert from 'node:assert/strict';
import { newId } from '../../src/platform/ids.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { placeOf } from '../../src/sending/gates/recipient.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration of the people counted by a messaging limit', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('recipients_migration', []);
  });
  after(() => database?.close());

  it('counted by contact before › by address after, each once; unknown contacts stay until their day is over', async () => {
    const { connection } = database;
    const clientId = newId();
    const contacts = [
      { _id: newId(), clientId, phoneNumber: '+15550001101', identityKeys: ['tel:+15550001101'] },
      { _id: newId(), clientId, businessScopedUserId: 'US.1', identityKeys: ['id:US.1'] },
    ];
    const gone = newId();
    await connection.collection('contacts').insertMany(contacts);
    const counted = [...contacts.map(({ _id }) => _id), gone].map((contactId) => ({
      ...{ clientId, portfolioId: 'p', contactId, expiresAt: new Date(Date.now() + 3_600_000) },
    }));
    await connection.collection('portfolio_users').insertMany(counted);
    await runMigrations(connection);
    const users = await connection.collection('portfolio_users').find({}).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      users.map(({ contactId }) => String(contactId)),
      [placeOf({ to: '+15550001101' }), placeOf({ recipientUserId: 'US.1' }), gone].map(String),
    );
  });
});
