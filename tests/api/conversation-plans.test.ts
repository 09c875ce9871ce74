import assert from 'node:assert/strict';
import mongoose, { type Connection, type mongo } from 'mongoose';
import type { ConversationFilter } from '../../src/inbox/conversations/repository.ts';
import { createConversationRepository } from '../../src/inbox/conversations/repository.ts';
import { conversationSorts, type ConversationPlace } from '../../src/inbox/conversations/sorting.ts';
import { newId } from '../../src/platform/ids.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { buildMessage } from '../support/messages.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

type Command = Readonly<Record<string, unknown>>;

/** The plan that was chosen first, then the others. */
function plansIn(explained: unknown): readonly unknown[] {
  if (typeof explained !== 'object' || explained === null) return [];
  if ('winningPlan' in explained && 'rejectedPlans' in explained)
    return [explained.winningPlan, ...(explained.rejectedPlans as readonly unknown[])];
  return Object.values(explained).flatMap(plansIn);
}

function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const own = 'stage' in plan && typeof plan.stage === 'string' ? [plan.stage] : [];
  return [...own, ...Object.values(plan).flatMap(stagesOf)];
}

describe('query plans › sorted conversations', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let connection: Connection;
  const commands: Command[] = [];
  const scope = scopeOf(newId());
  const [channelId, agentId, labelId] = [newId(), newId(), newId()];
  const [contactId, conversationId] = [newId(), newId()];
  const at = new Date('2026-11-23T09:00:00.000Z');
  const minute = (minutes: number): Date => new Date(at.getTime() + minutes * 60_000);

  before(async () => {
    database = await connectTestDatabase('conversation_plans', []);
    await runMigrations(database.connection);
    connection = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
    connection.getClient().on('commandStarted', ({ command }: { command: Command }) => {
      if ('find' in command || 'aggregate' in command) commands.push(command);
    });
    await database.connection.collection<mongo.Document>('conversations').insertMany(
      Array.from({ length: 2_000 }, (_value, index) => ({
        ...(index % 4 === 0 ? { clientId: newId() } : scope),
        ...{ channelId: index % 2 === 0 ? channelId : newId(), contactId: newId(), unreadCount: index % 3 },
        ...{
          status: ['open', 'pending', 'closed'][index % 3],
          createdAt: at,
          changedAt: minute(index % 500),
        },
        ...{ lastMessageAt: minute(index), labels: index % 5 === 0 ? [labelId] : [] },
        ...(index % 5 === 1 ? { assignedAgentId: agentId } : {}),
        ...(index % 7 === 0 && index % 3 < 2 ? { waitingSince: minute(index) } : {}),
      })),
    );
    await database.connection.collection<mongo.Document>('messages').insertMany(
      Array.from({ length: 900 }, (_value, index) =>
        buildMessage({
          ...scope,
          ...(index % 3 === 0 ? { conversationId } : {}),
          ...(index % 2 === 0
            ? { answer: { rank: index % 4 === 0 ? 1 : 0, at: minute(index) } }
            : { direction: 'inbound', senderType: 'contact', messageType: 'text', arrival: index }),
          timestamp: minute(index),
        }),
      ),
    );
  });
  after(async () => {
    await connection?.close();
    await database?.close();
  });

  /** The stages of the plans of each query that was sent. */
  async function plansOf(query: () => Promise<unknown>): Promise<string[][][]> {
    commands.length = 0;
    await query();
    const sent = [...commands];
    return Promise.all(
      sent.map(async ({ lsid: _session, $db: _db, $clusterTime: _time, ...command }) => {
        const { readConcern: _concern, txnNumber: _txn, autocommit: _auto, ...asked } = command;
        const { startTransaction: _start, ...explain } = asked;
        const found = await database.connection.db?.command({ explain, verbosity: 'queryPlanner' });
        return plansIn(found).map(stagesOf);
      }),
    );
  }

  /** The chosen plan reads an index; unless the result is small, one has the order too: the planner sorts what is less. */
  async function assertServed(query: () => Promise<unknown>, isSmall = false): Promise<void> {
    for (const plans of await plansOf(query)) {
      const [chosen = []] = plans;
      const told = plans.map((stages) => stages.join(' < ')).join('\n');
      assert.ok(chosen.includes('IXSCAN') && !chosen.includes('COLLSCAN'), told);
      const inOrder = plans.find((stages) => stages.includes('IXSCAN') && !stages.includes('SORT'));
      assert.ok(isSmall || inOrder !== undefined, told);
    }
  }

  const filters: Readonly<Record<string, ConversationFilter>> = {
    'of a client': {},
    'by status': { statuses: ['open'] },
    'by several statuses': { statuses: ['open', 'pending'] },
    'of an agent': { assignedAgentId: agentId },
    unassigned: { assignedAgentId: null },
    'of a team of 150': { assignedAgentIds: [agentId, ...Array.from({ length: 149 }, newId)] },
    'on a channel': { channelId },
    'with a label': { labelId },
    'with unread messages': { isUnread: true },
    'with missed deadlines': { isBreached: true },
    snoozed: { isSnoozed: true },
    'since a time': { since: at },
    'in which the contact waits': { isWaiting: true },
    'changed since a time': { changedSince: minute(490) },
    'of a contact': { contactId },
    'of a lead': { leadId: newId() },
    'of contacts whom a search finds': { contactIds: [contactId, newId()] },
  };
  const small = new Set(['of a contact', 'of a lead', 'of contacts whom a search finds']);

  for (const sort of conversationSorts) {
    for (const [name, filter] of Object.entries(filters)) {
      const place: ConversationPlace = { key: minute(900), id: newId() };
      const places = sort === 'unread' ? [null, place, { ...place, part: 'read' as const }] : [null, place];
      it(`${sort}, ${name} › an index finds them in order, on each page`, async () => {
        for (const after of places) {
          const range = { limit: 51, after, sort };
          const query = () => createConversationRepository(connection).list(scope, filter, range);
          await assertServed(query, small.has(name));
        }
      });
    }
  }

  it('every list and count › says how long it may take', async () => {
    const repository = createConversationRepository(connection);
    for (const sort of conversationSorts) {
      commands.length = 0;
      await repository.list(scope, { changedSince: at }, { limit: 5, after: null, sort });
      assert.ok(commands.every(({ maxTimeMS }) => maxTimeMS === 2_000) && commands.length > 0, sort);
    }
    commands.length = 0;
    await assertServed(() => repository.count(scope, { isWaiting: true }, 1_000));
    assert.equal(commands[0]?.['maxTimeMS'], 2_000);
  });

  it('the latest answer and the first message behind it › read by an index', async () => {
    const messages = createMessageRepository(connection);
    const ask = { conversationId, answeredAt: minute(300), settledArrivals: 5 };
    const reads = [
      () =>
        createTransactions(connection)((session) => messages.findLastAnswer(scope, conversationId, session)),
      () => createTransactions(connection)((session) => messages.findFirstAsk(scope, ask, session)),
      () => messages.findLastArrivalUntil(scope, conversationId, at),
    ];
    for (const read of reads) await assertServed(read);
  });
});
