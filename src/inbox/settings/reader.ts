import type { ClientSession } from 'mongoose';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { InboxSettingsDoc, InboxSettingsRepository } from './repository.ts';

export type { SatisfactionSurvey } from './model.ts';

export type InboxSettingsReader = ReturnType<typeof createInboxSettingsReader>;

const defaults = { reopenWithinHours: 7 * 24, autoCloseAfterHours: 0, shareReadMarks: true } as const;

export const createInboxSettingsReader =
  (settings: Pick<InboxSettingsRepository, 'find'>) =>
  /** The stored settings, or the defaults. */
  async (scope: ClientScope, session?: ClientSession): Promise<InboxSettingsDoc> => ({
    ...{ _id: newId(), clientId: scope.clientId, version: 0 },
    ...defaults,
    // Settings of earlier versions lack later fields.
    ...(await settings.find(scope, session)),
  });
