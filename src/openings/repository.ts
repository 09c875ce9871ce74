import type { ClientSession, Connection, Types } from 'mongoose';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { gateOpeningModel, type GateOpeningDoc } from './model.ts';

export type { GateOpeningDoc } from './model.ts';

export type GateOpeningRepository = ReturnType<typeof createGateOpeningRepository>;

export function createGateOpeningRepository(connection: Connection) {
  const openings = openTenantCollection(gateOpeningModel, connection);
  return {
    async insert(
      scope: ClientScope,
      opening: Omit<GateOpeningDoc, '_id' | 'clientId'>,
      session?: ClientSession,
    ): Promise<void> {
      await openings.insertOne(scope, { ...opening, _id: newId() }, { session });
    },

    /** Leases the opening that has been due longest, of any tenant, until `nextPassAt`; null if none is due. */
    takeDueAcrossClients: (now: Date, nextPassAt: Date): Promise<GateOpeningDoc | null> =>
      openings.acrossClients.findOneAndUpdate(
        { nextPassAt: { $lte: now } },
        { $set: { nextPassAt } },
        { sort: { nextPassAt: 1 }, returnDocument: 'after' },
      ),

    async putBack(scope: ClientScope, _id: Types.ObjectId, nextPassAt: Date): Promise<void> {
      await openings.updateOne(scope, { _id }, { $set: { nextPassAt } });
    },

    async delete(scope: ClientScope, _id: Types.ObjectId): Promise<void> {
      await openings.deleteOne(scope, { _id });
    },
  };
}
