import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { toUserView } from '../users/view.ts';
import type { ClientUseCases } from './use-cases.ts';
import {
  ClientPage,
  ClientView,
  CreateClientBody,
  CreatedClientView,
  ListClientsQuery,
  PatchClientBody,
} from './schemas.ts';
import type { ClientDoc } from './directory.ts';
import { toClientView } from './view.ts';

const tag = 'Clients';
const everybody = ['admin', 'agent', 'operator'] as const;

interface ClientRouteDeps {
  readonly useCases: ClientUseCases;
}

const answer = (client: ClientDoc) =>
  ({ status: 200, body: toClientView(client), headers: { etag: etagOf(client.version) } }) as const;

export const clientRoutes = (deps: ClientRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const readRoutes = ({ useCases }: ClientRouteDeps) => [
  route({
    method: 'get',
    path: '/api/clients',
    operationId: 'listClients',
    summary: 'List clients',
    description: 'Operators see all clients, newest first; other users see their own.',
    tag,
    access: everybody,
    query: ListClientsQuery,
    replies: { 200: ClientPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await useCases.list(actor, { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toClientView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/clients/:id',
    operationId: 'getClient',
    summary: 'Get a client',
    description: 'Operators get any client, other users their own.',
    tag,
    access: everybody,
    params: idParams,
    sendsETag: true,
    replies: { 200: ClientView },
    handle: async ({ actor, params }) => answer(await useCases.get(actor, params.id)),
  }),
];

const writeRoutes = ({ useCases }: ClientRouteDeps) => [
  route({
    method: 'post',
    path: '/api/clients',
    operationId: 'createClient',
    summary: 'Create a client',
    description: 'The first admin gets a mail with a link to set a password.',
    tag,
    access: ['operator'],
    body: CreateClientBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: CreatedClientView },
    problems: ['email-not-confirmed', 'email-taken'],
    async handle({ actor, body }) {
      const { client, admin } = await useCases.create(actor, body);
      const view = { ...toClientView(client), admin: toUserView(admin) };
      const headers = { location: `/api/clients/${view.id}`, etag: etagOf(client.version) };
      return { status: 201, body: view, headers };
    },
  }),
  route({
    method: 'patch',
    path: '/api/clients/:id',
    operationId: 'updateClient',
    summary: 'Change a client',
    description:
      'Admins change their own client, operators any. Only operators set `isActive`; `false` ends all ' +
      'sessions of the client within a second.',
    tag,
    access: ['admin', 'operator'],
    params: idParams,
    body: PatchClientBody,
    sendsETag: true,
    replies: { 200: ClientView },
    problems: ['wrong-state', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      return answer(await useCases.update(actor, refOf(params.id, request), body));
    },
  }),
];
