import type { Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { contactModel, type ContactDoc, type NumberSuspicion } from './model.ts';

/** The number of a contact at the time of a message. */
export interface ContactNumber {
  readonly contactId: Types.ObjectId;
  readonly phoneNumber: string;
}

export type SuspectContact = Pick<ContactDoc, '_id' | 'clientId' | 'phoneNumber' | 'numberSuspect'>;

export type SuspectRepository = ReturnType<typeof createSuspectRepository>;

/** Writes of the suspect mark. Each increments the version, so that a concurrent change of the contact starts again. */
export function createSuspectRepository(connection: Connection) {
  const contacts = openTenantCollection(contactModel, connection);
  return {
    /** Marks the number, if the contact still has it and has no later mark. Idempotent. */
    async mark(
      scope: ClientScope,
      { contactId: _id, phoneNumber }: ContactNumber,
      { numberSuspect, now }: { numberSuspect: NumberSuspicion; now: Date },
    ): Promise<void> {
      const earlier = [
        { numberSuspect: { $exists: false } },
        { 'numberSuspect.at': { $lt: numberSuspect.at } },
      ];
      await contacts.updateOne(
        scope,
        { _id, phoneNumber, $or: earlier },
        { $set: { numberSuspect, updatedAt: now }, $inc: { version: 1 } },
      );
    },

    /** Removes the mark, unless it is later than the proof. */
    async clear(
      scope: ClientScope,
      { contactId: _id, phoneNumber }: ContactNumber,
      { provenAt, now }: { provenAt: Date; now: Date },
    ): Promise<void> {
      await contacts.updateOne(
        scope,
        { _id, phoneNumber, 'numberSuspect.at': { $lte: provenAt } },
        { $unset: { numberSuspect: '' }, $set: { updatedAt: now }, $inc: { version: 1 } },
      );
    },

    /** Across all tenants: the contacts whose mark is due for review. */
    findDueAcrossClients: (now: Date, atMost: number): Promise<SuspectContact[]> =>
      contacts.acrossClients.find<SuspectContact>(
        { 'numberSuspect.reviewAt': { $lte: now } },
        { limit: atMost, projection: { clientId: 1, phoneNumber: 1, numberSuspect: 1 } },
      ),

    /** Sets the time of the next review, or none for null; false if another worker has taken this one. */
    async take(
      scope: ClientScope,
      _id: Types.ObjectId,
      { reviewAt, next }: { reviewAt: Date; next: Date | null },
    ): Promise<boolean> {
      const { matchedCount } = await contacts.updateOne(
        scope,
        { _id, 'numberSuspect.reviewAt': reviewAt },
        next === null
          ? { $unset: { 'numberSuspect.reviewAt': '' } }
          : { $set: { 'numberSuspect.reviewAt': next }, $inc: { 'numberSuspect.reviews': 1 } },
      );
      return matchedCount === 1;
    },
  };
}
