import type { ClientSession } from 'mongoose';
import { createResource, type Written } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { type Recorded, writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { applyChange } from '../../platform/update.ts';
import type { InboxSettingsReader } from './reader.ts';
import type { SatisfactionSurvey } from './model.ts';
import type { InboxSettingsDoc, InboxSettingsRepository } from './repository.ts';
import type { PatchInboxSettingsBody } from './schemas.ts';

export type { InboxSettingsDoc } from './repository.ts';

/** What follows a change of the settings, in its transaction. */
export type FollowSettings = (
  scope: ClientScope,
  change: Written<InboxSettingsDoc>,
  session: ClientSession,
) => Promise<void>;

export interface InboxSettingsDeps {
  readonly settings: InboxSettingsRepository;
  readonly readSettings: InboxSettingsReader;
  readonly follow: FollowSettings;
  readonly audit: AuditService;
}

export type InboxSettingsUseCases = ReturnType<typeof createInboxSettingsUseCases>;

/** The settings of the inbox: one object per client, which every user reads and admins change. */
export function createInboxSettingsUseCases({ settings, readSettings, follow, audit }: InboxSettingsDeps) {
  const resource = createResource<InboxSettingsDoc>(audit, {
    type: 'inbox-settings',
    noun: 'inbox settings',
    find: (scope, _id, session) => readSettings(scope, session),
    replace: settings.replace,
    auditedFieldsOf: settingsOf,
    targetOf: ({ clientId: id }) => ({ type: 'client', id }),
    eventOf: settingsEventOf,
    afterChange: follow,
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

/** What people see of the settings. */
export const settingsOf = (settings: InboxSettingsDoc) => {
  const { reopenWithinHours, autoCloseAfterHours, shareReadMarks, satisfactionSurvey } = settings;
  return {
    ...{ reopenWithinHours, autoCloseAfterHours, shareReadMarks },
    satisfactionSurvey: satisfactionSurvey === undefined ? null : surveyOf(satisfactionSurvey),
  };
};

const surveyOf = ({ question, buttonLabel, labels, commentQuestion, thanks }: SatisfactionSurvey) => ({
  ...{ question, buttonLabel, labels: labels === null ? null : [...labels], commentQuestion, thanks },
});

/** The live event of a change. A business has one object, so its own id stands for it. */
function settingsEventOf(written: Recorded<InboxSettingsDoc>): NewEvent {
  const { doc, version } = writtenTo(written);
  return {
    type: 'inbox-settings.updated',
    entity: { type: 'inbox-settings', id: doc.clientId },
    version,
    view: settingsOf(doc),
  };
}
