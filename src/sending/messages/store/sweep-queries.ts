import type { mongo, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { CrossingFilter } from '../../../platform/tenant-queries.ts';
import { unsentStatuses } from '../lifecycle.ts';
import type { MessageDoc } from './model.ts';

export interface SweepWindow {
  /** Younger messages are left to the request that accepted them. */
  readonly olderThan: Date;
  /** Messages that were looked at since are left alone. */
  readonly sweptBefore: Date;
  /** The last message of the batch before that had never been looked at. */
  readonly after?: Types.ObjectId | undefined;
  readonly limit: number;
}

/** What the sweep asks and notes. */
export function createSweepQueries(messages: TenantCollection<MessageDoc>) {
  return {
    /**
     * Across all tenants: messages that have not left and may lack a running workflow. First those that were never
     * looked at, whatever waits beside them; then those whose last look is the longest ago; then those that are
     * overdue and held back by nothing that we know of.
     */
    async findUnsentAcrossClients(window: SweepWindow): Promise<MessageDoc[]> {
      const { olderThan, sweptBefore, after, limit } = window;
      const unsent = { status: { $in: [...unsentStatuses] }, timestamp: { $lt: olderThan } };
      const behind = after === undefined ? {} : { _id: { $gt: after } };
      const queries: readonly [CrossingFilter<MessageDoc>, mongo.Sort][] = [
        [{ ...unsent, sweptAt: { $exists: false }, ...behind }, { _id: 1 }],
        [
          { ...unsent, sweptAt: { $lt: sweptBefore } },
          { sweptAt: 1, _id: 1 },
        ],
        [
          {
            ...unsent,
            status: 'scheduled',
            'waiting.gate': { $exists: false },
            sendAt: { $lt: olderThan },
            sweptAt: { $gte: sweptBefore, $lt: olderThan },
          },
          { sendAt: 1, _id: 1 },
        ],
      ];
      const found: MessageDoc[] = [];
      for (const [filter, sort] of queries) {
        const room = limit - found.length;
        if (room > 0) found.push(...(await messages.acrossClients.find(filter, { sort, limit: room })));
      }
      return found;
    },

    async markSwept(scope: ClientScope, _id: Types.ObjectId, now: Date): Promise<void> {
      await messages.updateOne(scope, { _id }, { $set: { sweptAt: now } });
    },
  };
}
