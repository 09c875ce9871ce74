import type { ClientSession, Connection } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { inboxSettingsModel, type InboxSettingsDoc } from './model.ts';

export type { InboxSettingsDoc } from './model.ts';

export type InboxSettingsRepository = ReturnType<typeof createInboxSettingsRepository>;

export function createInboxSettingsRepository(connection: Connection) {
  const settings = openTenantCollection(inboxSettingsModel, connection);
  return {
    find: (scope: ClientScope, session?: ClientSession): Promise<InboxSettingsDoc | null> =>
      settings.findOne(scope, {}, { session }),

    /** Stores `next`; false if another change came first. */
    replace: (
      scope: ClientScope,
      current: InboxSettingsDoc,
      next: InboxSettingsDoc,
      session: ClientSession,
    ): Promise<boolean> => settings.insertOrReplaceVersioned(scope, current, next, session),
  };
}
