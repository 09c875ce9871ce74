import type { ClientSession, mongo } from 'mongoose';
import { sleep } from './clock.ts';
import { newSecret } from './ids.ts';
import { databaseOf, isDuplicateKey, type MongoConnection } from './mongo.ts';

interface LockDoc {
  readonly _id: string;
  readonly owner?: string;
  readonly expiresAt?: Date;
  /** The version before this one knew only this, and kept a lock for ten minutes. */
  readonly takenAt: Date;
}

export interface LockTimes {
  /** How long the lock of a process that died keeps others out. */
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly pollMs: number;
  /** How long to wait for another migrator that is at work. */
  readonly maxWaitMs: number;
}

const defaultTimes: LockTimes = { leaseMs: 10_000, renewMs: 2_500, pollMs: 500, maxWaitMs: 600_000 };

export class LostMigrationLock extends Error {
  constructor() {
    super('This process lost the migration lock: another one may be migrating. Run the migrations again.');
    this.name = 'LostMigrationLock';
  }
}

const lockId = 'migrate';
const oldLeaseMs = 600_000;
const expiresAt = { $ifNull: ['$expiresAt', { $add: ['$takenAt', oldLeaseMs] }] };

/** The document that only one process can hold. All times are the server's, so clocks of hosts do not matter. */
function createLockDocument(connection: MongoConnection, { leaseMs }: LockTimes) {
  const locks = databaseOf(connection).collection<LockDoc>('migrations_lock');
  const owner = newSecret();
  const lease: mongo.Document[] = [
    { $set: { owner, takenAt: '$$NOW', expiresAt: { $add: ['$$NOW', leaseMs] } } },
  ];
  return {
    /** Takes the lock if it is free or has expired. */
    async take(): Promise<boolean> {
      const expired = { _id: lockId, $expr: { $lte: [expiresAt, '$$NOW'] } };
      if ((await locks.updateOne(expired, lease)).matchedCount === 1) return true;
      try {
        // Inserts the document; if another process holds it, its _id refuses that.
        await locks.updateOne({ _id: lockId, owner }, lease, { upsert: true });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    /** False if the lock has expired or belongs to another process. */
    async renew(session?: ClientSession): Promise<boolean> {
      const own = { _id: lockId, owner, $expr: { $gt: ['$expiresAt', '$$NOW'] } };
      const renewed = await locks.updateOne(own, lease, session === undefined ? {} : { session });
      return renewed.matchedCount === 1;
    },

    release: () => locks.deleteOne({ _id: lockId, owner }),
  };
}

export interface HeldMigrationLock {
  /** Renews the lock in the database; throws `LostMigrationLock` if this process no longer holds it. */
  confirm(session?: ClientSession): Promise<void>;
  /** Throws `LostMigrationLock` if the lease may have ended, as after a freeze of this process. Asks nobody. */
  assertHeld(): void;
  release(): Promise<void>;
}

/** Takes the lock, and waits while another process holds it. Renews it until it is released. */
export async function takeMigrationLock(
  connection: MongoConnection,
  given: Partial<LockTimes> = {},
): Promise<HeldMigrationLock> {
  const times = { ...defaultTimes, ...given };
  const lock = createLockDocument(connection, times);
  const { leaseMs, renewMs, pollMs, maxWaitMs } = times;
  const giveUpAt = performance.now() + maxWaitMs;
  let askedAt = performance.now();
  while (!(await lock.take())) {
    if (askedAt > giveUpAt) throw new Error('Another process has held the migration lock for too long.');
    await sleep(pollMs);
    askedAt = performance.now();
  }
  // Counted from before the request, so that it ends here before it ends in the database.
  let heldUntil = askedAt + leaseMs;
  let isLost = false;
  const confirm = async (session?: ClientSession): Promise<void> => {
    const renewedFrom = performance.now();
    if (isLost || !(await lock.renew(session))) {
      isLost = true;
      throw new LostMigrationLock();
    }
    // Within a transaction the renewal counts only after the commit.
    if (session === undefined) heldUntil = renewedFrom + leaseMs;
  };
  const assertHeld = (): void => {
    isLost ||= performance.now() >= heldUntil;
    if (isLost) throw new LostMigrationLock();
  };
  const stopping = new AbortController();
  const renewing = keepRenewing({ confirm, renewMs, isLost: () => isLost, signal: stopping.signal });
  return {
    confirm,
    assertHeld,
    async release() {
      stopping.abort();
      await renewing;
      await lock.release();
    },
  };
}

interface Renewing {
  readonly confirm: () => Promise<void>;
  readonly renewMs: number;
  readonly isLost: () => boolean;
  readonly signal: AbortSignal;
}

/** Renews until the lock is released or lost. While the server does not answer, the lease runs out by itself. */
async function keepRenewing({ confirm, renewMs, isLost, signal }: Renewing): Promise<void> {
  while (!signal.aborted && !isLost()) {
    await sleep(renewMs, signal);
    // A failure shows in `assertHeld` before the next command of the migration.
    if (!signal.aborted) await confirm().catch(() => undefined);
  }
}
