import assert from 'node:assert/strict';
import { databaseOf } from '../../src/platform/mongo.ts';
import { createSweep } from '../../src/sending/messages/sweep.ts';
import { messageModel } from '../../src/sending/messages/store/model.ts';
import { createMessageRepository, type MessageDoc } from '../../src/sending/messages/store/repository.ts';
import type { MessageWorkflows } from '../../src/sending/messages/workflows.ts';
import { captureLog } from '../support/logger.ts';
import { buildMessage } from '../support/messages.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const secondMs = 1_000;
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * secondMs);
const olderThanMs = 60 * secondMs;

describe('sweep', () => {
  let database: TestDatabase;
  let started: string[];
  /** Temporal's status of a message; running by default. */
  let answers: Map<string, 'closed' | 'completed' | Error>;
  let rescheduled: string[];

  before(async () => {
    database = await connectTestDatabase('sweep', [messageModel]);
  });
  beforeEach(async () => {
    await collection().deleteMany({});
    started = [];
    answers = new Map();
    rescheduled = [];
  });
  after(() => database?.close());

  const collection = () => databaseOf(database.connection).collection<MessageDoc>(messageModel.collection);
  const store = async (...messages: Partial<MessageDoc>[]): Promise<MessageDoc[]> => {
    const built = messages.map((changes) => buildMessage({ timestamp: ago(7_200), ...changes }));
    await collection().insertMany(built);
    return built;
  };
  const idOf = ({ _id }: MessageDoc): string => _id.toHexString();
  const stored = async ({ _id }: MessageDoc) => (await collection().findOne({ _id })) ?? assert.fail();

  const workflows: Pick<MessageWorkflows, 'start' | 'hasCompleted' | 'reschedule'> = {
    async start(message) {
      const answer = answers.get(idOf(message));
      if (answer instanceof Error) throw answer;
      started.push(idOf(message));
      return answer === undefined ? 'running' : 'closed';
    },
    hasCompleted: async (messageId) => answers.get(messageId) === 'completed',
    reschedule: async (messageId) => void rescheduled.push(messageId),
  };

  const sweepOnce = (batchSize = 2): Promise<number> =>
    createSweep({
      messages: createMessageRepository(database.connection),
      workflows: workflows as MessageWorkflows,
      clock: { now: () => now },
      logger: captureLog().logger,
      olderThanMs,
      batchSize,
    }).sweepOnce();

  it('a message never swept, behind many due again › started first', async () => {
    const looked = await store({ sweptAt: ago(900) }, { sweptAt: ago(800) }, { sweptAt: ago(700) });
    const [fresh] = await store({ timestamp: ago(61) });
    assert.ok(fresh);
    await sweepOnce();
    assert.deepEqual(started[0], idOf(fresh));
    assert.deepEqual(new Set(started), new Set([...looked, fresh].map(idOf)));
    for (const message of [...looked, fresh]) {
      assert.deepEqual((await stored(message)).sweptAt, now);
    }
    assert.equal(await sweepOnce(), 0, 'a running one is left alone');
  });

  it('more than one round has batches for › never swept messages first, then the least recently swept', async () => {
    const looked = await store(
      ...Array.from({ length: 24 }, (_value, index) => ({ sweptAt: ago(2_000 - index) })),
    );
    const fresh = await store({ timestamp: ago(70) }, { timestamp: ago(65) }, { timestamp: ago(61) });
    assert.equal(await sweepOnce(), 20);
    assert.deepEqual(new Set(started), new Set([...fresh, ...looked.slice(0, 17)].map(idOf)));
    await sweepOnce();
    assert.equal(new Set(started).size, 27);
  });

  it('some that cannot be started › reported, and delay no others', async () => {
    const poison = await store({}, {}, {});
    const [good] = await store({});
    assert.ok(good);
    for (const message of poison.slice(0, 1)) answers.set(idOf(message), new Error('refused'));
    answers.set(idOf(poison[2] ?? assert.fail()), new Error('refused'));
    await assert.rejects(sweepOnce(), { message: '2 of 4 messages could not be swept' });
    assert.ok(started.includes(idOf(good)));
    assert.equal((await stored(poison[0] ?? assert.fail())).sweptAt, undefined, 'the next round tries it');
  });

  it('Temporal away › the round ends with its first batch', async () => {
    for (const message of await store({}, {}, {})) answers.set(idOf(message), new Error('away'));
    await assert.rejects(sweepOnce(), { message: '2 of 2 messages could not be swept' });
  });

  it('recent, sent, and recently swept messages › left alone', async () => {
    await store(
      { timestamp: ago(59) },
      { status: 'sent' },
      { status: 'canceled' },
      { sweptAt: ago(599) },
      { status: 'scheduled', sendAt: ago(-60), sweptAt: ago(599) },
      {
        ...{ status: 'scheduled', sendAt: ago(120), sweptAt: ago(120) },
        waiting: { gate: 'template', reason: 'paused', since: ago(100) },
      },
    );
    assert.equal(await sweepOnce(10), 0);
  });

  it('overdue and not held › swept each minute, and signalled its time', async () => {
    const [overdue] = await store({ status: 'scheduled', sendAt: ago(61), sweptAt: ago(61) });
    assert.ok(overdue);
    assert.equal(await sweepOnce(), 1);
    assert.deepEqual(rescheduled, [idOf(overdue)]);
  });

  it('the run has ended › terminated: failed; completed: unknown', async () => {
    const [terminated, completed] = await store({}, {});
    assert.ok(terminated && completed);
    answers.set(idOf(terminated), 'closed');
    answers.set(idOf(completed), 'completed');
    await sweepOnce();
    const ends = await Promise.all([terminated, completed].map(stored));
    assert.deepEqual(
      ends.map(({ status, failure }) => [status, failure?.code]),
      [
        ['failed', 'workflow-closed'],
        ['unknown', undefined],
      ],
    );
  });
});
