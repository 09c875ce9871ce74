import type { ClientSession } from 'mongoose';
import { writeCommitMark } from './commit-mark.ts';
import { durableWrite, type MongoConnection } from './mongo.ts';

/** Runs `work` in one transaction. `work` may run more than once, so its writes must be its only effects. */
export type RunInTransaction = <T>(work: (session: ClientSession) => Promise<T>) => Promise<T>;

export const createTransactions =
  (connection: MongoConnection): RunInTransaction =>
  async (work) => {
    // The driver's session: mongoose's waits ten seconds for a connection, then fails without a cause.
    const session = connection.getClient().startSession();
    try {
      return await session.withTransaction(
        async () => {
          const result = await work(session);
          await writeCommitMark(session);
          return result;
        },
        { readConcern: { level: 'snapshot' }, writeConcern: durableWrite },
      );
    } finally {
      await session.endSession();
    }
  };
