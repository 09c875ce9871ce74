import { effectivePresence } from './presence.ts';
import type { AgentPresenceView, AvailabilityView } from './schemas.ts';
import type { AgentStateDoc } from './use-cases.ts';

export const toAvailabilityView = (state: AgentStateDoc, now: Date): AvailabilityView => ({
  chosen: state.chosen,
  effective: effectivePresence(state, now),
  connectedUntil: state.connectedUntil?.toISOString() ?? null,
  openCount: state.openCount,
});

export const toAgentPresenceView = (state: AgentStateDoc, now: Date): AgentPresenceView => ({
  userId: state.userId.toHexString(),
  ...toAvailabilityView(state, now),
  capacity: state.capacity ?? null,
  lastAssignedAt: state.lastAssignedAt?.toISOString() ?? null,
});
