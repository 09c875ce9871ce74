import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../platform/errors.ts';

export interface ChannelLimitOptions {
  readonly requestsPerMinute: number;
  readonly bytesPerMinute: number;
  readonly unknownKeysPerMinute: number;
}

/** `unknown-keys`: of one network. The others are of one channel. */
type Limit = 'requests' | 'bytes' | 'unknown-keys';

const details: Readonly<Record<Limit, string>> = {
  requests: 'The limit of requests per minute of this webhook address is reached.',
  bytes: 'The limit of bytes per minute of this webhook address is reached.',
  'unknown-keys': 'Too many requests to webhook addresses that do not exist.',
};

/** Keys that were found lately; enough for every channel of a large installation that gets events now. */
const maxKnownKeys = 10_000;

const windowSeconds = 60;

export type ChannelLimits = ReturnType<typeof createChannelLimits>;

/** The limits of the addresses of channels in this process; each function throws `too-many-requests` beyond them. */
export function createChannelLimits(options: ChannelLimitOptions) {
  const limiterOf = (limit: Limit, points: number) =>
    new RateLimiterMemory({ keyPrefix: limit, points, duration: windowSeconds });
  const requests = limiterOf('requests', options.requestsPerMinute);
  const bytes = limiterOf('bytes', options.bytesPerMinute);
  const unknownKeys = limiterOf('unknown-keys', options.unknownKeysPerMinute);
  const knownKeys = new Set<string>();

  return {
    /** Counts a request to a channel, and the bytes that it declares. */
    async countRequest(channel: string, declaredBytes: number): Promise<void> {
      await consume(requests, channel, 1, 'requests');
      if (declaredBytes > 0) await consume(bytes, channel, declaredBytes, 'bytes');
    },

    /** Counts bytes that were not declared. */
    async countBytes(channel: string, count: number): Promise<void> {
      if (count > 0) await consume(bytes, channel, count, 'bytes');
    },

    /**
     * Call before looking up a key. A network that tried too many unknown ones may use only keys that were found lately:
     * one relay serves many businesses, so the limit must not close the addresses of the others.
     */
    async mayLookUp(network: string, key: string): Promise<void> {
      if (knownKeys.has(key)) return;
      const used = await unknownKeys.get(network);
      if (used !== null && used.consumedPoints >= options.unknownKeysPerMinute)
        throw refusalOf('unknown-keys', used);
    },

    async countUnknown(network: string): Promise<void> {
      await consume(unknownKeys, network, 1, 'unknown-keys');
    },

    /** Remembers a key that was found. */
    noteKnown(key: string): void {
      knownKeys.delete(key);
      const [oldest] = knownKeys;
      if (knownKeys.size >= maxKnownKeys && oldest !== undefined) knownKeys.delete(oldest);
      knownKeys.add(key);
    },
  };
}

async function consume(limiter: RateLimiterMemory, key: string, points: number, limit: Limit): Promise<void> {
  try {
    await limiter.consume(key, points);
  } catch (thrown) {
    throw thrown instanceof RateLimiterRes ? refusalOf(limit, thrown) : thrown;
  }
}

const refusalOf = (limit: Limit, { msBeforeNext }: RateLimiterRes): AppError =>
  new AppError('too-many-requests', details[limit], {
    retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)),
  });
