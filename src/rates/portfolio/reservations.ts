import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { type ClientScope, retryOnDuplicateKey, scopeOf } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import { createBatches } from '../../platform/batches.ts';
import type { PortfolioRepository } from './repository.ts';

/** Meta's messaging limit counts unique people in a rolling day. */
const dayMs = 24 * 60 * 60 * 1_000;

/** Users counted in one transaction. */
const maxBatch = 100;

export interface UserRequest {
  readonly portfolioId: string;
  /** Users per rolling 24 hours; null if Meta sets no limit: then none are counted. */
  readonly limit: number | null;
  readonly contactId: Types.ObjectId;
}

/** `freeAt`: the earliest time at which there may be room, as known now. */
export type UserReservation = { readonly granted: true } | { readonly granted: false; readonly freeAt: Date };

interface CountedRequest {
  readonly scope: ClientScope;
  readonly portfolioId: string;
  readonly limit: number;
  readonly contactId: Types.ObjectId;
}

export interface PortfolioReservationsOptions {
  readonly portfolios: PortfolioRepository;
  readonly transact: RunInTransaction;
  readonly clock: Clock;
}

/**
 * Limits the users to whom a business portfolio writes outside the window in a rolling day, over all its numbers and
 * all workers. Every reservation of a new user changes one counter, so a process batches its concurrent reservations
 * into one transaction: processes compete for the counter, not messages.
 */
export function createPortfolioReservations(options: PortfolioReservationsOptions) {
  const { portfolios, transact, clock } = options;
  const batches = createBatches<CountedRequest, UserReservation>({
    maxSize: maxBatch,
    work: (asks) => reserveBatch(options, asks),
  });

  return {
    /** Counts the user, unless the limit is reached. A user that already counts costs nothing; its day restarts. */
    async reserveUser(
      scope: ClientScope,
      { portfolioId, limit, contactId }: UserRequest,
    ): Promise<UserReservation> {
      if (limit === null) return { granted: true };
      const name = `${scope.clientId.toHexString()} ${portfolioId}`;
      return batches.ask(name, { scope, portfolioId, limit, contactId });
    },

    /** Number of users counted now; may include some whose day has just ended. */
    usage: (scope: ClientScope, portfolioId: string): Promise<number> => portfolios.count(scope, portfolioId),

    /** Removes expired users of all clients, in bounded transactions; returns how many. */
    async sweep(): Promise<number> {
      const now = clock.now();
      let removed = 0;
      for (const { clientId, portfolioId } of await portfolios.findExpiredAcrossClients(now)) {
        const scope = scopeOf(clientId);
        removed += await transact(async (session) => {
          const count = await portfolios.removeExpired(scope, portfolioId, now, session);
          if (count > 0) await portfolios.moveCount(scope, portfolioId, -count, session);
          return count;
        });
      }
      return removed;
    },
  };
}

/** Decides reservations for one portfolio, in their order. */
async function reserveBatch(
  options: PortfolioReservationsOptions,
  asks: readonly [CountedRequest, ...CountedRequest[]],
): Promise<readonly UserReservation[]> {
  const refusals = await refusalsOf(options, asks);
  return asks.map(({ contactId }) => {
    const freeAt = refusals.get(contactId.toHexString());
    return freeAt === undefined ? { granted: true } : { granted: false, freeAt };
  });
}

/** The contacts without room, by id, and when there may be room. */
async function refusalsOf(
  { portfolios, transact, clock }: PortfolioReservationsOptions,
  asks: readonly [CountedRequest, ...CountedRequest[]],
): Promise<ReadonlyMap<string, Date>> {
  const [{ scope, portfolioId }] = asks;
  const now = clock.now();
  const until = new Date(now.getTime() + dayMs);
  const limit = Math.min(...asks.map((ask) => ask.limit));
  const asked = new Map(asks.map(({ contactId }) => [contactId.toHexString(), contactId]));
  const without = (ids: readonly Types.ObjectId[]) => {
    const names = new Set(ids.map((id) => id.toHexString()));
    return [...asked.values()].filter((id) => !names.has(id.toHexString()));
  };

  const known = await portfolios.findLive(scope, portfolioId, { contactIds: [...asked.values()], now });
  const extended =
    known.length === 0 ? 0 : await portfolios.extend(scope, portfolioId, { contactIds: known, now, until });
  // A sweep with a clock ahead of ours may have removed some: then the transaction checks all of them.
  const open = extended === known.length ? without(known) : [...asked.values()];
  if (open.length === 0) return new Map();

  const { refused, over } = await retryOnDuplicateKey(() =>
    transact((session) =>
      countUsers(portfolios, scope, portfolioId, { contactIds: open, limit, now, until, session }),
    ),
  );
  if (refused.length === 0) return new Map();
  const ends = await portfolios.nextEnds(scope, portfolioId, { now, over, limit: refused.length });
  return new Map(
    // Each one needs a place of its own, so each gets a different time.
    refused.map((id, index) => [id.toHexString(), ends[index] ?? until]),
  );
}

interface Counting {
  readonly contactIds: readonly Types.ObjectId[];
  readonly limit: number;
  readonly now: Date;
  readonly until: Date;
  readonly session: Parameters<Parameters<RunInTransaction>[0]>[0];
}

/** Counts as many users as there is room for; returns the refused ones, and how far the count exceeds the limit. */
async function countUsers(
  portfolios: PortfolioRepository,
  scope: ClientScope,
  portfolioId: string,
  { contactIds, limit, now, until, session }: Counting,
): Promise<{ readonly refused: readonly Types.ObjectId[]; readonly over: number }> {
  const live = await portfolios.findLive(scope, portfolioId, { contactIds, now }, session);
  if (live.length > 0) await portfolios.extend(scope, portfolioId, { contactIds: live, now, until }, session);
  const liveNames = new Set(live.map((id) => id.toHexString()));
  const fresh = contactIds.filter((id) => !liveNames.has(id.toHexString()));
  const before = await portfolios.count(scope, portfolioId, session);
  let removed = await portfolios.removeExpiredOf(scope, portfolioId, { contactIds: fresh, now }, session);
  if (before - removed + fresh.length > limit) {
    removed += await portfolios.removeExpired(scope, portfolioId, now, session);
  }
  const room = Math.max(0, limit - (before - removed));
  const added = fresh.slice(0, room);
  const refused = fresh.slice(room);
  if (added.length + removed > 0) {
    await portfolios.moveCount(scope, portfolioId, added.length - removed, session);
  }
  if (added.length > 0) await portfolios.add(scope, portfolioId, { contactIds: added, until }, session);
  return { refused, over: Math.max(0, before - removed - limit) };
}
