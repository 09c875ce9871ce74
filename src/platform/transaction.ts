import type { ClientSession } from 'mongoose';
import { durableWrite, type MongoConnection } from './mongo.ts';

/** Runs `work` in one transaction. It may run more than once, so it must make nothing but its writes. */
export type RunInTransaction = <T>(work: (session: ClientSession) => Promise<T>) => Promise<T>;

export const createTransactions =
  (connection: MongoConnection): RunInTransaction =>
  async (work) => {
    // The driver's own, because mongoose's waits ten seconds for a connection and fails without saying why.
    const session = connection.getClient().startSession();
    try {
      return await session.withTransaction(work, {
        readConcern: { level: 'snapshot' },
        writeConcern: durableWrite,
      });
    } finally {
      await session.endSession();
    }
  };
