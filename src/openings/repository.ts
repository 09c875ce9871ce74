import type { ClientSession, Connection, mongo, Types } from 'mongoose';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { gateOpeningModel, type GateOpeningDoc } from './model.ts';

export type { GateOpeningDoc } from './model.ts';

export type GateOpeningRepository = ReturnType<typeof createGateOpeningRepository>;

export function createGateOpeningRepository(connection: Connection) {
  const openings = gateOpeningModel(connection).collection as unknown as mongo.Collection<GateOpeningDoc>;
  return {
    async insert(
      scope: ClientScope,
      opening: Omit<GateOpeningDoc, '_id' | 'clientId'>,
      session?: ClientSession,
    ): Promise<void> {
      const document = { ...opening, _id: newId(), ...scope };
      await openings.insertOne(document, session === undefined ? {} : { session });
    },

    /** Across all tenants: takes the opening that waits longest, until `nextPassAt`; null when none is due. */
    takeDueAcrossClients: (now: Date, nextPassAt: Date): Promise<GateOpeningDoc | null> =>
      openings.findOneAndUpdate(
        { nextPassAt: { $lte: now } },
        { $set: { nextPassAt } },
        { sort: { nextPassAt: 1 }, returnDocument: 'after' },
      ),

    async putBack(scope: ClientScope, _id: Types.ObjectId, nextPassAt: Date): Promise<void> {
      await openings.updateOne({ _id, ...scope }, { $set: { nextPassAt } });
    },

    async delete(scope: ClientScope, _id: Types.ObjectId): Promise<void> {
      await openings.deleteOne({ _id, ...scope });
    },
  };
}
