import assert from 'node:assert/strict';
import mongoose, { type Connection } from 'mongoose';
import { createSurveyRepository } from '../../src/inbox/surveys/repository.ts';
import { newId } from '../../src/platform/ids.ts';
import { runMigrations } from '../../src/platform/migrations.ts';
import { databaseOf, scopeOf } from '../../src/platform/mongo.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';
import { watchPlans, type PlanWatch } from '../support/plans.ts';
import { seedForPlans } from '../support/plan-data.ts';

describe('indexes of surveys', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let connection: Connection;
  let watch: PlanWatch;
  const [scope, conversationId, contactId, channelId, agentId] = [
    scopeOf(newId()),
    newId(),
    newId(),
    newId(),
    newId(),
  ];
  const at = new Date('2026-11-23T09:00:00.000Z');

  before(async () => {
    database = await connectTestDatabase('survey_indexes', []);
    await runMigrations(database.connection);
    await seedForPlans(databaseOf(database.connection), {
      ...{ scope, conversationId, channelId, actorId: newId(), teamScope: scopeOf(newId()), members: [], at },
    });
    await databaseOf(database.connection)
      .collection('surveys')
      .insertMany(
        Array.from({ length: 600 }, (_value, index) => ({
          ...{ clientId: index % 2 === 0 ? scope.clientId : newId(), secret: 'a', step: 'asked', version: 1 },
          conversationId: index % 6 === 0 ? conversationId : newId(),
          cycle: index,
          contactId: index % 4 === 0 ? contactId : newId(),
          channelId,
          closedAt: new Date(at.getTime() + index * 1_000),
          question: { status: 'read' },
          ...(index % 3 === 0 ? { agentId } : {}),
          ...(index % 4 === 0 ? { score: (index % 5) + 1 } : {}),
          ...(index % 8 === 0 ? { commentUntil: at, commentQuestionId: newId() } : {}),
        })),
      );
    connection = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
    watch = watchPlans(connection, database.connection);
  });
  after(async () => {
    await connection?.close();
    await database?.close();
  });

  const surveys = () => createSurveyRepository(connection);
  const queries: [string, () => Promise<unknown>][] = [];
  for (const [name, filter] of Object.entries({
    'of a client': {},
    'of a conversation': { conversationId },
    'of a contact': { contactId },
    'of an agent': { agentId },
    'with a score': { score: 3 },
    'that were answered': { isAnswered: true },
    'that were not answered': { isAnswered: false },
    'of an agent, between two times': { agentId, since: at, until: new Date(at.getTime() + 90_000) },
    'of an agent, with a score': { agentId, score: 3 },
  }))
    for (const after of [null, { key: new Date(at.getTime() + 300_000), id: newId() }])
      queries.push([
        `surveys ${name}, ${after === null ? 'first page' : 'next page'}`,
        () => surveys().list(scope, filter, { limit: 51, after }),
      ]);
  queries.push(
    ['the summary', () => surveys().countByScore(scope, { since: at })],
    ['the summary of an agent', () => surveys().countByScore(scope, { agentId })],
    [
      'the surveys of a page of conversations',
      () =>
        surveys().findOfEpisodes(
          scope,
          Array.from({ length: 50 }, () => ({ conversationId: newId(), cycle: 0 })),
        ),
    ],
    [
      'a survey that waits for a comment',
      () =>
        createTransactions(connection)((session) =>
          surveys().findAwaitingComment(scope, { contactId, channelId }, at, session),
        ),
    ],
    [
      'the survey of a question for a comment',
      () =>
        createTransactions(connection)((session) => surveys().findByCommentQuestion(scope, newId(), session)),
    ],
    [
      'what was said in an episode',
      () => createMessageRepository(connection).findEpisode(scope, { conversationId, contactId, since: at }),
    ],
  );

  for (const [name, query] of queries)
    it(`${name} › an index serves filter and order: no scan, no sort in memory`, async () => {
      const plans = await watch.plansOf(query);
      assert.ok(plans.length > 0);
      for (const stages of plans) {
        assert.ok(stages.includes('IXSCAN'), stages.join(' < '));
        assert.ok(!stages.includes('COLLSCAN') && !stages.includes('SORT'), stages.join(' < '));
      }
    });
});
