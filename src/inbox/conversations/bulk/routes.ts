import { userOf } from '../../../http/actor.ts';
import { route } from '../../../http/route.ts';
import { toBulkView } from '../../../platform/bulk.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import type { createBulkChange } from './bulk.ts';
import { BulkConversationsBody, BulkConversationsView } from './schemas.ts';
import { wishOf } from '../snooze-schemas.ts';

interface BulkRouteDeps {
  readonly changeMany: ReturnType<typeof createBulkChange>;
}

export const bulkConversationRoutes = ({ changeMany }: BulkRouteDeps) => [
  route({
    method: 'post',
    path: '/api/conversations/bulk',
    operationId: 'updateConversations',
    summary: 'Change many conversations',
    description:
      'Does the same to each of up to 100 conversations, as the single requests do. Those that cannot be changed are ' +
      'listed with the reason.',
    tag: 'Conversations',
    access: ['admin', 'agent'],
    body: BulkConversationsBody,
    idempotent: 'by-answer',
    replies: { 200: BulkConversationsView },
    async handle({ actor, body }) {
      const { ids, action } = body;
      const outcome = await changeMany(scopeOf(actor.clientId), userOf(actor), {
        ids,
        action: action.type === 'snooze' ? { type: 'snooze', wish: wishOf(action) } : action,
      });
      return { status: 200, body: toBulkView(outcome) };
    },
  }),
];
