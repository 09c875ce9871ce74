import assert from 'node:assert/strict';
import type { mongo } from 'mongoose';
import { createUnreadRepository } from '../../src/webhooks/unread-repository.ts';
import { databaseOf, migrationOf } from '../support/migrations.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

describe('migration 0056 › what holds until it is read', () => {
  const at = new Date('2026-11-29T00:00:00Z');
  let database: TestDatabase;
  let db: mongo.Db;

  before(async function () {
    this.timeout(30_000);
    database = await connectTestDatabase('unread_links_migration', []);
    db = databaseOf(database);
    const event = { receivedAt: at, body: '{}', attempts: 0, status: 'pending', source: 'number:42' };
    await db.collection('webhook_events').insertMany([
      { ...event, persons: ['ana', 'ben'], isUrgent: true, holdsSends: true, nextAttemptAt: at },
      { ...event, persons: ['cleo'], nextAttemptAt: at },
      { ...event, persons: ['dan'], isUrgent: true, holdsSends: true, status: 'done' },
      { ...event, isUrgent: true, holdsSends: true, nextAttemptAt: at },
    ]);
    await (
      await migrationOf('0052-unread-opt-outs.js')
    )(db);
    const migration = await migrationOf('0056-unread-links.js');
    await migration(db);
    // As after a migration that died after its last step but before its entry in the log.
    await migration(db);
  });
  after(() => database?.close());

  it('events that wait › hold the persons whom they name, as before', async () => {
    const unread = createUnreadRepository(database.connection);
    const held = async (...persons: readonly string[]) =>
      unread.existsAcrossClients({ persons, known: ['ana', 'ben', 'cleo', 'dan'] });
    assert.deepEqual(
      [await held('ana'), await held('ben'), await held('cleo'), await held('dan')],
      [true, true, false, false],
    );
  });

  it('a worker of the version before › finds by the new index what it looks for', async () => {
    const find = (person: string) =>
      db
        .collection('webhook_events')
        .findOne(
          { persons: { $in: [person] }, holdsSends: true, nextAttemptAt: { $exists: true } },
          { hint: 'unread' },
        );
    assert.notEqual(await find('ana'), null);
    assert.equal(await find('dan'), null);
  });
});
