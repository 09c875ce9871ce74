import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import {
  type PortfolioUsageDoc,
  portfolioUsageModel,
  type PortfolioUserDoc,
  portfolioUserModel,
} from '../model.ts';

export type PortfolioRepository = ReturnType<typeof createPortfolioRepository>;

/** Whose people expire: found by the sweep. */
export interface PortfolioKey {
  readonly clientId: Types.ObjectId;
  readonly portfolioId: string;
}

type Users = mongo.Collection<PortfolioUserDoc>;

/** How many are removed in one transaction. */
const sweepBatch = 1_000;
/** Whoever is this far over a limit that was lowered is not told the exact time when there is room again. */
const longestSkip = 10_000;

const isExpired = (now: Date) => ({ expiresAt: { $lte: now } });
const isLive = (now: Date) => ({ expiresAt: { $gt: now } });

/**
 * The people of the last 24 hours and their number. The counter is the number of documents, live and expired, at every
 * commit; every transaction that adds or removes people writes it, so of two at the same time one starts again.
 */
export function createPortfolioRepository(connection: Connection) {
  const users = portfolioUserModel(connection).collection as unknown as Users;
  const usages = portfolioUsageModel(connection).collection as unknown as mongo.Collection<PortfolioUsageDoc>;
  return {
    ...createReads(users),
    ...createChanges(users),

    async count(scope: ClientScope, portfolioId: string, session?: ClientSession): Promise<number> {
      const usage = await usages.findOne({ portfolioId, ...scope }, withSession(session));
      return usage?.count ?? 0;
    },

    /** Moves the counter, inside the transaction that changes the people. */
    async moveCount(
      scope: ClientScope,
      portfolioId: string,
      by: number,
      session: ClientSession,
    ): Promise<void> {
      await usages.updateOne(
        { portfolioId, ...scope },
        // The second field makes a write of a move by zero too: two transactions must always collide here.
        { $inc: { count: by, changes: 1 } },
        { upsert: true, session },
      );
    },
  };
}

function createReads(users: Users) {
  return {
    /** Which of these people are counted now. */
    async findLive(
      scope: ClientScope,
      portfolioId: string,
      { contactIds, now }: { readonly contactIds: readonly Types.ObjectId[]; readonly now: Date },
      session?: ClientSession,
    ): Promise<Types.ObjectId[]> {
      const found = await users
        .find(
          { portfolioId, contactId: { $in: [...contactIds] }, ...isLive(now), ...scope },
          withSession(session),
        )
        .project<{ contactId: Types.ObjectId }>({ contactId: 1, _id: 0 })
        .toArray();
      return found.map(({ contactId }) => contactId);
    },

    /** When the next people stop to count, after as many as `over`; in order, at most `limit`. */
    async nextEnds(
      scope: ClientScope,
      portfolioId: string,
      { now, over, limit }: { readonly now: Date; readonly over: number; readonly limit: number },
    ): Promise<Date[]> {
      const found = await users
        .find({ portfolioId, ...isLive(now), ...scope })
        .sort({ expiresAt: 1 })
        .skip(Math.min(over, longestSkip))
        .limit(limit)
        .project<{ expiresAt: Date }>({ expiresAt: 1, _id: 0 })
        .toArray();
      return found.map(({ expiresAt }) => expiresAt);
    },

    /** Portfolios of any client that have people whose time is over: the sweep works for all. */
    async findExpiredAcrossClients(now: Date): Promise<PortfolioKey[]> {
      const found = await users
        .find(isExpired(now))
        .limit(sweepBatch)
        .project<PortfolioKey>({ clientId: 1, portfolioId: 1, _id: 0 })
        .toArray();
      const keys = new Map(found.map((key) => [`${key.clientId.toHexString()} ${key.portfolioId}`, key]));
      return [...keys.values()];
    },
  };
}

function createChanges(users: Users) {
  const removeWhere = async (
    filter: mongo.Filter<PortfolioUserDoc>,
    session: ClientSession,
  ): Promise<number> => (await users.deleteMany(filter, { session })).deletedCount;
  return {
    /** Counts people who are counted already from now on; answers how many there were. */
    async extend(
      scope: ClientScope,
      portfolioId: string,
      change: { readonly contactIds: readonly Types.ObjectId[]; readonly now: Date; readonly until: Date },
      session?: ClientSession,
    ): Promise<number> {
      const { contactIds, now, until } = change;
      const { matchedCount } = await users.updateMany(
        { portfolioId, contactId: { $in: [...contactIds] }, ...isLive(now), ...scope },
        { $max: { expiresAt: until } },
        withSession(session),
      );
      return matchedCount;
    },

    async add(
      scope: ClientScope,
      portfolioId: string,
      { contactIds, until }: { readonly contactIds: readonly Types.ObjectId[]; readonly until: Date },
      session: ClientSession,
    ): Promise<void> {
      const added = contactIds.map((contactId) => ({ portfolioId, contactId, expiresAt: until, ...scope }));
      await users.insertMany(added, { session });
    },

    /** Removes those of these people whose time is over; answers how many. */
    removeExpiredOf: (
      scope: ClientScope,
      portfolioId: string,
      { contactIds, now }: { readonly contactIds: readonly Types.ObjectId[]; readonly now: Date },
      session: ClientSession,
    ): Promise<number> =>
      removeWhere({ portfolioId, contactId: { $in: [...contactIds] }, ...isExpired(now), ...scope }, session),

    /** Removes one batch of people whose time is over; answers how many. */
    async removeExpired(
      scope: ClientScope,
      portfolioId: string,
      now: Date,
      session: ClientSession,
    ): Promise<number> {
      const found = await users
        .find({ portfolioId, ...isExpired(now), ...scope }, { session })
        .limit(sweepBatch)
        .project<{ _id: Types.ObjectId }>({ _id: 1 })
        .toArray();
      if (found.length === 0) return 0;
      return removeWhere({ _id: { $in: found.map(({ _id }) => _id) }, ...isExpired(now), ...scope }, session);
    },
  };
}

const withSession = (session: ClientSession | undefined) => (session === undefined ? {} : { session });
