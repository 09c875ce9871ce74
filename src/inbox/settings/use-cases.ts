import { createResource } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { applyChange } from '../../platform/update.ts';
import type { InboxSettingsReader } from './reader.ts';
import type { InboxSettingsDoc, InboxSettingsRepository } from './repository.ts';
import type { PatchInboxSettingsBody } from './schemas.ts';

export type { InboxSettingsDoc } from './repository.ts';

export interface InboxSettingsDeps {
  readonly settings: InboxSettingsRepository;
  readonly readSettings: InboxSettingsReader;
  readonly audit: AuditService;
}

export type InboxSettingsUseCases = ReturnType<typeof createInboxSettingsUseCases>;

/** The settings of the inbox: one object per client, which every user reads and admins change. */
export function createInboxSettingsUseCases({ settings, readSettings, audit }: InboxSettingsDeps) {
  const resource = createResource<InboxSettingsDoc>(audit, {
    type: 'inbox-settings',
    noun: 'inbox settings',
    find: (scope, _id, session) => readSettings(scope, session),
    replace: settings.replace,
    auditedFieldsOf: ({ reopenWithinHours }) => ({ reopenWithinHours }),
    targetOf: ({ clientId: id }) => ({ type: 'client', id }),
  });
  return {
    get: (scope: ClientScope): Promise<InboxSettingsDoc> => readSettings(scope),

    update: (
      scope: ClientScope,
      by: AuditActor,
      version: number | undefined,
      body: PatchInboxSettingsBody,
    ): Promise<InboxSettingsDoc> =>
      resource.change(
        scope,
        by,
        { id: scope.clientId, version },
        { action: 'inbox-settings.updated', decide: (current) => applyChange(current, body) },
      ),
  };
}
