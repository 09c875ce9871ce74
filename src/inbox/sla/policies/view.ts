import type { SlaPolicyView } from './schemas.ts';
import type { SlaPolicyDoc } from './use-cases.ts';

export const toSlaPolicyView = (policy: SlaPolicyDoc): SlaPolicyView => ({
  id: policy._id.toHexString(),
  name: policy.name,
  priority: policy.priority,
  match: { channelIds: policy.match.channelIds.map((id) => id.toHexString()) },
  firstResponseSeconds: policy.firstResponseSeconds ?? null,
  nextResponseSeconds: policy.nextResponseSeconds ?? null,
  resolutionSeconds: policy.resolutionSeconds ?? null,
  warnAt: policy.warnAt ?? null,
  businessHoursId: policy.businessHoursId?.toHexString() ?? null,
  createdAt: policy.createdAt.toISOString(),
});
