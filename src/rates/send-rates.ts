import type { Connection } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { RunInTransaction } from '../platform/transaction.ts';
import { createBatches } from '../platform/batches.ts';
import { createChannelPermits, type RatedChannel } from './channel/permits.ts';
import { createChannelRateRepository } from './channel/repository.ts';
import { effectiveLimit, factorAt } from './channel/rules.ts';
import { createManagementLimitRepository } from './management/repository.ts';
import { usageAfter, type ManagementAnswer } from './management/rules.ts';
import { createPairRateRepository, type Pair } from './pair/repository.ts';
import { maxPairBurst, pairIntervalMs } from './pair/rules.ts';
import { createPortfolioRepository } from './portfolio/repository.ts';
import { createPortfolioReservations } from './portfolio/reservations.ts';

/** The current send rate of a channel. */
export interface ChannelRateNow {
  /** The rate in its settings. */
  readonly perSecond: number;
  /** The rate left after the provider's refusals. */
  readonly effectivePerSecond: number;
  /** When it was last slowed down; null at full rate. */
  readonly slowedAt: Date | null;
}

export type PairReservation =
  | { readonly granted: true }
  | { readonly granted: false; readonly comeBackAt: Date };

export type MayCall = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

export interface SendRatesOptions {
  readonly connection: Connection;
  readonly transact: RunInTransaction;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type SendRates = ReturnType<typeof createSendRates>;

/** All rate limits of messages and management calls, counted in MongoDB for all processes. */
export function createSendRates({ connection, transact, clock, logger }: SendRatesOptions) {
  const channelRates = createChannelRateRepository(connection);
  const permits = createChannelPermits({ rates: channelRates, logger });
  const portfolios = createPortfolioRepository(connection);
  const reservations = createPortfolioReservations({ portfolios, transact, clock });
  return {
    acquire: permits.acquire,
    slowDown: permits.slowDown,

    async channelRate({ scope, channelId, perSecond }: RatedChannel): Promise<ChannelRateNow> {
      const now = clock.now();
      const found = await channelRates.find(scope, channelId);
      const reduction = found ?? { factor: 1, slowedAt: null };
      return {
        perSecond,
        effectivePerSecond: effectiveLimit({ ...reduction, limit: perSecond }, now),
        slowedAt: factorAt(reduction, now) < 1 ? reduction.slowedAt : null,
      };
    },

    ...createPairLimit({ connection, clock }),

    reserveUser: reservations.reserveUser,
    usage: reservations.usage,
    /** For a loop: removes expired users; returns how many. */
    sweepExpiredUsers: reservations.sweep,

    ...createManagementLimit({ connection, clock }),

    /** Returns the shares of all channels. */
    close: permits.close,
  };
}

interface PairRequest {
  readonly scope: ClientScope;
  readonly pair: Pair;
  readonly burst: number;
}

type LimitOptions = Pick<SendRatesOptions, 'connection' | 'clock'>;

function createPairLimit({ connection, clock }: LimitOptions) {
  const pairs = createPairRateRepository(connection);
  const batches = createBatches<PairRequest, PairReservation>({
    maxSize: 100,
    async work(asks) {
      const [{ scope, pair }] = asks;
      const now = clock.now();
      const decisions = await pairs.reserve(scope, pair, { bursts: asks.map(({ burst }) => burst), now });
      return asks.map((_ask, index) => {
        const decision = decisions?.[index];
        if (decision?.granted === true) return { granted: true };
        // Undecided: so many processes compete for this pair that waiting for one interval costs nothing.
        const comeBackAtMs = decision?.comeBackAtMs ?? now.getTime() + pairIntervalMs;
        return { granted: false, comeBackAt: new Date(comeBackAtMs) };
      });
    },
  });
  return {
    /** Grants one message of this channel to this contact, or says when to ask again. */
    reservePair(
      scope: ClientScope,
      { channelId, contactId }: Pair,
      { burst = maxPairBurst }: { readonly burst?: number } = {},
    ): Promise<PairReservation> {
      const name = [scope.clientId, channelId, contactId].map((id) => id.toHexString()).join(' ');
      return batches.ask(name, { scope, pair: { channelId, contactId }, burst });
    },

    /** After the provider refused at the pair limit (131056): blocks the pair until then, and bursts after it. */
    penalisePair: (scope: ClientScope, pair: Pair, until: Date): Promise<void> =>
      pairs.block(scope, pair, until),
  };
}

function createManagementLimit({ connection, clock }: LimitOptions) {
  const limits = createManagementLimitRepository(connection);
  return {
    /** Whether a management call for this WhatsApp Business Account may be made now. */
    async mayCall(scope: ClientScope, wabaId: string): Promise<MayCall> {
      const found = await limits.find(scope, wabaId);
      const retryAfterMs = (found?.closedUntil.getTime() ?? 0) - clock.now().getTime();
      return retryAfterMs > 0 ? { ok: false, retryAfterMs } : { ok: true };
    },

    /** Records the usage that an answer to a management call reports. */
    async recordAnswer(scope: ClientScope, wabaId: string, answer: ManagementAnswer): Promise<void> {
      const usage = usageAfter(answer);
      if (usage === null) return;
      const now = clock.now();
      const closedUntil = new Date(now.getTime() + usage.waitMs);
      await limits.recordUsage(scope, wabaId, { usedPercent: usage.usedPercent, closedUntil, now });
    },
  };
}
