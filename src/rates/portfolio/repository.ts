import type { ClientSession, Connection, Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import { portfolioUsageModel, type PortfolioUserDoc, portfolioUserModel } from '../model.ts';

export type PortfolioRepository = ReturnType<typeof createPortfolioRepository>;

/** A portfolio with expired users, found by the sweep. */
export interface PortfolioKey {
  readonly clientId: Types.ObjectId;
  readonly portfolioId: string;
}

type Users = TenantCollection<PortfolioUserDoc>;

/** Users removed in one transaction. */
const sweepBatch = 1_000;
/** A portfolio this far over a lowered limit gets an inexact time of when there is room again. */
const maxSkip = 10_000;

const isExpired = (now: Date) => ({ expiresAt: { $lte: now } });
const isLive = (now: Date) => ({ expiresAt: { $gt: now } });

/**
 * The users of the last 24 hours and their number. At every commit the counter equals the number of documents, live
 * and expired. Every transaction that adds or removes users writes it, so one of two concurrent ones restarts.
 */
export function createPortfolioRepository(connection: Connection) {
  const users = openTenantCollection(portfolioUserModel, connection);
  const usages = openTenantCollection(portfolioUsageModel, connection);
  return {
    ...createReads(users),
    ...createChanges(users),

    async count(scope: ClientScope, portfolioId: string, session?: ClientSession): Promise<number> {
      const usage = await usages.findOne(scope, { portfolioId }, { session });
      return usage?.count ?? 0;
    },

    /** Changes the counter, inside the transaction that changes the users. */
    async moveCount(
      scope: ClientScope,
      portfolioId: string,
      by: number,
      session: ClientSession,
    ): Promise<void> {
      await usages.updateOne(
        scope,
        { portfolioId },
        // `changes` makes even a change by zero a write: two transactions must always conflict here.
        { $inc: { count: by, changes: 1 } },
        { upsert: true, session },
      );
    },
  };
}

function createReads(users: Users) {
  return {
    /** Those of these contacts that count now. */
    async findLive(
      scope: ClientScope,
      portfolioId: string,
      { contactIds, now }: { readonly contactIds: readonly Types.ObjectId[]; readonly now: Date },
      session?: ClientSession,
    ): Promise<Types.ObjectId[]> {
      const found = await users.find<Pick<PortfolioUserDoc, 'contactId'>>(
        scope,
        { portfolioId, contactId: { $in: [...contactIds] }, ...isLive(now) },
        { projection: { contactId: 1, _id: 0 }, session },
      );
      return found.map(({ contactId }) => contactId);
    },

    /** When the next users stop counting, after skipping `over` of them; in order, at most `limit`. */
    async nextEnds(
      scope: ClientScope,
      portfolioId: string,
      { now, over, limit }: { readonly now: Date; readonly over: number; readonly limit: number },
    ): Promise<Date[]> {
      const found = await users.find<Pick<PortfolioUserDoc, 'expiresAt'>>(
        scope,
        { portfolioId, ...isLive(now) },
        {
          sort: { expiresAt: 1 },
          skip: Math.min(over, maxSkip),
          limit,
          projection: { expiresAt: 1, _id: 0 },
        },
      );
      return found.map(({ expiresAt }) => expiresAt);
    },

    /** Portfolios of any client that have expired users. */
    async findExpiredAcrossClients(now: Date): Promise<PortfolioKey[]> {
      const found = await users.acrossClients.find<PortfolioKey>(isExpired(now), {
        limit: sweepBatch,
        projection: { clientId: 1, portfolioId: 1, _id: 0 },
      });
      const keys = new Map(found.map((key) => [`${key.clientId.toHexString()} ${key.portfolioId}`, key]));
      return [...keys.values()];
    },
  };
}

function createChanges(users: Users) {
  return {
    /** Restarts the day of users that already count; returns how many matched. */
    async extend(
      scope: ClientScope,
      portfolioId: string,
      change: { readonly contactIds: readonly Types.ObjectId[]; readonly now: Date; readonly until: Date },
      session?: ClientSession,
    ): Promise<number> {
      const { contactIds, now, until } = change;
      const { matchedCount } = await users.updateMany(
        scope,
        { portfolioId, contactId: { $in: [...contactIds] }, ...isLive(now) },
        { $max: { expiresAt: until } },
        { session },
      );
      return matchedCount;
    },

    async add(
      scope: ClientScope,
      portfolioId: string,
      { contactIds, until }: { readonly contactIds: readonly Types.ObjectId[]; readonly until: Date },
      session: ClientSession,
    ): Promise<void> {
      const added = contactIds.map((contactId) => ({ portfolioId, contactId, expiresAt: until }));
      await users.insertMany(scope, added, { session });
    },

    /** Removes the expired ones among these users; returns how many. */
    removeExpiredOf: (
      scope: ClientScope,
      portfolioId: string,
      { contactIds, now }: { readonly contactIds: readonly Types.ObjectId[]; readonly now: Date },
      session: ClientSession,
    ): Promise<number> =>
      users.deleteMany(
        scope,
        { portfolioId, contactId: { $in: [...contactIds] }, ...isExpired(now) },
        { session },
      ),

    /** Removes one batch of expired users; returns how many. */
    async removeExpired(
      scope: ClientScope,
      portfolioId: string,
      now: Date,
      session: ClientSession,
    ): Promise<number> {
      const found = await users.find<{ readonly _id: Types.ObjectId }>(
        scope,
        { portfolioId, ...isExpired(now) },
        { limit: sweepBatch, projection: { _id: 1 }, session },
      );
      if (found.length === 0) return 0;
      const ids = found.map(({ _id }) => _id);
      return users.deleteMany(scope, { _id: { $in: ids }, ...isExpired(now) }, { session });
    },
  };
}
