import { z } from 'zod';
import { route } from '../../../http/route.ts';
import { openEnum } from '../../../platform/fields.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import { AssignmentMethod } from '../policies/schemas.ts';
import { type ListQueues, maxCounted, type QueueState } from './queues.ts';

const QueueView = z
  .object({
    policyId: z.string(),
    name: z.string(),
    method: AssignmentMethod,
    length: z.int().meta({ description: `Conversations that wait; ${maxCounted} means so many or more` }),
    oldestSince: z.iso.datetime().nullable().meta({ description: 'Since when the first one waits' }),
    agentsOnline: z.int(),
    freeSlots: z.int().meta({
      description:
        'Until all are full by `capacity`; with the obstacle `fair-limit` they get none of these yet',
    }),
    obstacle: openEnum(['manual', 'nobody-online', 'nobody-free', 'fair-limit']).nullable().meta({
      id: 'QueueObstacle',
      description:
        'Why the first one waits; null if it is about to be assigned. `nobody-free`: everybody online is full. `fair-limit`: everybody with room has had as many as the `fairLimit` of the policy allows in its period. Later versions may have more',
    }),
  })
  .meta({ id: 'Queue' });

const QueueList = z.object({ items: z.array(QueueView) }).meta({
  id: 'QueueList',
  description: 'One for each assignment policy, in order of their priority',
  examples: [
    {
      items: [
        {
          ...{ policyId: '665f1f77bcf86cd799439041', name: 'Everybody', method: 'least-loaded', length: 4 },
          ...{ oldestSince: '2026-11-23T08:41:00.000Z', agentsOnline: 2, freeSlots: 0 },
          obstacle: 'nobody-free',
        },
      ],
    },
  ],
});

const toView = ({ policy, oldestSince, ...state }: QueueState): z.input<typeof QueueView> => ({
  ...{ policyId: policy._id.toHexString(), name: policy.name, method: policy.method, ...state },
  oldestSince: oldestSince?.toISOString() ?? null,
});

export const queueRoutes = ({ listQueues }: { readonly listQueues: ListQueues }) => [
  route({
    method: 'get',
    path: '/api/queues',
    operationId: 'listQueues',
    summary: 'List the queues of conversations',
    description: 'How many conversations wait for an agent under each assignment policy, and why.',
    tag: 'Assignment',
    access: ['admin', 'agent'],
    replies: { 200: QueueList },
    async handle({ actor }) {
      const queues = await listQueues(scopeOf(actor.clientId));
      return { status: 200, body: { items: queues.map(toView) } };
    },
  }),
];
