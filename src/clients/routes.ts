import { route } from '../http/route.ts';
import { notFound } from '../platform/errors.ts';
import { idParams } from '../platform/fields.ts';
import { scopeOf } from '../platform/mongo.ts';
import { ClientView } from './schemas.ts';
import type { ClientService } from './service.ts';
import { toClientView } from './view.ts';

export const clientRoutes = ({ clients }: { clients: ClientService }) => [
  route({
    method: 'get',
    path: '/api/clients/:id',
    summary: 'Get the own client',
    tag: 'Clients',
    access: ['admin', 'agent'],
    params: idParams,
    replies: { 200: ClientView },
    async handle({ actor, params }) {
      const client = params.id.equals(actor.clientId) ? await clients.find(scopeOf(actor.clientId)) : null;
      if (client === null) throw notFound('client');
      return { status: 200, body: toClientView(client) };
    },
  }),
];
