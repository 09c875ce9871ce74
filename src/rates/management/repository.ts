import type { Connection, mongo } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { isDuplicateKey } from '../../platform/mongo.ts';
import { managementLimitModel, type ManagementLimitDoc } from '../model.ts';

/** Meta counts over one hour: what was learned before says nothing any more. */
const keptMs = 60 * 60 * 1_000;

export function createManagementLimitRepository(connection: Connection) {
  const limits = managementLimitModel(connection)
    .collection as unknown as mongo.Collection<ManagementLimitDoc>;
  return {
    find: (scope: ClientScope, wabaId: string): Promise<ManagementLimitDoc | null> =>
      limits.findOne({ wabaId, ...scope }),

    /** Answers come in any order, so a later end of the wait stays. */
    async recordUsage(
      scope: ClientScope,
      wabaId: string,
      lesson: { readonly usedPercent: number; readonly closedUntil: Date; readonly now: Date },
    ): Promise<void> {
      const { usedPercent, closedUntil, now } = lesson;
      const expiresAt = new Date(Math.max(closedUntil.getTime(), now.getTime() + keptMs));
      const write = () =>
        limits.updateOne(
          { wabaId, ...scope },
          { $set: { usedPercent }, $max: { closedUntil, expiresAt } },
          { upsert: true },
        );
      await write().catch((error: unknown) => {
        // Somebody else has made it at the same time: now it is there.
        if (isDuplicateKey(error)) return write();
        throw error;
      });
    },
  };
}
