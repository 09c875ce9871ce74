import type { ClientSession, Connection } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { type OutboxEventDoc, outboxEventModel } from './model.ts';

export type { OutboxEventDoc } from './model.ts';

export type OutboxRepository = ReturnType<typeof createOutboxRepository>;

export function createOutboxRepository(connection: Connection) {
  const events = openTenantCollection(outboxEventModel, connection);
  return {
    insertMany: (
      scope: ClientScope,
      documents: readonly OutboxEventDoc[],
      session: ClientSession,
    ): Promise<void> => events.insertMany(scope, documents, { session }),
  };
}
