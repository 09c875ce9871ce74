import type { ClientSession, Connection, Types } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { outboxMailModel, type OutboxMailDoc } from './model.ts';

export type { MailKind, MailOrder, OutboxMailDoc } from './model.ts';

export type MailRepository = ReturnType<typeof createMailRepository>;

/** The outbox belongs to the platform: a password reset is requested before the caller is known to be a user. */
export function createMailRepository(connection: Connection) {
  const mails = openPlatformCollection(outboxMailModel, connection);
  return {
    async insert(mail: OutboxMailDoc, session?: ClientSession): Promise<void> {
      await mails.insertOne(mail, session === undefined ? {} : { session });
    },

    /** Claims the mail that is due first until `leaseUntil`; null if none is due. */
    claim: (now: Date, leaseUntil: Date): Promise<OutboxMailDoc | null> =>
      mails.findOneAndUpdate(
        { nextAttemptAt: { $lte: now } },
        { $set: { nextAttemptAt: leaseUntil }, $inc: { attempts: 1 } },
        { sort: { nextAttemptAt: 1 }, returnDocument: 'after' },
      ),

    async remove(_id: Types.ObjectId): Promise<void> {
      await mails.deleteOne({ _id });
    },

    async postpone(_id: Types.ObjectId, nextAttemptAt: Date): Promise<void> {
      await mails.updateOne({ _id }, { $set: { nextAttemptAt } });
    },

    async giveUp(_id: Types.ObjectId, failedAt: Date): Promise<void> {
      await mails.updateOne({ _id }, { $set: { failedAt }, $unset: { nextAttemptAt: '' } });
    },
  };
}
