import assert from 'node:assert/strict';
import mongoose, { type Connection } from 'mongoose';
import { createAuditChainRepository } from '../../src/audit/chain/repository.ts';
import { createAuditListingRepository } from '../../src/audit/listing.ts';
import { createChannelRepository } from '../../src/channels/store/repository.ts';
import { createNoteRepository } from '../../src/inbox/notes/repository.ts';
import {
  createContactGroupRepository,
  createTagRepository,
} from '../../src/people/contact-sets/repository.ts';
import { createContactRepository } from '../../src/people/contacts/store/repository.ts';
import { peopleBy } from '../../src/people/contacts/search.ts';
import { createLeadRepository } from '../../src/people/leads/repository.ts';
import { createSegmentRepository } from '../../src/people/segments/repository.ts';
import { searchQuery } from '../../src/platform/search/query.ts';
import { createConversationRepository } from '../../src/inbox/conversations/repository.ts';
import { createSeenMarkRepository } from '../../src/inbox/conversations/seen/repository.ts';
import { createMessageMeasures } from '../../src/sending/messages/store/measures.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { createMacroRepository } from '../../src/inbox/macros/repository.ts';
import { createTeamRepository } from '../../src/inbox/teams/repository.ts';
import { createSavedViewRepository } from '../../src/inbox/views/repository.ts';
import { newId } from '../../src/platform/ids.ts';
import { byPrefix, newestFirst } from '../../src/platform/listing.ts';
import { pendingMigrations, runMigrations } from '../../src/platform/migrations.ts';
import { databaseOf, scopeOf } from '../../src/platform/mongo.ts';
import { encodeCursor } from '../../src/platform/pagination.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { createTemplateRepository } from '../../src/templates/store/repository.ts';
import { createDeadLetterRepository } from '../../src/webhooks/dead-letter-repository.ts';
import { createWebhookMeasures } from '../../src/webhooks/repository-measures.ts';
import { createWebhookRepository } from '../../src/webhooks/repository.ts';
import { models } from '../support/models.ts';
import { seedForPlans } from '../support/plan-data.ts';
import { watchPlans, type PlanWatch } from '../support/plans.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

interface Index {
  readonly key: Readonly<Record<string, unknown>>;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly expireAfterSeconds: number | null;
  readonly partialFilterExpression: unknown;
}

/** An index without its name: order of keys counts, so it becomes text. */
function describeIndex(key: object, options: Record<string, unknown>): string {
  const index: Index = {
    key: { ...key },
    unique: options['unique'] === true,
    sparse: options['sparse'] === true,
    expireAfterSeconds:
      typeof options['expireAfterSeconds'] === 'number' ? options['expireAfterSeconds'] : null,
    partialFilterExpression: options['partialFilterExpression'] ?? null,
  };
  return JSON.stringify(index);
}

describe('indexes', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('indexes', []);
    await runMigrations(database.connection);
  });
  after(() => database?.close());

  it('migrations › have all run, and a second run changes nothing', async () => {
    assert.deepEqual(await pendingMigrations(database.connection), []);
    assert.deepEqual(await runMigrations(database.connection), []);
  });

  it('declared indexes › are exactly those that the migrations create', async () => {
    assert.ok(models.length >= 20, `${models.length} models`);
    const existing =
      (await database.connection.db?.listCollections().toArray())?.map(({ name }) => name) ?? [];
    for (const { collection, schema } of models) {
      assert.ok(existing.includes(collection), `no migration makes the collection ${collection}`);
      const declared = schema.indexes().map(([key, options]) => describeIndex(key, { ...options }));
      const real = await databaseOf(database.connection).collection(collection).indexes();
      const made = real
        .filter(({ name }) => name !== '_id_')
        .map(({ key, ...options }) => describeIndex(key as object, options));
      assert.deepEqual(made.toSorted(), declared.toSorted(), collection);
    }
  });

  it('collections › each one that the migrations create has a model', async () => {
    const known = new Set([...models.map(({ collection }) => collection), 'migrations', 'migrations_lock']);
    const existing = (await database.connection.db?.listCollections().toArray()) ?? [];
    const unknown = existing
      .map(({ name }) => name)
      .filter((name) => !known.has(name) && !name.startsWith('system.'));
    assert.deepEqual(unknown, []);
  });
});

