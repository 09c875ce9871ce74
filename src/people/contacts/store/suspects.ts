import type { Connection, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { contactModel, type ContactDoc, type NumberSuspicion } from './model.ts';

/** The number of a contact, as a message was sent to it. */
export interface ContactNumber {
  readonly contactId: Types.ObjectId;
  readonly phoneNumber: string;
}

export type SuspectContact = Pick<ContactDoc, '_id' | 'clientId' | 'phoneNumber' | 'numberSuspect'>;

export type SuspectRepository = ReturnType<typeof createSuspectRepository>;

/** Who changes a contact at the same moment reads it again: each of these writes counts its version. */
export function createSuspectRepository(connection: Connection) {
  const contacts = openTenantCollection(contactModel, connection);
  return {
    /** Marks a number that the contact still has, unless a later word says the same; may be repeated. */
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

    /** Takes the mark away, if it is not of a later time than the proof. */
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

    /** Across all tenants: whose mark is to be compared again with what has come since. */
    findDueAcrossClients: (now: Date, atMost: number): Promise<SuspectContact[]> =>
      contacts.acrossClients.find<SuspectContact>(
        { 'numberSuspect.reviewAt': { $lte: now } },
        { limit: atMost, projection: { clientId: 1, phoneNumber: 1, numberSuspect: 1 } },
      ),

    /** Sets the time of the look after this one, none for null; false when another worker was faster. */
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
