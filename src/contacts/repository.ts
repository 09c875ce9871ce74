import type { Connection, mongo, Types } from 'mongoose';
import { findOrInsert, type ClientScope } from '../platform/mongo.ts';
import { contactModel, type ContactDoc } from './model.ts';

export type { ContactDoc } from './model.ts';

/** What identifies a person: exactly one of the two leads, the other may come with it. */
export type ContactIdentity =
  | { readonly phoneNumber: string; readonly businessScopedUserId?: string }
  | { readonly phoneNumber?: undefined; readonly businessScopedUserId: string };

export type ContactRepository = ReturnType<typeof createContactRepository>;

export function createContactRepository(connection: Connection) {
  const contacts = contactModel(connection).collection as unknown as mongo.Collection<ContactDoc>;

  return {
    findById: (scope: ClientScope, _id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findOne({ _id, ...scope }),

    /** The contact with this identity, made from `fresh` when there is none; the unique index decides races. */
    async findOrInsert(
      scope: ClientScope,
      identity: ContactIdentity,
      fresh: Omit<ContactDoc, 'clientId' | 'phoneNumber' | 'businessScopedUserId'>,
    ): Promise<ContactDoc> {
      const { phoneNumber, businessScopedUserId } = identity;
      const key = phoneNumber === undefined ? { businessScopedUserId } : { phoneNumber };
      const rest =
        phoneNumber === undefined || businessScopedUserId === undefined ? {} : { businessScopedUserId };
      return findOrInsert(contacts, { ...key, ...scope } as mongo.Filter<ContactDoc>, {
        $setOnInsert: { ...fresh, ...rest },
      });
    },

    /** Keeps a name that the person shows on WhatsApp, unless the business has given one. */
    async setNameIfMissing(scope: ClientScope, _id: Types.ObjectId, name: string): Promise<void> {
      await contacts.updateOne({ _id, name: { $exists: false }, ...scope }, { $set: { name } });
    },
  };
}
