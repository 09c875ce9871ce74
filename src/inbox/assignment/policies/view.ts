import type { AssignmentPolicyView } from './schemas.ts';
import type { AssignmentPolicyDoc } from './use-cases.ts';

const hex = (ids: AssignmentPolicyDoc['agentIds']): string[] => ids.map((id) => id.toHexString());

export const toAssignmentPolicyView = (policy: AssignmentPolicyDoc): AssignmentPolicyView => ({
  id: policy._id.toHexString(),
  name: policy.name,
  priority: policy.priority,
  channelIds: hex(policy.channelIds),
  agentIds: hex(policy.agentIds),
  teamId: policy.teamId?.toHexString() ?? null,
  method: policy.method,
  order: policy.order,
  capacity: policy.capacity,
  fairLimit: { count: policy.fairLimit.count, perSeconds: policy.fairLimit.perSeconds },
  isSticky: policy.isSticky,
  returnAfterSeconds: policy.returnAfterSeconds ?? null,
  offlineGraceSeconds: policy.offlineGraceSeconds,
  returnsAnswered: policy.returnsAnswered,
  maxAgeHours: policy.maxAgeHours ?? null,
  excludedLabels: hex(policy.excludedLabels),
  createdAt: policy.createdAt.toISOString(),
});
