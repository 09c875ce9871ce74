import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { LeadDoc, LeadRepository } from './repository.ts';

export type { LeadDoc } from './repository.ts';

export type LeadService = ReturnType<typeof createLeadService>;

export function createLeadService({ leads, clock }: { leads: LeadRepository; clock: Clock }) {
  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<LeadDoc | null> => leads.findById(scope, id),

    /** The contact's lead; a new one begins in stage `new`. */
    findOrCreate(scope: ClientScope, contactId: Types.ObjectId): Promise<LeadDoc> {
      const now = clock.now();
      return leads.findOrInsert(scope, contactId, {
        _id: newId(),
        stage: 'new',
        tags: [],
        createdAt: now,
        updatedAt: now,
      });
    },
  };
}
