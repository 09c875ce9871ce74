import type { Connection } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { managementLimitModel, type ManagementLimitDoc } from '../model.ts';

/** Meta counts over a rolling hour: older usage no longer matters. */
const keptMs = 60 * 60 * 1_000;

export function createManagementLimitRepository(connection: Connection) {
  const limits = openTenantCollection(managementLimitModel, connection);
  return {
    find: (scope: ClientScope, wabaId: string): Promise<ManagementLimitDoc | null> =>
      limits.findOne(scope, { wabaId }),

    /** Answers arrive in any order, so the latest `closedUntil` wins. */
    async recordUsage(
      scope: ClientScope,
      wabaId: string,
      usage: { readonly usedPercent: number; readonly closedUntil: Date; readonly now: Date },
    ): Promise<void> {
      const { usedPercent, closedUntil, now } = usage;
      const expiresAt = new Date(Math.max(closedUntil.getTime(), now.getTime() + keptMs));
      const update = { $set: { usedPercent }, $max: { closedUntil, expiresAt } };
      await limits.upsertOne(scope, { wabaId }, update);
    },
  };
}
