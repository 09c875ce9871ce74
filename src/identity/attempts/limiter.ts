import { RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import type { MongoConnection } from '../../platform/mongo.ts';
import { rateLimitModel } from './model.ts';

/** How many attempts a window allows, and how long further attempts lock it. */
export interface LockPolicy {
  readonly attempts: number;
  readonly windowSeconds: number;
  /** Each further lock within a day is twice as long. */
  readonly firstLockSeconds: number;
  /** Bounds every lock, because locks must not shut a user out for good. */
  readonly maxLockSeconds: number;
}

export interface AttemptLimiter {
  /** Counts an attempt. Undefined if it is allowed, otherwise the seconds to wait. */
  take(key: string): Promise<number | undefined>;
  /** Discounts one attempt. */
  giveBack(key: string): Promise<void>;
  /** Deletes the attempts and locks of the key. */
  forget(key: string): Promise<void>;
}

const locksRememberedSeconds = 86_400;

/** The duration of the n-th lock, counted from 1. */
export const lockSecondsOf = ({ firstLockSeconds, maxLockSeconds }: LockPolicy, lockNumber: number): number =>
  Math.min(maxLockSeconds, firstLockSeconds * 2 ** (lockNumber - 1));

interface AttemptLimiterOptions {
  readonly name: string;
  readonly policy: LockPolicy;
  readonly connection: MongoConnection;
}

/**
 * Counts atomically in MongoDB, so that all processes together allow exactly as many attempts as the policy says.
 * While MongoDB is unavailable, each process counts in its own memory, rather than allow every attempt or none.
 */
export function createAttemptLimiter({ name, policy, connection }: AttemptLimiterOptions): AttemptLimiter {
  const limiterOf = (keyPrefix: string, points: number, duration: number) =>
    new RateLimiterMongo({
      storeClient: connection.db,
      tableName: rateLimitModel.collection,
      disableIndexesCreation: true,
      keyPrefix,
      points,
      duration,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
    });
  const attempts = limiterOf(name, policy.attempts, policy.windowSeconds);
  const locks = limiterOf(`${name}:locks`, 1, locksRememberedSeconds);

  return {
    async take(key) {
      const refusal = await refusalOf(() => attempts.consume(key));
      if (refusal === undefined) return undefined;
      // Counting is atomic, so exactly one attempt is the first over the limit: that one locks.
      if (refusal.consumedPoints !== policy.attempts + 1)
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      const { consumedPoints } = await locks.penalty(key);
      const lockSeconds = lockSecondsOf(policy, consumedPoints);
      await attempts.block(key, lockSeconds);
      return lockSeconds;
    },
    async giveBack(key) {
      await attempts.reward(key);
    },
    async forget(key) {
      await Promise.all([attempts.delete(key), locks.delete(key)]);
    },
  };
}

/** The library throws refusals, which are not errors; undefined if the attempt was allowed. */
async function refusalOf(consume: () => Promise<unknown>): Promise<RateLimiterRes | undefined> {
  try {
    await consume();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes) return thrown;
    throw thrown;
  }
}
