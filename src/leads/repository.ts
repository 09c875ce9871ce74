import type { Connection, mongo, Types } from 'mongoose';
import { findOrInsert, type ClientScope } from '../platform/mongo.ts';
import { leadModel, type LeadDoc } from './model.ts';

export type { LeadDoc } from './model.ts';

export type LeadRepository = ReturnType<typeof createLeadRepository>;

export function createLeadRepository(connection: Connection) {
  const leads = leadModel(connection).collection as unknown as mongo.Collection<LeadDoc>;
  return {
    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<LeadDoc | null> =>
      leads.findOne({ _id, ...scope }),

    /** The contact's lead, made from `fresh` when there is none; the unique index decides races. */
    async findOrInsert(
      scope: ClientScope,
      contactId: Types.ObjectId,
      fresh: Omit<LeadDoc, 'clientId' | 'contactId'>,
    ): Promise<LeadDoc> {
      return findOrInsert(leads, { contactId, ...scope }, { $setOnInsert: fresh });
    },
  };
}
