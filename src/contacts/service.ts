import type { Types } from 'mongoose';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { ContactDoc, ContactIdentity, ContactRepository } from './repository.ts';

export type { ContactDoc, ContactIdentity } from './repository.ts';

export type ContactService = ReturnType<typeof createContactService>;

export function createContactService({ contacts, clock }: { contacts: ContactRepository; clock: Clock }) {
  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findById(scope, id),

    /** The one contact of this identity, made with unknown consent when there is none. */
    findOrCreate: (scope: ClientScope, identity: ContactIdentity, name?: string): Promise<ContactDoc> =>
      contacts.findOrInsert(scope, identity, {
        _id: newId(),
        tags: [],
        optInStatus: 'unknown',
        createdAt: clock.now(),
        ...(name === undefined ? {} : { name }),
      }),

    setNameIfMissing: (scope: ClientScope, id: Types.ObjectId, name: string): Promise<void> =>
      contacts.setNameIfMissing(scope, id, name),
  };
}
