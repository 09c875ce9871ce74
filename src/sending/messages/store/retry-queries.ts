import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Cursor } from '../../../platform/pagination.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import type { MessageDoc } from './model.ts';

/** Selects failed or unknown messages. */
export interface FailedFilter {
  readonly status: 'failed' | 'unknown';
  /** The class of the failure, as docs/provider-errors.md names it. */
  readonly class?: string;
  readonly code?: string;
  readonly channelId?: Types.ObjectId;
  readonly templateName?: string;
  readonly since?: Date;
  readonly until?: Date;
}

/** The bound outside the $or lets one index serve filter and order. */
const laterOf = (since: Date | undefined, after: Date | undefined): Date | undefined =>
  since !== undefined && after !== undefined && after > since ? after : (since ?? after);

const acceptedBetween = (since: Date | undefined, until: Date | undefined): ScopedFilter<MessageDoc> =>
  since === undefined && until === undefined
    ? {}
    : {
        timestamp: {
          ...(since === undefined ? {} : { $gte: since }),
          ...(until === undefined ? {} : { $lt: until }),
        },
      };

/** Retries: messages that replace others. */
export const createRetryQueries = (messages: TenantCollection<MessageDoc>) => ({
  findRetryOf: (scope: ClientScope, retryOf: Types.ObjectId): Promise<MessageDoc | null> =>
    messages.findOne(scope, { retryOf }),

  /**
   * Stores a retry, and names it in `retriedBy` of the original. Throws a duplicate key error if the original was
   * retried before.
   */
  async insertRetry(
    scope: ClientScope,
    fresh: MessageDoc & Required<Pick<MessageDoc, 'retryOf'>>,
    session: ClientSession,
  ): Promise<void> {
    await messages.insertOne(scope, fresh, { session });
    const retriedBy = fresh._id;
    await messages.updateOne(scope, { _id: fresh.retryOf }, { $set: { retriedBy } }, { session });
  },

  /** Matching messages that were not retried, oldest first; `after` is the last item of the previous page. */
  findUnretried: (
    scope: ClientScope,
    { status, class: failureClass, code, channelId, templateName, since, until }: FailedFilter,
    { after, limit }: { after: Cursor<Date> | null; limit: number },
  ): Promise<MessageDoc[]> =>
    messages.find(
      scope,
      {
        status,
        retriedBy: { $exists: false },
        senderType: { $ne: 'phone' },
        // A person may retry one of a survey by its id, but not all of them by the way.
        survey: { $exists: false },
        ...(failureClass === undefined ? {} : { 'failure.class': failureClass }),
        ...(code === undefined ? {} : { 'failure.code': code }),
        ...(channelId === undefined ? {} : { channelId }),
        ...(templateName === undefined ? {} : { templateName }),
        ...acceptedBetween(laterOf(since, after?.key), until),
        ...(after === null
          ? {}
          : {
              $or: [{ timestamp: { $gt: after.key } }, { timestamp: after.key, _id: { $gt: after.id } }],
            }),
      },
      { sort: { timestamp: 1, _id: 1 }, limit },
    ),
});
