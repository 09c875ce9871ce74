import type { ClientSession, Connection } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import type { Unscoped } from '../../../platform/tenant-queries.ts';
import { rememberedOptOutModel, type RememberedOptOut } from './model.ts';

export type OptOutMemoryRepository = ReturnType<typeof createOptOutMemoryRepository>;

export function createOptOutMemoryRepository(connection: Connection) {
  const memory = openTenantCollection(rememberedOptOutModel, connection);

  return {
    find: (
      scope: ClientScope,
      hashes: readonly string[],
      session?: ClientSession,
    ): Promise<RememberedOptOut[]> => memory.find(scope, { keyHash: { $in: [...hashes] } }, { session }),

    /** Replaces what is stored for these hashes, possibly by nothing. */
    async replace(
      scope: ClientScope,
      hashes: readonly string[],
      documents: readonly Unscoped<RememberedOptOut>[],
      session: ClientSession,
    ): Promise<void> {
      await memory.deleteMany(scope, { keyHash: { $in: [...hashes] } }, { session });
      await memory.insertMany(scope, documents, { session });
    },
  };
}
