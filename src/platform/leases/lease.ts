import type { Clock } from '../clock.ts';
import { newUuid } from '../ids.ts';
import { isDuplicateKey, type MongoConnection } from '../mongo.ts';
import { openPlatformCollection } from '../platform-collection.ts';
import { leaseModel } from './model.ts';

export interface Lease {
  /** Takes or renews the lease; false while another process holds it. */
  hold(): Promise<boolean>;
  /** Ends it at once, so that another process need not wait for its end. */
  release(): Promise<void>;
}

interface LeaseOptions {
  readonly connection: MongoConnection;
  readonly name: string;
  /** How long it outlasts a process that dies. */
  readonly leaseMs: number;
  readonly clock: Clock;
}

/**
 * Keeps all processes but one from a loop. It saves work and proves nothing: clocks differ, and a process may be frozen
 * for longer than its lease. What the loop writes needs a guard of its own.
 */
export function createLease({ connection, name, leaseMs, clock }: LeaseOptions): Lease {
  const leases = openPlatformCollection(leaseModel, connection);
  const holder = newUuid();
  let renewAtMs = 0;
  let isHeld = false;

  async function take(now: Date): Promise<boolean> {
    const until = new Date(now.getTime() + leaseMs);
    const isFree = { _id: name, $or: [{ holder }, { until: { $lte: now } }] };
    try {
      await leases.updateOne(isFree, { $set: { holder, until } }, { upsert: true });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  return {
    async hold() {
      const now = clock.now();
      if (isHeld && now.getTime() < renewAtMs) return true;
      isHeld = await take(now);
      renewAtMs = now.getTime() + leaseMs / 3;
      return isHeld;
    },

    async release() {
      isHeld = false;
      await leases.deleteOne({ _id: name, holder });
    },
  };
}
