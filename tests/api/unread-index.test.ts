import assert from 'node:assert/strict';
import mongoose, { type Connection } from 'mongoose';
import { newId } from '../../src/platform/ids.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { databaseOf, scopeOf } from '../../src/platform/mongo.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { ownEventsOf } from '../../src/webhooks/source.ts';
import { createUnreadRepository, type HeldPerson } from '../../src/webhooks/unread-repository.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

type Command = Readonly<Record<string, unknown>>;

/** Bodies may have megabytes, and the question comes right before each call. */
describe('the last look before a call', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let connection: Connection;
  const commands: Command[] = [];
  const at = new Date('2026-11-23T09:00:00.000Z');

  before(async () => {
    database = await connectTestDatabase('unread_index', []);
    await runMigrations(database.connection);
    connection = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
    connection.getClient().on('commandStarted', ({ command }: { command: Command }) => {
      if ('find' in command) commands.push(command);
    });
  });
  after(async () => {
    await connection?.close();
    await database?.close();
  });

  const events = () => databaseOf(database.connection).collection('webhook_events');
  const own = ownEventsOf(newId(), [{ phoneNumberId: '42', wabaId: '100' }]);
  const unread = () => createUnreadRepository(connection);
  const waiting = { receivedAt: at, body: '{}', attempts: 0, bytes: 2, status: 'pending', nextAttemptAt: at };
  const allOf = (...known: readonly string[]): HeldPerson => ({
    persons: [...known, 'many', 'quoted'],
    known,
  });

  /** What the server examines for the query of `look`. */
  async function examinedBy<T>(look: () => Promise<T>) {
    commands.length = 0;
    const answer = await look();
    const [{ lsid: _session, $db: _db, $clusterTime: _time, readConcern: _concern, ...explain } = {}] =
      commands;
    assert.equal(commands.length, 1);
    const found = await databaseOf(database.connection).command({ explain, verbosity: 'executionStats' });
    const { totalDocsExamined: documents = 99, totalKeysExamined: keys = 99 } = found[
      'executionStats'
    ] as Record<string, number>;
    return { answer, documents, keys };
  }
  async function assertCheap(look: () => Promise<boolean>, isFound: boolean): Promise<void> {
    const { answer, documents, keys } = await examinedBy(look);
    assert.equal(answer, isFound);
    assert.ok(documents === (isFound ? 1 : 0) && keys <= 16, `${documents} read, ${keys} keys`);
  }

  it('an index says that nothing unread names the person, however much others have', async () => {
    const [ana, ben] = ['a key of Ana', 'a key of Ben'];
    await events().insertMany(
      Array.from({ length: 300 }, (_value, index) => ({
        ...{ ...waiting, isUrgent: true, holds: [{ person: ana, unless: '' }] },
        ...(index % 2 === 0 ? { source: 'number:7', holdsSends: true } : { source: 'number:42' }),
      })),
    );
    await assertCheap(() => unread().existsAcrossClients(allOf(ben)), false);
    await assertCheap(() => unread().existsAcrossClients(allOf(ana, ben)), true);
    await assertCheap(() => unread().existsAmong(allOf(ana, ben), own), false);
  });

  it('receipts that repeat what is known of the person are not read, however many', async () => {
    const [cleo, herId] = ['a key of Cleo', 'another key of Cleo'];
    await events().insertMany(
      Array.from({ length: 300 }, (_value, index) => ({
        ...{ ...waiting, source: 'number:42', holdsSends: true },
        holds: [
          { person: cleo, unless: herId },
          { person: herId, unless: cleo },
          { person: `another person ${index}`, unless: `another key of ${index}` },
        ],
      })),
    );
    await assertCheap(() => unread().existsAcrossClients(allOf(cleo, herId)), false);
    await assertCheap(() => unread().existsAmong(allOf(cleo, herId), own), false);
    await assertCheap(() => unread().existsAcrossClients(allOf(cleo)), true);
    await assertCheap(() => unread().existsAmong(allOf(cleo), own), true);
  });

  it('quotes are read of the business alone, and their messages found by an index', async () => {
    const quoting = (source: string, index: number) => ({
      ...{ ...waiting, source, isUrgent: true, holdsSends: true, quotes: [`wamid.${index}`] },
      holds: [{ person: 'quoted', unless: '' }],
    });
    await events().insertMany([
      ...Array.from({ length: 200 }, (_value, index) => quoting('number:7', index)),
      quoting('number:42', 300),
    ]);
    const found = await examinedBy(() => unread().quotedIn(own));
    assert.deepEqual([found.answer, found.documents], [['wamid.300'], 1]);
    assert.ok(found.keys <= 16, `${found.keys} keys`);
    const scope = scopeOf(newId());
    await databaseOf(database.connection)
      .collection('messages')
      .insertMany(
        Array.from({ length: 200 }, (_value, index) => ({
          ...{ ...scope, providerMessageId: `wamid.${index}`, channelId: newId(), direction: 'outbound' },
          ...{ contactId: newId(), to: '+4915155500001' },
        })),
      );
    const messages = createMessageRepository(connection);
    const ids = ['wamid.5', 'wamid.7', 'wamid.unknown'];
    const sent = await examinedBy(() => messages.findQuoted(scope, ids));
    assert.deepEqual([sent.answer.length, sent.documents], [2, 2]);
    assert.ok(sent.keys <= 8, `${sent.keys} keys`);
  });
});
