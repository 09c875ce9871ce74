import { RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import type { MongoConnection } from '../../platform/mongo.ts';
import { rateLimitModel } from './model.ts';

/** How many attempts a window lets through, and how long it is closed after one too many. */
export interface LockPolicy {
  readonly attempts: number;
  readonly windowSeconds: number;
  /** Doubled with every further lock within a day. */
  readonly firstLockSeconds: number;
  /** No lock is longer, however many there were: a lock must never be a way to shut somebody out for good. */
  readonly maxLockSeconds: number;
}

export interface AttemptLimiter {
  /** Counts an attempt. Undefined lets it through; otherwise the seconds to wait. */
  take(key: string): Promise<number | undefined>;
  /** Takes back what `take` has counted. */
  giveBack(key: string): Promise<void>;
  /** Forgets the key's attempts and its locks. */
  forget(key: string): Promise<void>;
}

const locksRememberedSeconds = 86_400;

/** How long the n-th lock lasts; the first is n = 1. */
export const lockSecondsOf = ({ firstLockSeconds, maxLockSeconds }: LockPolicy, lockNumber: number): number =>
  Math.min(maxLockSeconds, firstLockSeconds * 2 ** (lockNumber - 1));

interface AttemptLimiterOptions {
  readonly name: string;
  readonly policy: LockPolicy;
  readonly connection: MongoConnection;
}

/**
 * Counts in MongoDB, so that all processes share one count; of any number of attempts at the same time exactly as
 * many get through as the policy says. While MongoDB is away each process counts in its own memory, which is
 * stricter than letting everybody through and kinder than letting nobody.
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
      // Counting is atomic, so one attempt only is the first too many: that one locks.
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

/** The library throws its refusals, which are no errors; undefined when the attempt was let through. */
async function refusalOf(consume: () => Promise<unknown>): Promise<RateLimiterRes | undefined> {
  try {
    await consume();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes) return thrown;
    throw thrown;
  }
}
