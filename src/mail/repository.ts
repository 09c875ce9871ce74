import mongoose, { type ClientSession, type Connection, type mongo, type Types } from 'mongoose';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { outboxMailModel, type OutboxMailDoc } from './model.ts';

export type { MailKind, MailOrder, OutboxMailDoc } from './model.ts';

interface DueLine {
  readonly line: string | null;
  readonly dueAt: Date;
}

/** More lines than businesses with a due mail at the same moment. */
const maxLines = 10_000;

export type MailRepository = ReturnType<typeof createMailRepository>;

/** The outbox belongs to the platform: a password reset is requested before the caller is known to be a user. */
export function createMailRepository(connection: Connection) {
  const mails = openPlatformCollection(outboxMailModel, connection);
  return {
    async insert(mail: OutboxMailDoc, session?: ClientSession): Promise<void> {
      await mails.insertOne(mail, session === undefined ? {} : { session });
    },

    /** The lines with due mails, at a cost that depends on their number alone. */
    dueLines: (now: Date): Promise<DueLine[]> =>
      mails
        .aggregate<DueLine>([
          // The bound on the line matches all, and lets the server skip through the index.
          { $match: { line: { $gte: new mongoose.mongo.MinKey() }, nextAttemptAt: { $lte: now } } },
          { $sort: { line: 1, nextAttemptAt: 1 } },
          { $group: { _id: '$line', dueAt: { $first: '$nextAttemptAt' } } },
          { $limit: maxLines },
          { $project: { _id: 0, line: { $ifNull: ['$_id', null] }, dueAt: 1 } },
        ])
        .toArray(),

    /** Claims the mail of the line that is due first until `leaseUntil`; null if none is due. */
    claim: (line: string | null, now: Date, leaseUntil: Date): Promise<OutboxMailDoc | null> =>
      mails.findOneAndUpdate(
        { line, nextAttemptAt: { $lte: now } } as mongo.Filter<OutboxMailDoc>,
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
