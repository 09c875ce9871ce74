import { createResource, type Change, type Resource } from '../audit/resource.ts';
import type { AuditService } from '../audit/service.ts';
import { type Recorded, writtenTo } from '../audit/written.ts';
import type { NewEvent } from '../events/declare.ts';
import type { GateOpenings } from '../openings/openings.ts';
import { applyChange } from '../platform/update.ts';
import { endsTemplateWait, type TemplateChanges } from './rules.ts';
import type { TemplateDoc, TemplateRepository } from './store/repository.ts';

export interface TemplateChangeDeps {
  readonly templates: TemplateRepository;
  readonly audit: AuditService;
  /** Records in the same transaction that messages held for the template must check again. */
  readonly openings: GateOpenings;
}

export type TemplateResource = Resource<TemplateDoc>;

export const createTemplateResource = (
  { templates, audit, openings }: TemplateChangeDeps,
  forget: (template: TemplateDoc) => void,
): TemplateResource =>
  createResource<TemplateDoc>(audit, {
    type: 'template',
    find: templates.findById,
    insert: (scope, fresh, session) => templates.insertMany(scope, [fresh], session),
    replace: templates.replace,
    remove: templates.delete,
    auditedFieldsOf: ({ _id, clientId: _clientId, createdAt: _createdAt, ...fields }) => fields,
    eventOf: templateEventOf,
    async afterChange(scope, { before, after }, session) {
      if (!endsTemplateWait(before.status, after.status)) return;
      const { channelId, name, language } = after;
      await openings.opened(scope, { gate: 'template', channelId, templateName: name, language }, session);
    },
    forget,
  });

/** The live event of a write. */
export function templateEventOf(written: Recorded<TemplateDoc>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  const { channelId, name, language, status, category } = doc;
  return {
    type: `template.${verb}`,
    entity: { type: 'template', id: doc._id },
    version,
    view: { channelId: channelId.toHexString(), name, language, status, category },
  };
}

/** A change decided on the stored template; null changes nothing. */
export const templateChange = (
  action: string,
  decide: (current: TemplateDoc) => TemplateChanges | null,
): Change<TemplateDoc> => ({
  action,
  decide: (current) => applyChange(current, decide(current) ?? {}),
});
