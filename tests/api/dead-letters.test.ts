import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createFixedClock } from '../../src/platform/clock.ts';
import { createDeadLetterKeeping } from '../../src/webhooks/dead-letter-keeping.ts';
import { readCommand, runCommand } from '../../src/webhooks/dead-letters.ts';
import { webhookEventModel, type WebhookEventDoc } from '../../src/webhooks/model.ts';
import { createDeadLetterRepository } from '../../src/webhooks/dead-letter-repository.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const clock = createFixedClock(new Date('2026-11-23T12:00:00Z'));

describe('dead letters', () => {
  let database: TestDatabase;

  before(async () => {
    database = await connectTestDatabase('dead_letters', [webhookEventModel]);
  });
  beforeEach(() => events().deleteMany({}));
  after(() => database.close());

  const events = () => database.connection.collection<WebhookEventDoc>('webhook_events');

  async function store(count: number, fields: Partial<WebhookEventDoc> = {}): Promise<Types.ObjectId[]> {
    const made = Array.from({ length: count }, (): WebhookEventDoc => ({
      _id: new Types.ObjectId(),
      receivedAt: new Date('2026-11-20T09:00:00Z'),
      body: 'a secret of somebody',
      status: 'dead',
      attempts: 9,
      lastError: 'invalid: the body is not JSON',
      ...fields,
    }));
    await events().insertMany(made);
    return made.map(({ _id }) => _id);
  }

  async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
    const command = readCommand(args);
    assert.ok(command !== null);
    const lines: string[] = [];
    const deadLetters = createDeadLetterRepository(database.connection);
    const print = (line: string) => void lines.push(line);
    return { code: await runCommand(command, { deadLetters, clock, print }), lines };
  }

  it('list › oldest first with id, arrival, end and reason; others and bodies are not shown', async () => {
    const [first] = await store(1, { expiresAt: new Date('2026-11-28T09:00:00Z') });
    const [second] = await store(1);
    await store(1, { status: 'parked' });
    const { code, lines } = await run('list');
    assert.equal(code, 0);
    assert.equal(lines[0], 'Dead letters: 2');
    assert.deepEqual(lines.slice(2), [
      `${first?.toHexString()}  2026-11-20T09:00:00.000Z  2026-11-28T09:00:00.000Z  invalid: the body is not JSON`,
      `${second?.toHexString()}  2026-11-20T09:00:00.000Z  not set yet               invalid: the body is not JSON`,
    ]);
  });

  it('list › none, and more than are shown', async () => {
    assert.deepEqual(await run('list'), { code: 0, lines: ['No dead letters.'] });
    await store(501);
    const { lines } = await run('list');
    assert.match(lines[0] ?? '', /^More than 500/);
    assert.equal(lines.length, 502);
  });

  it('redrive one, all, none › due now with a clock of their own, only dead letters', async () => {
    const [first, second] = await store(2, { expiresAt: new Date('2026-11-28T09:00:00Z') });
    const [parked] = await store(1, { status: 'parked' });
    assert.deepEqual(await run('redrive', first?.toHexString() ?? ''), {
      code: 0,
      lines: ['Redriven: 1'],
    });
    const due = await events().findOne({ _id: first ?? new Types.ObjectId() });
    assert.deepEqual(
      {
        ...{ status: due?.status, attempts: due?.attempts, nextAttemptAt: due?.nextAttemptAt },
        ...{ receivedAt: due?.receivedAt, redrivenAt: due?.redrivenAt, expiresAt: due?.expiresAt },
      },
      {
        ...{ status: 'pending', attempts: 0, nextAttemptAt: clock.now() },
        ...{ receivedAt: new Date('2026-11-20T09:00:00Z'), redrivenAt: clock.now(), expiresAt: undefined },
      },
    );
    assert.equal((await events().findOne({ _id: second ?? new Types.ObjectId() }))?.status, 'dead');

    const id = parked?.toHexString() ?? '';
    assert.deepEqual(await run('redrive', id), { code: 1, lines: [`Dead letter not found: ${id}`] });
    assert.deepEqual(await run('redrive', 'all'), { code: 0, lines: ['Redriven: 1'] });
    assert.deepEqual(await run('redrive', 'all'), { code: 0, lines: ['Redriven: 0'] });
  });

  it('dismiss one, all, none › deleted, only dead letters', async () => {
    const [first] = await store(3);
    const [parked] = await store(1, { status: 'parked' });
    assert.deepEqual(await run('dismiss', first?.toHexString() ?? ''), {
      code: 0,
      lines: ['Dismissed: 1'],
    });
    const id = parked?.toHexString() ?? '';
    assert.deepEqual(await run('dismiss', id), { code: 1, lines: [`Dead letter not found: ${id}`] });
    assert.deepEqual(await run('dismiss', 'all'), { code: 0, lines: ['Dismissed: 2'] });
    assert.deepEqual(
      (await events().find({}).toArray()).map(({ _id }) => _id),
      [parked],
    );
  });

  describe('keeping', () => {
    const dayMs = 24 * 60 * 60 * 1_000;
    const keep = async (days: number) => {
      const warnings: unknown[] = [];
      await createDeadLetterKeeping({
        deadLetters: createDeadLetterRepository(database.connection),
        keptMs: days * dayMs,
        clock,
        logger: { warn: (fields: unknown) => void warnings.push(fields) },
      })();
      return warnings;
    };
    const ends = async () =>
      (await events().find({}).sort({ _id: 1 }).toArray()).map(({ expiresAt }) => expiresAt?.toISOString());

    it('letters of older versions and of another setting › end by the setting; parked events never', async () => {
      await store(1);
      await store(1, {
        diedAt: new Date('2026-11-21T00:00:00Z'),
        expiresAt: new Date('2026-11-29T00:00:00Z'),
      });
      await store(1, { status: 'parked' });
      assert.deepEqual(await keep(14), []);
      assert.deepEqual(await ends(), ['2026-12-07T12:00:00.000Z', '2026-12-05T00:00:00.000Z', undefined]);
      assert.deepEqual(await keep(14), []);
      assert.deepEqual((await ends())[0], '2026-12-07T12:00:00.000Z', 'it counts from the first look');
    });

    it('an end within two days › a warning with the number', async () => {
      await store(2, { diedAt: new Date('2026-11-17T00:00:00Z') });
      await store(1, { diedAt: new Date('2026-11-22T00:00:00Z') });
      assert.deepEqual(await keep(8), [{ count: 2 }]);
    });

    it('the database › deletes what has ended', async () => {
      const indexes = await events().indexes();
      assert.ok(
        indexes.some(({ key, expireAfterSeconds }) => 'expiresAt' in key && expireAfterSeconds === 0),
      );
    });
  });
});
