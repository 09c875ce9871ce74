import type { Types } from 'mongoose';
import { newUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ChannelRateRepository } from './repository.ts';
import { createTurnstile, type Busy, type Permit, type PermitRequest, type Turnstile } from './turnstile.ts';

export type { Busy, Permit, PermitRequest } from './turnstile.ts';

/** A channel and its rate. */
export interface RatedChannel {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  /** Calls per second that the channel's settings allow. */
  readonly perSecond: number;
}

export interface ChannelPermitsOptions {
  readonly rates: ChannelRateRepository;
  readonly logger: Logger;
  readonly monotonicMs?: () => number;
}

export type ChannelPermits = ReturnType<typeof createChannelPermits>;

const nameOf = ({ scope, channelId }: Pick<RatedChannel, 'scope' | 'channelId'>): string =>
  `${scope.clientId.toHexString()}:${channelId.toHexString()}`;

/** The permits of all channels in this process; see `rules.ts` for what they promise. */
export function createChannelPermits({ rates, logger, monotonicMs = monotonic }: ChannelPermitsOptions) {
  const holder = newUuid();
  const turnstiles = new Map<string, Turnstile>();
  let isClosed = false;

  function turnstileOf({ scope, channelId, perSecond }: RatedChannel): Turnstile {
    const name = nameOf({ scope, channelId });
    const found = turnstiles.get(name);
    if (found !== undefined) return found;
    const onIdle = () => void turnstiles.delete(name);
    const made = createTurnstile({ scope, channelId, perSecond, holder, rates, logger, monotonicMs, onIdle });
    turnstiles.set(name, made);
    return made;
  }

  return {
    /** A permit for one call, or `busy` if its turn does not come within `maxWaitMs`. */
    async acquire(channel: RatedChannel, ask: PermitRequest): Promise<Permit | Busy> {
      if (isClosed) return { kind: 'busy', retryAfterMs: 1_000 };
      return turnstileOf(channel).acquire(channel.perSecond, ask);
    },

    /** Slows all workers down after the provider reported that this number sends too fast (130429). */
    async slowDown({ scope, channelId, perSecond }: RatedChannel): Promise<void> {
      await rates.slowDown(scope, channelId, perSecond);
      turnstiles.get(nameOf({ scope, channelId }))?.renewSoon();
    },

    /** Returns all shares. Calls under way keep their permits until the lease ends. */
    async close(): Promise<void> {
      isClosed = true;
      await Promise.all([...turnstiles.values()].map((turnstile) => turnstile.close()));
      turnstiles.clear();
    },
  };
}

const monotonic = (): number => performance.now();
