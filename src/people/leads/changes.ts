import type { Types } from 'mongoose';
import type { LeadDoc } from './repository.ts';
import type { LeadStage } from './rules.ts';

/** Fields of the lead itself: a value sets, null clears, a missing one stays. */
export interface LeadChanges {
  readonly stage?: LeadStage | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly assignedAgentId?: Types.ObjectId | null | undefined;
}

/** The lead after the changes; the lead itself when nothing differs. */
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

/** What the audit records of a lead. Phone, name and consent are in the events of its contact. */
export const auditedFieldsOf = ({ contactId, stage, tags, assignedAgentId }: LeadDoc) => ({
  contactId,
  stage,
  tags,
  assignedAgentId: assignedAgentId ?? null,
});