describe('query plans', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let connection: Connection;
  let watch: PlanWatch;
  const scope = scopeOf(newId());
  const conversationId = newId();
  const channelId = newId();
  const actorId = newId();
  const teamScope = scopeOf(newId());
  const members = Array.from({ length: 200 }, newId);
  const at = new Date('2026-11-23T09:00:00.000Z');

  before(async function () {
    this.timeout(60_000);
    database = await connectTestDatabase('plans', []);
    await runMigrations(database.connection);
    connection = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
    watch = watchPlans(connection, database.connection);
    const { db } = database.connection;
    assert.ok(db);
    await seedForPlans(db, { scope, conversationId, channelId, actorId, teamScope, members, at });
  });
  after(async () => {
    await connection?.close();
    await database?.close();
  });

  const lists: [string, () => Promise<unknown>][] = [];
  const add = (name: string, query: () => Promise<unknown>): void => void lists.push([name, query]);

  const position = { timestamp: new Date(at.getTime() + 300_000), _id: newId() };
  const filters = {
    'of a client': {},
    'of a conversation': { conversationId },
    'of a contact': { contactId: newId() },
    'by status': { statuses: ['read'] as const },
    'by several statuses': { statuses: ['read', 'delivered'] as const },
    'of a conversation, by status': { conversationId, statuses: ['read'] as const },
    'since a time': { since: at },
  };
  for (const [name, filter] of Object.entries(filters)) {
    for (const order of ['newest-first', 'oldest-first'] as const) {
      for (const start of [
        null,
        { place: position, isIncluded: false },
        { place: position, isIncluded: true },
      ])
        add(`messages ${name}, ${order}, ${JSON.stringify(start?.isIncluded ?? 'from the beginning')}`, () =>
          createMessageRepository(connection).list(scope, filter, { limit: 51, order, start }),
        );
    }
  }
  const wholeWord = { words: searchQuery('hello w3').words, prefixes: [] };
  for (const order of ['newest-first', 'oldest-first'] as const) {
    for (const start of [null, { place: position, isIncluded: false }])
      add(`messages with a word, ${order}, ${start === null ? 'first page' : 'next page'}`, () =>
        createMessageRepository(connection).list(scope, { query: wholeWord }, { limit: 51, order, start }),
      );
  }
  for (const cursor of [undefined, encodeCursor({ key: position.timestamp, id: position._id })])
    add(`notes with a word, ${cursor === undefined ? 'first page' : 'next page'}`, () =>
      createNoteRepository(connection).list(scope, { query: wholeWord }, newestFirst(cursor), 51),
    );
  add('conversations of contacts whom a search finds', () =>
    createContactRepository(connection).findIdsBy(scope, 'hello', 1_001),
  );
  for (const [name, filter] of Object.entries({
    'of a client': {},
    'by status': { status: 'approved' as const },
    'of a channel': { channelId },
  })) {
    for (const after of [null, { key: 'template_100', id: newId() }]) {
      add(`templates ${name}, ${after === null ? 'first page' : 'next page'}`, () =>
        createTemplateRepository(connection).list(scope, filter, { limit: 51, after }),
      );
    }
  }
  add('channels, first page', () => createChannelRepository(connection).list(scope, 51, null));
  add('channels, next page', () => createChannelRepository(connection).list(scope, 51, newId()));
  for (const onlyChannels of [null, [channelId]]) {
    add(`conversations that wait, ${onlyChannels === null ? 'on all channels' : 'on one channel'}`, () =>
      createConversationRepository(connection).listQueued(
        scope,
        { onlyChannels, exceptChannels: [newId()], exceptLabels: [newId()], activeSince: at },
        { order: 'queue.since', skip: 0, limit: 100 },
      ),
    );
  }
  for (const cursor of [undefined, encodeCursor({ key: 'm', id: newId() })])
    add(`saved views, ${cursor === undefined ? 'first page' : 'next page'}`, () =>
      createSavedViewRepository(connection).listFor(
        scope,
        actorId,
        byPrefix({ field: 'nameKey', prefix: '' }, cursor),
        51,
      ),
    );
  for (const cursor of [undefined, encodeCursor({ key: 'm', id: newId() })])
    add(`segments, ${cursor === undefined ? 'first page' : 'next page'}`, () =>
      createSegmentRepository(connection).list(scope, byPrefix({ field: 'nameKey', prefix: '' }, cursor), 51),
    );
  for (const cursor of [undefined, encodeCursor({ key: at, id: newId() })]) {
    const page = cursor === undefined ? 'first page' : 'next page';
    for (const set of ['tagId', 'groupId'])
      add(`contacts by ${set}, ${page}`, () =>
        createContactRepository(connection).list(scope, { [set]: newId() }, newestFirst(cursor), 51),
      );
  }
  for (const cursor of [undefined, encodeCursor({ key: 'm', id: newId() })]) {
    const page = cursor === undefined ? 'first page' : 'next page';
    const order = byPrefix({ field: 'nameKey', prefix: '' }, cursor);
    add(`tags, ${page}`, () => createTagRepository(connection).list(scope, order, 51));
    add(`contact groups, ${page}`, () => createContactGroupRepository(connection).list(scope, order, 51));
  }
  add('contacts that lose a tag', () =>
    createContactRepository(connection).clearSet(scope, 'tagIds', { id: newId(), limit: 500 }),
  );
  for (const kind of ['customFields', 'tags', 'groups'] as const)
    add(`segments that ask for one of their ${kind}`, () =>
      createTransactions(connection)((session) =>
        createSegmentRepository(connection).findByReference(
          scope,
          { kind, name: 'city' },
          { limit: 10, session },
        ),
      ),
    );
  for (const cursor of [undefined, encodeCursor({ key: 'm', id: newId() })])
    add(`macros, ${cursor === undefined ? 'first page' : 'next page'}`, () =>
      createMacroRepository(connection).listFor(
        scope,
        actorId,
        byPrefix({ field: 'nameKey', prefix: '' }, cursor),
        51,
      ),
    );
  for (const cursor of [undefined, encodeCursor({ key: at, id: newId() })])
    add(`teams, ${cursor === undefined ? 'first page' : 'next page'}`, () =>
      createTeamRepository(connection).list(scope, newestFirst(cursor), 51),
    );
  for (const after of [null, { key: at, id: newId() }])
    add(`conversations of a team of 200, ${after === null ? 'first page' : 'next page'}`, () =>
      createConversationRepository(connection).list(
        teamScope,
        { assignedAgentIds: members },
        { limit: 51, after },
      ),
    );
  const silent = { until: at, limit: 100 };
  const conversations = () => createConversationRepository(connection);
  const place = { _id: newId(), lastMessageAt: new Date(at.getTime() - 1) };
  add('silent conversations, first page', () =>
    conversations().listSilent(scope, { ...silent, after: null }),
  );
  add('silent conversations, next page', () =>
    conversations().listSilent(scope, { ...silent, after: place }),
  );
  add('the first conversation that is not silent', () => conversations().findFirstSpokenAfter(scope, at));
  const seenMessage = { arrival: 3, ordinal: 5, timestamp: at };
  add('what a conversation took in after a message', () =>
    createTransactions(connection)((session) =>
      createMessageRepository(connection).findNewer(scope, conversationId, seenMessage, session),
    ),
  );
  add('the last message that a contact can be shown as read', () =>
    createMessageRepository(connection).findMarkable(scope, conversationId, { upTo: 7, since: at }),
  );
  add('the last message that the contact wrote', () =>
    createMessageRepository(connection).findLastArrival(scope, conversationId),
  );
  for (const after of [null, newId()])
    add(`who has seen a conversation, ${after === null ? 'first page' : 'next page'}`, () =>
      createSeenMarkRepository(connection).listOf(scope, conversationId, { after, limit: 51 }),
    );
  add('the last words of a conversation', () =>
    createMessageRepository(connection).findLastWords(scope, { _id: conversationId, contactId: newId() }),
  );
  add('unsent answers of a conversation before another one', () =>
    createMessageRepository(connection).findEarlierReplies(scope, { conversationId, turn: 400 }),
  );
  add('messages that have not left, across clients', () =>
    createMessageRepository(connection).findUnsentAcrossClients({
      olderThan: new Date(at.getTime() + 600_000),
      sweptBefore: new Date(at.getTime() + 300_000),
      limit: 1_000,
    }),
  );
  add('messages that are due and have not left, across clients', () =>
    createMessageMeasures(connection).findWaitingAcrossClients({ now: at, limit: 500 }),
  );
  const lease = { limit: 1, leaseMs: 1, now: new Date(at.getTime() - 1) };
  add('webhook events that are due', () =>
    createWebhookRepository(connection).lease({ ...lease, lane: 'all' as const, source: 'unnamed' }),
  );
  add('webhook events that are due and urgent', () =>
    createWebhookRepository(connection).lease({ ...lease, lane: 'urgent' as const, source: 'unnamed' }),
  );
  add('webhook events that were given up', () => createDeadLetterRepository(connection).list(50));

  for (const [name, filter] of Object.entries({
    'of a client': {},
    'of an actor': { actorId },
    'of an action': { action: 'lead.created' },
    'of an object': { resourceId: conversationId },
    'of an actor, an action and a time': { actorId, action: 'lead.created', since: at },
    'between two times': { since: at, until: position.timestamp },
  })) {
    for (const after of [null, { key: position.timestamp, id: newId() }])
      add(`audit events ${name}, ${after === null ? 'first page' : 'next page'}`, () =>
        createAuditListingRepository(connection).list(scope, filter, { limit: 51, after }),
      );
  }
  for (const after of [null, newId()])
    add(`clients with unsealed audit events, ${after === null ? 'the first' : 'the next'}`, () =>
      createAuditChainRepository(connection).findUnsealedClientAcrossClients(after),
    );
  add('sealed audit events', () =>
    createAuditChainRepository(connection).listSealed(scope, { after: 10, upTo: 100, limit: 100 }),
  );
  add('the last sealed audit event', () => createAuditChainRepository(connection).findHighestSeq(scope));
  add('the last anchor of audit events', () =>
    createAuditChainRepository(connection).findLastAnchored(scope),
  );
  add('chains of audit events that are due for an anchor', () =>
    createAuditChainRepository(connection).listDueForAnchorAcrossClients(at, 50),
  );

  for (const [name, query] of lists) {
    it(`${name} › an index serves filter and order: no scan, no sort in memory`, async () => {
      for (const stages of await watch.plansOf(query)) {
        assert.ok(stages.includes('IXSCAN'), stages.join(' < '));
        assert.ok(!stages.includes('COLLSCAN') && !stages.includes('SORT'), stages.join(' < '));
      }
    });
  }

  const lookups: readonly [string, () => Promise<unknown>][] = [
    [
      'a message by its idempotency key',
      () => createMessageRepository(connection).findByIdempotencyKey(scope, 'key-3'),
    ],
    [
      'messages that receipts speak of',
      () =>
        createMessageRepository(connection).findReceiptTargets(scope, channelId, {
          ids: [newId()],
          providerMessageIds: ['wamid.3', 'wamid.6'],
        }),
    ],
    [
      'messages that wait for a contact or at an address',
      () =>
        createMessageRepository(connection).cancelWaiting(
          scope,
          { contactIds: [newId()], phoneNumbers: ['+15550001101', '+15550001102'], userIds: ['US.1'] },
          { statementId: 'wamid.stop', reason: 'opted-out', at },
        ),
    ],
    [
      'the calls in progress of a channel',
      () => createMessageRepository(connection).findClaims(scope, { channelId }),
    ],
    [
      'messages that a stop has canceled',
      () => createMessageRepository(connection).findWithdrawn(scope, 'wamid.stop'),
    ],
    [
      'the channels of an account',
      () => createChannelRepository(connection).listByWabaIdAcrossClients('account-3', 200),
    ],
    [
      'a channel by its number',
      () => createChannelRepository(connection).findByPhoneNumberIdAcrossClients('phone-3'),
    ],
    [
      'the channel that reserves a number',
      () => createChannelRepository(connection).findHolderAcrossClients('phone-3'),
    ],
    [
      'a channel by its own address',
      () => createChannelRepository(connection).findByWebhookKeyHashAcrossClients('hash-3'),
    ],
    [
      'the number of conversations of a team of 200',
      () => createConversationRepository(connection).count(teamScope, { assignedAgentIds: members }, 1_000),
    ],
    [
      'the languages of a template',
      () => createTemplateRepository(connection).findByName(scope, channelId, 'template_3'),
    ],
  ];
  for (const [name, query] of lookups) {
    it(`${name} › an index finds it`, async () => {
      for (const stages of await watch.plansOf(query))
        assert.ok(!stages.includes('COLLSCAN'), stages.join(' < '));
    });
  }

  it('unread messages of a page of conversations › an entry of the index for each, up to the bound; no document', async () => {
    const positions = [conversationId, newId(), newId()].map((id) => ({ conversationId: id, readUpTo: 2 }));
    const query = () => createMessageRepository(connection).countUnread(scope, positions, { atMost: 100 });
    assert.equal((await query()).get(conversationId.toHexString()), 33);
    for (const stages of await watch.plansOf(query)) {
      assert.ok(stages.includes('IXSCAN') && !stages.includes('COLLSCAN'), stages.join(' < '));
      assert.ok(!stages.includes('FETCH'), stages.join(' < '));
    }
  });
  // Fewer than `maxSorted` documents begin with it: they are sorted.
  const beginning = searchQuery('w1');
  const beginnings: readonly [string, () => Promise<unknown>][] = [
    [
      'messages with the beginning of a word',
      () =>
        createMessageRepository(connection).list(...([scope, { query: beginning, since: at }] as const), {
          limit: 51,
          order: 'newest-first',
          start: null,
        }),
    ],
    [
      'notes with the beginning of a word',
      () => createNoteRepository(connection).list(scope, { query: beginning }, newestFirst(undefined), 51),
    ],
    ['contacts', () => createContactRepository(connection).list(scope, {}, peopleBy('w1', undefined), 51)],
    ['leads', () => createLeadRepository(connection).list(scope, {}, peopleBy('w1', undefined), 51)],
  ];
  for (const [name, query] of beginnings) {
    it(`${name} › only what matches is read`, async () => {
      for (const stages of await watch.plansOf(query)) {
        assert.ok(stages.includes('IXSCAN') && !stages.includes('COLLSCAN'), stages.join(' < '));
      }
    });
  }

  // A body may have megabytes, and thousands may wait.
  const past = new Date(at.getTime() - 1);
  const coverings: readonly [string, () => Promise<unknown>][] = [
    [
      'the ids of contacts whom a search finds',
      () => createContactRepository(connection).findIdsBy(scope, 'w1', 1_001),
    ],
    ...(['tagIds', 'groupIds'] as const).map((field): [string, () => Promise<unknown>] => [
      `the number of contacts by ${field}`,
      () => createContactRepository(connection).countInSet(scope, field, { id: newId(), limit: 1_001 }),
    ]),
    ...(['all', 'urgent', 'large'] as const).flatMap((lane): [string, () => Promise<unknown>][] => [
      [
        `the sources of the lane “${lane}”`,
        () => createWebhookRepository(connection).dueSources({ now: at, lane }),
      ],
      [
        `the due events of a source in the lane “${lane}”`,
        () =>
          createWebhookRepository(connection).lease({
            ...{ limit: 200, leaseMs: 1, now: past, lane },
            source: lane === 'large' ? 'large:unnamed' : 'unnamed',
          }),
      ],
    ]),
    [
      'the gauges of webhook events',
      () =>
        createWebhookMeasures(connection).measureIntake({
          ...{ dueBefore: at, expiringBefore: at, lateBefore: at, limit: 100 },
        }),
    ],
  ];
  for (const [name, query] of coverings) {
    it(`${name} › an index answers alone: no document is read`, async () => {
      for (const stages of await watch.plansOf(query)) {
        assert.ok(!stages.includes('FETCH') && !stages.includes('COLLSCAN'), stages.join(' < '));
      }
    });
  }
});
