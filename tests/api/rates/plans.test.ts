import assert from 'node:assert/strict';
import type { Connection, mongo } from 'mongoose';
import { newId } from '../../../src/platform/ids.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { createPortfolioRepository } from '../../../src/rates/portfolio/repository.ts';
import { useRatesDatabase } from '../../support/rates-database.ts';

type Command = Readonly<Record<string, unknown>>;

describe('portfolio › query plans', () => {
  const database = useRatesDatabase('rates_plans');
  const scope = scopeOf(newId());
  const portfolioId = 'portfolio-1';
  const now = new Date('2026-11-23T09:00:00.000Z');
  let connection: Connection;

  before(async () => {
    connection = await database.connect();
    await connection.collection('portfolio_users').insertMany(
      Array.from({ length: 600 }, (_value, index) => ({
        ...(index % 3 === 0 ? scope : scopeOf(newId())),
        portfolioId,
        contactId: newId(),
        expiresAt: new Date(now.getTime() + (index - 300) * 1_000),
      })),
    );
  });

  /** What the server says of how it runs the first query that `run` sends. */
  async function planOf(run: () => Promise<unknown>): Promise<string> {
    const seen: Command[] = [];
    const note = ({ command }: mongo.CommandStartedEvent) => {
      if ('find' in command) seen.push(command as Command);
    };
    const client = connection.getClient();
    client.on('commandStarted', note);
    await run();
    client.off('commandStarted', note);
    const [{ find, filter, sort } = {} as Command] = seen;
    const explain = { find, filter, ...(sort === undefined ? {} : { sort }) };
    const plan = await connection.db?.command({ explain, verbosity: 'queryPlanner' });
    return JSON.stringify((plan?.['queryPlanner'] as Command | undefined)?.['winningPlan']);
  }

  const queries: readonly [
    string,
    (portfolios: ReturnType<typeof createPortfolioRepository>) => Promise<unknown>,
  ][] = [
    [
      'the next who leave',
      (portfolios) => portfolios.nextEnds(scope, portfolioId, { now, over: 0, limit: 5 }),
    ],
    ['who has left, of all clients', (portfolios) => portfolios.findExpiredAcrossClients(now)],
    [
      'who is counted',
      (portfolios) => portfolios.findLive(scope, portfolioId, { contactIds: [newId()], now }),
    ],
  ];
  for (const [name, run] of queries) {
    it(`${name} › an index serves filter and order`, async () => {
      const plan = await planOf(() => run(createPortfolioRepository(connection)));
      assert.match(plan, /"IXSCAN"/);
      assert.doesNotMatch(plan, /"COLLSCAN"|"SORT"/);
    });
  }
});
