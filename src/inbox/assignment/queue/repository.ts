import mongoose, { type ClientSession, type Connection, type Types } from 'mongoose';
import { derivedId, newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { queueWakeModel } from './model.ts';

/** A scan for clients takes milliseconds; it must not pile up on a slow database. */
const maxScanMs = 5_000;
const maxTaken = 1_000;

export type QueueWakeRepository = ReturnType<typeof createQueueWakeRepository>;

export function createQueueWakeRepository(connection: Connection) {
  const wakes = openTenantCollection(queueWakeModel, connection);
  return {
    /** The queue is looked at once the transaction is committed. */
    wake: (scope: ClientScope, dueAt: Date, session: ClientSession): Promise<void> =>
      wakes.insertOne(scope, { _id: newId(), dueAt }, { session }),

    /** The queue is looked at again at `dueAt`. Idempotent. */
    async wakeLater(scope: ClientScope, dueAt: Date): Promise<void> {
      const _id = derivedId(`queue-wake:${scope.clientId.toHexString()}:${dueAt.getTime()}`);
      await wakes.upsertOne(scope, { _id }, { $set: { dueAt } });
    },

    /** The causes until now. */
    async listDue(scope: ClientScope, now: Date): Promise<readonly Types.ObjectId[]> {
      const due = { dueAt: { $lte: now } };
      const found = await wakes.find(scope, due, { sort: { dueAt: 1 }, limit: maxTaken });
      return found.map(({ _id }) => _id);
    },

    async remove(scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<void> {
      await wakes.deleteMany(scope, { _id: { $in: [...ids] } });
    },

    /** Clients after `after` that have a cause, in order of their ids. */
    async findDueClientsAcrossClients(
      now: Date,
      after: Types.ObjectId | null,
      limit: number,
    ): Promise<Types.ObjectId[]> {
      const found = await wakes.acrossClients.aggregate<{ _id: Types.ObjectId }>(
        [
          // The server skips from client to client in the index.
          { $match: { dueAt: { $lte: now }, clientId: { $gt: after ?? new mongoose.mongo.MinKey() } } },
          { $sort: { clientId: 1, dueAt: 1 } },
          { $group: { _id: '$clientId', dueAt: { $first: '$dueAt' } } },
          { $sort: { _id: 1 } },
          { $limit: limit },
        ],
        { maxTimeMS: maxScanMs },
      );
      return found.map(({ _id }) => _id);
    },
  };
}
