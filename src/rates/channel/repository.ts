import type { Connection, Types } from 'mongoose';
import { sleep } from '../../platform/clock.ts';
import { randomFraction } from '../../platform/ids.ts';
import { type ClientScope, isDuplicateKey } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { channelRateModel, type ChannelRateDoc } from '../model.ts';
import { allocate, type ChannelRate, slowedDown } from './rules.ts';

export type ChannelRateRepository = ReturnType<typeof createChannelRateRepository>;

/** A worker's request to renew its lease; the time is the database's. */
export interface RenewalRequest {
  readonly holder: string;
  /** Calls per second by the channel's settings. */
  readonly limit: number;
  readonly keeps: number;
  readonly wanted: number;
}

/** Attempts at one change under contention; in each round at least one of the competitors succeeds. */
const maxTries = 30;
const maxPauseMs = 20;
/** A record unchanged for this long holds no information: its leases have ended and its factor has recovered. */
const keptMs = 24 * 60 * 60 * 1_000;

interface RateKey {
  readonly _id: Types.ObjectId;
  readonly limit: number;
}

type StampedRate = ChannelRateDoc & { readonly serverNow: Date };

export function createChannelRateRepository(connection: Connection) {
  const rates = openTenantCollection(channelRateModel, connection);

  /**
   * Reads the record with the time of the database server, because the workers' clocks may differ by more than a
   * lease. A stale read does no harm: the write compares the version.
   */
  async function read(scope: ClientScope, _id: Types.ObjectId): Promise<StampedRate | null> {
    const [found] = await rates.aggregate<StampedRate>(scope, { _id }, [{ $set: { serverNow: '$$NOW' } }], {
      readConcern: { level: 'local' },
    });
    return found ?? null;
  }

  async function insert(scope: ClientScope, { _id, limit }: RateKey): Promise<void> {
    await rates
      .updateOne(scope, { _id }, [{ $set: onlyIfMissing({ ...fresh, limit }) }], { upsert: true })
      .catch((error: unknown) => {
        // Another worker inserted it at the same time.
        if (!isDuplicateKey(error)) throw error;
      });
  }

  /** Compare-and-set around a pure decision. */
  async function change<T extends Partial<ChannelRate>>(
    scope: ClientScope,
    { _id, limit }: RateKey,
    decide: (rate: ChannelRate, now: Date) => T,
  ): Promise<T> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      if (tries > 0) await sleep(randomFraction() * maxPauseMs);
      const found = await read(scope, _id);
      if (found === null) {
        await insert(scope, { _id, limit });
        continue;
      }
      const { version, serverNow: now } = found;
      const decision = decide({ ...found, limit }, now);
      const { factor, slowedAt, leases } = { ...found, ...decision };
      const expiresAt = new Date(now.getTime() + keptMs);
      const { modifiedCount } = await rates.updateOne(
        scope,
        { _id, version },
        { $set: { limit, factor, slowedAt, leases, version: version + 1, expiresAt } },
      );
      if (modifiedCount === 1) return decision;
    }
    throw new Error(`The rate of a channel could not be changed: it lost ${maxTries} concurrent updates.`);
  }

  return {
    /** Renews, grows, shrinks or ends the lease of one holder. */
    renew: (
      scope: ClientScope,
      channelId: Types.ObjectId,
      { holder, limit, keeps, wanted }: RenewalRequest,
    ) =>
      change(scope, { _id: channelId, limit }, (rate, now) => allocate(rate, { holder, keeps, wanted, now })),

    /** Records, for all workers, that the number sends too fast. */
    slowDown: (scope: ClientScope, channelId: Types.ObjectId, limit: number) =>
      change(scope, { _id: channelId, limit }, (rate, now) => slowedDown(rate, now)),

    /** The stored rate of a channel; null if it has not sent lately. */
    find: (scope: ClientScope, channelId: Types.ObjectId): Promise<ChannelRateDoc | null> =>
      rates.findOne(scope, { _id: channelId }),
  };
}

const fresh = {
  factor: 1,
  slowedAt: null,
  leases: [],
  version: 1,
  expiresAt: { $add: ['$$NOW', keptMs] },
} as const;

/** For a pipeline update, which can use the database's time: existing fields keep their values. */
const onlyIfMissing = (fields: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $ifNull: [`$${name}`, value] }]));
