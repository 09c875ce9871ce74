import type { mongo, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { CrossingFilter } from '../../../platform/tenant-queries.ts';
import { unsentStatuses } from '../lifecycle.ts';
import type { MessageDoc } from './model.ts';

export interface SweepWindow {
  /** Younger messages are left to the request that accepted them. */
  readonly olderThan: Date;
  /** Messages swept since then are skipped. */
  readonly sweptBefore: Date;
  /** The last never-swept message of the previous batch. */
  readonly after?: Types.ObjectId | undefined;
  readonly limit: number;
}

/** The queries of the sweep. */
export function createSweepQueries(messages: TenantCollection<MessageDoc>) {
  return {
    /**
     * Across all tenants: unsent messages that may lack a running workflow. First those never swept, then those swept
     * longest ago, then overdue scheduled ones that no gate holds.
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
