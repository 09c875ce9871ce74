import { z } from 'zod';
import { presences } from './presence.ts';

export const Presence = z.enum(presences).meta({
  id: 'Presence',
  description:
    '`away` keeps what the agent has, and gets nothing more; `offline` also gives it back after a while',
});

export const ChooseAvailabilityBody = z
  .strictObject({ chosen: Presence })
  .meta({ id: 'ChooseAvailabilityBody', examples: [{ chosen: 'online' }] });

const connectedUntil = z.iso.datetime().nullable().meta({
  description:
    'A stream of live events or a heartbeat moves it forward by a minute. Whoever is not connected is offline',
});

const availabilityExample = {
  ...{ chosen: 'online', effective: 'online', connectedUntil: '2026-11-23T09:01:00.000Z', openCount: 3 },
} as const;

const fields = {
  chosen: Presence,
  effective: Presence.meta({ description: 'What counts for assignment' }),
  connectedUntil,
  openCount: z.int().meta({ description: 'Open conversations that are assigned to the user' }),
};

export const AvailabilityView = z
  .object(fields)
  .meta({ id: 'Availability', examples: [availabilityExample] });
export type AvailabilityView = z.input<typeof AvailabilityView>;

const agentExample = {
  ...{ userId: '665f1c2ab7e4d3a9c8b01234', ...availabilityExample, capacity: null },
  lastAssignedAt: '2026-11-23T08:59:00.000Z',
};

const maxCapacity = 1_000;
const aboutCapacity =
  'Of this and the capacity of the policy, the smaller one counts; null leaves it to the policy';

export const ReplaceCapacityBody = z
  .strictObject({
    capacity: z.int().min(0).max(maxCapacity).nullable().meta({ description: aboutCapacity }),
  })
  .meta({ id: 'ReplaceAgentCapacityBody', examples: [{ capacity: 3 }] });

export const AgentPresenceView = z
  .object({
    userId: z.string(),
    ...fields,
    capacity: z.int().nullable().meta({ description: aboutCapacity }),
    lastAssignedAt: z.iso.datetime().nullable().meta({ description: 'The latest automatic assignment' }),
  })
  .meta({ id: 'AgentPresence', examples: [agentExample] });
export type AgentPresenceView = z.input<typeof AgentPresenceView>;

export const AgentPresenceList = z.object({ items: z.array(AgentPresenceView) }).meta({
  id: 'AgentPresenceList',
  description: 'Users who have chosen an availability, or have had a conversation',
  examples: [{ items: [agentExample] }],
});
