import { toAdReferralView } from './ad-referral.ts';
import type { LeadDoc } from './use-cases.ts';
import type { LeadView } from './schemas.ts';

export const toLeadView = (lead: LeadDoc): LeadView => ({
  id: lead._id.toHexString(),
  contactId: lead.contactId.toHexString(),
  phoneNumber: lead.phoneNumber ?? null,
  name: lead.name ?? null,
  username: lead.username ?? null,
  optInStatus: lead.optInStatus,
  stage: lead.stage,
  tags: [...lead.tags],
  assignedAgentId: lead.assignedAgentId?.toHexString() ?? null,
  source: toAdReferralView(lead.source),
  createdAt: lead.createdAt.toISOString(),
  updatedAt: lead.updatedAt.toISOString(),
});
