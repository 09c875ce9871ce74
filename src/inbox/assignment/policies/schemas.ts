import { z } from 'zod';
import { objectIdText } from '../../../platform/fields.ts';
import { LineText, notEmpty } from '../../../platform/text-fields.ts';
import { maxRecent } from '../agents/model.ts';
import { assignmentMethods, maxPriority, queueOrders } from './model.ts';

const maxChannels = 50;
const maxAgents = 100;
const maxLabels = 20;
const daySeconds = 24 * 60 * 60;

export const AssignmentMethod = z.enum(assignmentMethods).meta({
  id: 'AssignmentMethod',
  description:
    '`round-robin`: who got none for longest. `least-loaded`: who has fewest open conversations. `manual`: agents take them',
});

const QueueOrder = z.enum(queueOrders).meta({
  id: 'QueueOrder',
  description: '`longest-waiting` goes by the wait of the contact, `earliest-created` by the conversation',
});

const about = {
  priority: 'The first policy that matches counts, in this order; 1 comes first. Unique in the business.',
  agentIds: 'Who may get these conversations; an empty list means everybody, or the team',
  teamId: 'Instead of `agentIds`: the active members of this team; null for none',
  capacity: 'An agent gets no more while they have so many open conversations, by whatever way',
  fairLimit: 'The most automatic assignments that one agent gets in any such period',
  isSticky: 'A reopened conversation goes to its last agent, if they are online and have room',
  returnAfter: 'Without an answer by then, a conversation returns to the queue; null never returns it',
  grace: 'How long an agent is offline before unanswered conversations return to the queue',
  returnsAnswered: 'Then answered conversations return, too',
  maxAge:
    'Conversations without a message for so long are not assigned, unless a snooze ended; null assigns any',
  excludedLabels: 'Conversations with one of these labels are not assigned',
  channelIds: 'Only conversations on these channels; an empty list matches all',
};

const FairLimitInput = z
  .strictObject({ count: z.int().min(1).max(maxRecent), perSeconds: z.int().min(60).max(daySeconds) })
  .meta({ id: 'FairLimitInput' });

const priority = z.int().min(1).max(maxPriority).meta({ description: about.priority });
const channelIds = z.array(objectIdText).max(maxChannels);
const agentIds = z.array(objectIdText).max(maxAgents);
const capacity = z.int().min(1).max(1_000);
const returnAfterSeconds = z.int().min(60).max(daySeconds);
const offlineGraceSeconds = z.int().min(10).max(daySeconds);
const maxAgeHours = z
  .int()
  .min(1)
  .max(24 * 90);
const excludedLabels = z.array(objectIdText).max(maxLabels);

export const CreateAssignmentPolicyBody = z
  .strictObject({
    name: LineText,
    priority,
    channelIds: channelIds.default([]).meta({ description: about.channelIds }),
    agentIds: agentIds.default([]).meta({ description: about.agentIds }),
    teamId: objectIdText.exactOptional().meta({ description: about.teamId }),
    method: AssignmentMethod.default('least-loaded'),
    order: QueueOrder.default('longest-waiting'),
    capacity: capacity.default(10).meta({ description: about.capacity }),
    fairLimit: FairLimitInput.default({ count: 100, perSeconds: 3_600 }).meta({
      description: about.fairLimit,
    }),
    isSticky: z.boolean().default(true).meta({ description: about.isSticky }),
    returnAfterSeconds: returnAfterSeconds.exactOptional().meta({ description: about.returnAfter }),
    offlineGraceSeconds: offlineGraceSeconds.default(120).meta({ description: about.grace }),
    returnsAnswered: z.boolean().default(false).meta({ description: about.returnsAnswered }),
    maxAgeHours: maxAgeHours.exactOptional().meta({ description: about.maxAge }),
    excludedLabels: excludedLabels.default([]).meta({ description: about.excludedLabels }),
  })
  .meta({
    id: 'CreateAssignmentPolicyBody',
    examples: [{ name: 'Everybody', priority: 10, method: 'least-loaded', returnAfterSeconds: 900 }],
  });
export type CreateAssignmentPolicyBody = z.output<typeof CreateAssignmentPolicyBody>;

export const PatchAssignmentPolicyBody = z
  .strictObject({
    name: LineText.exactOptional(),
    priority: priority.exactOptional(),
    channelIds: channelIds.exactOptional().meta({ description: about.channelIds }),
    agentIds: agentIds.exactOptional().meta({ description: about.agentIds }),
    teamId: objectIdText.nullable().exactOptional().meta({ description: about.teamId }),
    method: AssignmentMethod.exactOptional(),
    order: QueueOrder.exactOptional(),
    capacity: capacity.exactOptional().meta({ description: about.capacity }),
    fairLimit: FairLimitInput.exactOptional().meta({ description: about.fairLimit }),
    isSticky: z.boolean().exactOptional().meta({ description: about.isSticky }),
    returnAfterSeconds: returnAfterSeconds
      .nullable()
      .exactOptional()
      .meta({ description: about.returnAfter }),
    offlineGraceSeconds: offlineGraceSeconds.exactOptional().meta({ description: about.grace }),
    returnsAnswered: z.boolean().exactOptional().meta({ description: about.returnsAnswered }),
    maxAgeHours: maxAgeHours.nullable().exactOptional().meta({ description: about.maxAge }),
    excludedLabels: excludedLabels.exactOptional().meta({ description: about.excludedLabels }),
  })
  .refine(...notEmpty)
  .meta({ id: 'UpdateAssignmentPolicyBody', examples: [{ capacity: 5 }] });

const policyExample = {
  ...{ id: '665f1f77bcf86cd799439041', name: 'Everybody', priority: 10, channelIds: [] },
  ...{ agentIds: [], teamId: null, method: 'least-loaded', order: 'longest-waiting', capacity: 10 },
  ...{ fairLimit: { count: 100, perSeconds: 3_600 }, isSticky: true, returnAfterSeconds: 900 },
  ...{ offlineGraceSeconds: 120, returnsAnswered: false, maxAgeHours: null, excludedLabels: [] },
  createdAt: '2026-11-23T09:00:00.000Z',
} as const;

export const AssignmentPolicyView = z
  .object({
    id: z.string(),
    name: z.string(),
    priority: z.int().meta({ description: about.priority }),
    channelIds: z.array(z.string()).meta({ description: about.channelIds }),
    agentIds: z.array(z.string()).meta({ description: about.agentIds }),
    teamId: z.string().nullable().meta({ description: about.teamId }),
    method: AssignmentMethod,
    order: QueueOrder,
    capacity: z.int().meta({ description: about.capacity }),
    fairLimit: z.object({ count: z.int(), perSeconds: z.int() }).meta({ id: 'FairLimit' }),
    isSticky: z.boolean().meta({ description: about.isSticky }),
    returnAfterSeconds: z.int().nullable().meta({ description: about.returnAfter }),
    offlineGraceSeconds: z.int().meta({ description: about.grace }),
    returnsAnswered: z.boolean().meta({ description: about.returnsAnswered }),
    maxAgeHours: z.int().nullable().meta({ description: about.maxAge }),
    excludedLabels: z.array(z.string()).meta({ description: about.excludedLabels }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'AssignmentPolicy', examples: [policyExample] });
export type AssignmentPolicyView = z.input<typeof AssignmentPolicyView>;

export const AssignmentPolicyList = z.object({ items: z.array(AssignmentPolicyView) }).meta({
  id: 'AssignmentPolicyList',
  description: 'All assignment policies, in order of their priority',
  examples: [{ items: [policyExample] }],
});
