import assert from 'node:assert/strict';
import { eventTable, passingEventTable } from '../../../src/app/events.ts';
import { buildEventStore } from '../../../src/events/build.ts';
import { eventHeadModel, outboxEventModel } from '../../../src/events/model.ts';
import {
  createEventHeadRepository,
  createOutboxRepository,
  type EventHeadRepository,
  type OutboxRepository,
} from '../../../src/events/repository.ts';
import { createSequencer } from '../../../src/events/sequencing/sequencer.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { newId } from '../../../src/platform/ids.ts';
import { createLease, type Lease } from '../../../src/platform/leases/lease.ts';
import { leaseModel } from '../../../src/platform/leases/model.ts';
import { startLoop, type Loop } from '../../../src/platform/loop.ts';
import { type ClientScope, scopeOf } from '../../../src/platform/mongo.ts';
import { createTransactions } from '../../../src/platform/transaction.ts';
import { captureLog } from '../../support/logger.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { waitFor } from '../../support/wait.ts';

/** Every process believes that it holds the lease, as after a freeze. */
const lostLease: Lease = { hold: async () => true, release: async () => undefined };

describe('sequencer of events', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('sequencer', [outboxEventModel, eventHeadModel, leaseModel]);
  });
  after(() => database.close());
  afterEach(async () => {
    for (const name of ['outbox_events', 'event_heads', 'leases'])
      await database.connection.collection(name).deleteMany({});
  });

  interface Overrides {
    readonly lease?: Lease;
    readonly outbox?: Partial<OutboxRepository>;
    readonly heads?: Partial<EventHeadRepository>;
  }

  function start({ lease = lostLease, outbox = {}, heads = {} }: Overrides = {}): Loop {
    const { connection } = database;
    const { logger } = captureLog();
    const sequencer = createSequencer({
      outbox: { ...createOutboxRepository(connection), ...outbox },
      heads: { ...createEventHeadRepository(connection), ...heads },
      lease,
      runInTransaction: createTransactions(connection),
      clock: systemClock,
      logger,
    });
    return startLoop({ name: 'sequencer', idleMs: 20, maxIdleMs: 50, logger, ...sequencer });
  }

  /** Records events in a transaction each. */
  async function record(scope: ClientScope, count: number): Promise<void> {
    const { connection } = database;
    const { recorder } = buildEventStore({
      mongo: connection,
      table: eventTable,
      passingTable: passingEventTable,
      clock: systemClock,
    });
    const runInTransaction = createTransactions(connection);
    const view = { contactId: newId().toHexString(), stage: 'new', assignedAgentId: null } as const;
    for (let index = 0; index < count; index += 1) {
      const entity = { type: 'lead', id: newId() } as const;
      await runInTransaction((session) =>
        recorder.record(scope, session, { type: 'lead.created', entity, version: 1, view }),
      );
    }
  }

  const numbersOf = async (scope: ClientScope): Promise<number[]> => {
    const found = await database.connection
      .collection('outbox_events')
      .find({ ...scope, seq: { $exists: true } })
      .sort({ seq: 1 })
      .toArray();
    return found.map(({ seq }) => Number(seq));
  };

  async function untilNumbered(scopes: readonly ClientScope[], count: number): Promise<void> {
    for (const scope of scopes) {
      await waitFor('every event has its number', async () => (await numbersOf(scope)).length === count, {
        timeoutMs: 30_000,
      });
      assert.deepEqual(
        await numbersOf(scope),
        Array.from({ length: count }, (_, index) => index + 1),
      );
    }
    const heads = createEventHeadRepository(database.connection);
    for (const scope of scopes) assert.equal(await heads.find(scope), count);
  }

  it('many clients at once › each gets 1, 2, 3 …', async () => {
    const scopes = Array.from({ length: 12 }, () => scopeOf(newId()));
    const loop = start();
    await Promise.all(scopes.map((scope) => record(scope, 15)));
    await untilNumbered(scopes, 15);
    await loop.stop();
  });

  it('three sequencers without a working lease › no gap, no number twice', async () => {
    const scopes = Array.from({ length: 4 }, () => scopeOf(newId()));
    const loops = [start(), start(), start()];
    await Promise.all(scopes.map((scope) => record(scope, 60)));
    await untilNumbered(scopes, 60);
    await Promise.all(loops.map((loop) => loop.stop()));
  });

  for (const step of [
    'before the heads move',
    'before the events are numbered',
    'before the commit',
  ] as const) {
    it(`killed again and again ${step} › no gap, no number twice`, async () => {
      const real = {
        outbox: createOutboxRepository(database.connection),
        heads: createEventHeadRepository(database.connection),
      };
      let left = 5;
      const die = (at: typeof step): void => {
        if (at !== step || left === 0) return;
        left -= 1;
        throw new Error('The process was killed.');
      };
      const scopes = [scopeOf(newId()), scopeOf(newId())];
      const loops = [
        start({
          heads: {
            async moveAcrossClients(moves, session) {
              die('before the heads move');
              return real.heads.moveAcrossClients(moves, session);
            },
          },
          outbox: {
            async numberAcrossClients(numbers, at, session) {
              die('before the events are numbered');
              const count = await real.outbox.numberAcrossClients(numbers, at, session);
              die('before the commit');
              return count;
            },
          },
        }),
        start(),
      ];
      await Promise.all(scopes.map((scope) => record(scope, 40)));
      await untilNumbered(scopes, 40);
      await Promise.all(loops.map((loop) => loop.stop()));
    });
  }

  it('the lease › one process works; another takes over when it stops, and when it dies after the lease', async () => {
    const { connection } = database;
    const options = { connection, name: 'events', leaseMs: 300, clock: systemClock };
    const [first, second, third] = [createLease(options), createLease(options), createLease(options)];
    assert.deepEqual([await first.hold(), await second.hold()], [true, false]);
    await first.release();
    assert.deepEqual([await second.hold(), await first.hold()], [true, false]);
    await waitFor('the lease of the dead process ends', () => third.hold());
    assert.equal(await first.hold(), false);
  });

  it('a backlog of one client larger than a round › another client does not wait for its end', async () => {
    const [large, small] = [scopeOf(newId()), scopeOf(newId())];
    const rowOf = (scope: ClientScope) => ({
      ...{ _id: newId(), ...scope, type: 'lead.created', entity: { type: 'lead', id: newId() } },
      ...{ version: 1, at: new Date(), audience: 'everyone', view: {}, isPending: true },
    });
    const rows = database.connection.collection('outbox_events');
    await rows.insertMany(Array.from({ length: 3_500 }, () => rowOf(large)));
    await rows.insertMany(Array.from({ length: 10 }, () => rowOf(small)));
    const real = createOutboxRepository(database.connection);
    const rounds: number[] = [];
    const loop = start({
      outbox: {
        async numberAcrossClients(numbers, at, session) {
          rounds.push(numbers.filter(({ clientId }) => clientId.equals(small.clientId)).length);
          return real.numberAcrossClients(numbers, at, session);
        },
      },
    });
    await untilNumbered([large], 3_500);
    await untilNumbered([small], 10);
    await loop.stop();
    assert.ok(rounds.findIndex((count) => count > 0) <= 1, rounds.join());
  });
});
