import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { type ClientScope, isDuplicateKey, scopeOf } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import { createBatches } from '../../platform/batches.ts';
import type { PortfolioRepository } from './repository.ts';

/** Meta's messaging limit counts unique people in a rolling day. */
const dayMs = 24 * 60 * 60 * 1_000;

/** How many people one transaction counts. */
const maxBatch = 100;
const maxTries = 5;

export interface UserAsk {
  readonly portfolioId: string;
  /** People per rolling 24 hours; null where Meta sets none, and then nobody is counted. */
  readonly limit: number | null;
  readonly contactId: Types.ObjectId;
}

/** `freeAt`: when there may be room, by what is known now. */
export type UserReservation = { readonly granted: true } | { readonly granted: false; readonly freeAt: Date };

interface CountedAsk {
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
 * The people whom a business portfolio writes to outside the window: never more than the limit in a rolling day, over
 * all its numbers and all workers. Every reservation of a new person moves one counter, so those that a process has at
 * the same time go into one transaction: processes compete for it, not messages.
 */
export function createPortfolioReservations(options: PortfolioReservationsOptions) {
  const { portfolios, transact, clock } = options;
  const batches = createBatches<CountedAsk, UserReservation>({
    maxSize: maxBatch,
    work: (asks) => reserveBatch(options, asks),
  });

  return {
    /** Counts the person, unless that is one too many. Who is counted already counts anew from now and is free. */
    async reserveUser(
      scope: ClientScope,
      { portfolioId, limit, contactId }: UserAsk,
    ): Promise<UserReservation> {
      if (limit === null) return { granted: true };
      const name = `${scope.clientId.toHexString()} ${portfolioId}`;
      return batches.ask(name, { scope, portfolioId, limit, contactId });
    },

    /** People counted now; those whose day has just ended may be among them. */
    usage: (scope: ClientScope, portfolioId: string): Promise<number> => portfolios.count(scope, portfolioId),

    /** Removes people whose day is over, of all clients, in bounded transactions; answers how many. */
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

/** What becomes of people of one portfolio, in their order. */
async function reserveBatch(
  options: PortfolioReservationsOptions,
  asks: readonly [CountedAsk, ...CountedAsk[]],
): Promise<readonly UserReservation[]> {
  const refusals = await refusalsOf(options, asks);
  return asks.map(({ contactId }) => {
    const freeAt = refusals.get(contactId.toHexString());
    return freeAt === undefined ? { granted: true } : { granted: false, freeAt };
  });
}

/** Those for whom there is no room, by id, and when there may be. */
async function refusalsOf(
  { portfolios, transact, clock }: PortfolioReservationsOptions,
  asks: readonly [CountedAsk, ...CountedAsk[]],
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
  // A sweep by a clock that is ahead may have been faster: then all are looked at in the transaction.
  const open = extended === known.length ? without(known) : [...asked.values()];
  if (open.length === 0) return new Map();

  const { refused, over } = await withTries(() =>
    transact((session) =>
      countPeople(portfolios, scope, portfolioId, { contactIds: open, limit, now, until, session }),
    ),
  );
  if (refused.length === 0) return new Map();
  const ends = await portfolios.nextEnds(scope, portfolioId, { now, over, limit: refused.length });
  return new Map(
    // One place comes free for each, so each is told another time.
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

/** Counts as many as there is room for, in a transaction; answers who had none, and how far over the limit it is. */
async function countPeople(
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

/** The first two people of a portfolio, counted at once, may both try to make its counter. */
async function withTries<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isDuplicateKey(error) || tries === maxTries) throw error;
    }
  }
}
