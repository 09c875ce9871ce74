import type { Connection, mongo } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { passingEventModel, type PassingEventDoc } from './model.ts';

export type { PassingEventDoc } from './model.ts';

export type PassingEventRepository = ReturnType<typeof createPassingEventRepository>;

export function createPassingEventRepository(connection: Connection) {
  const events = openTenantCollection(passingEventModel, connection);
  return {
    insert: (scope: ClientScope, event: PassingEventDoc): Promise<void> => events.insertOne(scope, event),

    /** Each process follows them for its own streams. */
    watchNewAcrossClients: (): mongo.ChangeStream =>
      events.acrossClients.watch([{ $match: { operationType: 'insert' } }]),
  };
}
