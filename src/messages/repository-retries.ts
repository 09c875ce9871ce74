import type { mongo, Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import type { MessageDoc } from './model.ts';

/** Which failed or unknown messages are meant. */
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

/** Messages that were made in place of others. */
export const createRetryQueries = (messages: mongo.Collection<MessageDoc>) => ({
  findRetryOf: (scope: ClientScope, retryOf: Types.ObjectId): Promise<MessageDoc | null> =>
    messages.findOne({ retryOf, ...scope }),

  async markRetried(scope: ClientScope, _id: Types.ObjectId, retriedBy: Types.ObjectId): Promise<void> {
    await messages.updateOne({ _id, ...scope }, { $set: { retriedBy } });
  },

  /** Outbound messages that match and in whose place none was made, oldest first. */
  findUnretried: (
    scope: ClientScope,
    { status, class: failureClass, code, channelId, templateName, since, until }: FailedFilter,
    limit: number,
  ): Promise<MessageDoc[]> =>
    messages
      .find({
        status,
        retriedBy: { $exists: false },
        ...(failureClass === undefined ? {} : { 'failure.class': failureClass }),
        ...(code === undefined ? {} : { 'failure.code': code }),
        ...(channelId === undefined ? {} : { channelId }),
        ...(templateName === undefined ? {} : { templateName }),
        ...(since === undefined && until === undefined
          ? {}
          : {
              timestamp: {
                ...(since === undefined ? {} : { $gte: since }),
                ...(until === undefined ? {} : { $lt: until }),
              },
            }),
        ...scope,
      })
      .sort({ timestamp: 1, _id: 1 })
      .limit(limit)
      .toArray(),
});
