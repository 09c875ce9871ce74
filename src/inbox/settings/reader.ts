import type { ClientSession } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { InboxSettingsDoc, InboxSettingsRepository } from './repository.ts';

export type InboxSettingsReader = ReturnType<typeof createInboxSettingsReader>;

const defaultReopenWithinHours = 7 * 24;

export const createInboxSettingsReader =
  (settings: Pick<InboxSettingsRepository, 'find'>) =>
  /** The stored settings, or the defaults. */
  async (scope: ClientScope, session?: ClientSession): Promise<InboxSettingsDoc> =>
    (await settings.find(scope, session)) ?? {
      _id: newId(),
      clientId: scope.clientId,
      reopenWithinHours: defaultReopenWithinHours,
      version: 0,
    };
