import { userOf } from '../../../http/actor.ts';
import { route } from '../../../http/route.ts';
import { toBulkView } from '../../../platform/bulk.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import type { createBulkContactChange } from './bulk.ts';
import { BulkContactsBody, BulkContactsView } from './schemas.ts';

interface BulkContactRouteDeps {
  readonly changeMany: ReturnType<typeof createBulkContactChange>;
}

export const bulkContactRoutes = ({ changeMany }: BulkContactRouteDeps) => [
  route({
    method: 'post',
    path: '/api/contacts/bulk',
    operationId: 'updateContacts',
    summary: 'Change the tags or groups of many contacts',
    description:
      'Does the same to each of up to 100 contacts, as the single requests do. Those that cannot be changed are listed with ' +
      'the reason.',
    tag: 'Contacts',
    access: ['admin', 'agent'],
    body: BulkContactsBody,
    idempotent: 'by-answer',
    replies: { 200: BulkContactsView },
    problems: ['not-found'],
    async handle({ actor, body }) {
      return {
        status: 200,
        body: toBulkView(await changeMany(scopeOf(actor.clientId), userOf(actor), body)),
      };
    },
  }),
];
