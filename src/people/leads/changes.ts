import type { Types } from 'mongoose';
import { type Recorded, writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import type { LeadDoc } from './repository.ts';
import type { LeadStage } from './rules.ts';

/** Changes of the lead's own fields: a value sets, null clears, a missing field stays. */
export interface LeadChanges {
  readonly stage?: LeadStage | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly assignedAgentId?: Types.ObjectId | null | undefined;
}

/** The lead after the changes; the same object if nothing differs. */
export function applyLeadChanges(lead: LeadDoc, changes: LeadChanges, at: Date): LeadDoc {
  const { assignedAgentId: current, ...rest } = lead;
  const assigned = changes.assignedAgentId === undefined ? current : (changes.assignedAgentId ?? undefined);
  const next: LeadDoc = {
    ...rest,
    stage: changes.stage ?? lead.stage,
    tags: changes.tags ?? lead.tags,
    ...(assigned === undefined ? {} : { assignedAgentId: assigned }),
  };
  if (JSON.stringify(auditedFieldsOf(next)) === JSON.stringify(auditedFieldsOf(lead))) return lead;
  return { ...next, updatedAt: at };
}

/** The audited fields of a lead. Phone, name and consent are audited with its contact. */
export const auditedFieldsOf = ({ contactId, stage, tags, assignedAgentId }: LeadDoc) => ({
  contactId,
  stage,
  tags,
  assignedAgentId: assignedAgentId ?? null,
});

export function leadEventOf(written: Recorded<LeadDoc>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  return {
    type: `lead.${verb}`,
    entity: { type: 'lead', id: doc._id },
    version,
    view: {
      contactId: doc.contactId.toHexString(),
      stage: doc.stage,
      assignedAgentId: doc.assignedAgentId?.toHexString() ?? null,
    },
  };
}
