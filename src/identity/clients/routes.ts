import { etagOf, expectedVersion } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { toUserView } from '../users/view.ts';
import type { ClientManagement } from './management.ts';
import {
  ClientPage,
  ClientView,
  CreateClientBody,
  CreatedClientView,
  ListClientsQuery,
  PatchClientBody,
} from './schemas.ts';
import type { ClientDoc } from './service.ts';
import { toClientView } from './view.ts';

const tag = 'Clients';
const everybody = ['admin', 'agent', 'operator'] as const;

interface ClientRouteDeps {
  readonly management: ClientManagement;
}

const answer = (client: ClientDoc) =>
  ({ status: 200, body: toClientView(client), headers: { etag: etagOf(client.version) } }) as const;

export const clientRoutes = (deps: ClientRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const readRoutes = ({ management }: ClientRouteDeps) => [
  route({
    method: 'get',
    path: '/api/clients',
    summary: 'List clients',
    description: 'Operators see all, the newest first; everybody else their own.',
    tag,
    access: everybody,
    query: ListClientsQuery,
    replies: { 200: ClientPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await management.list(actor, { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toClientView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/clients/:id',
    summary: 'Get a client',
    description: 'The own one; operators any. The `ETag` is for `If-Match` of the next change.',
    tag,
    access: everybody,
    params: idParams,
    replies: { 200: ClientView },
    handle: async ({ actor, params }) => answer(await management.get(actor, params.id)),
  }),
];

const writeRoutes = ({ management }: ClientRouteDeps) => [
  route({
    method: 'post',
    path: '/api/clients',
    summary: 'Create a client',
    description: 'The first admin gets a mail with a link that sets a password. For operators.',
    tag,
    access: ['operator'],
    body: CreateClientBody,
    replies: { 201: CreatedClientView },
    problems: ['email-taken'],
    async handle({ actor, body }) {
      const { client, admin } = await management.create(actor, body);
      const view = { ...toClientView(client), admin: toUserView(admin) };
      const headers = { location: `/api/clients/${view.id}`, etag: etagOf(client.version) };
      return { status: 201, body: view, headers };
    },
  }),
  route({
    method: 'patch',
    path: '/api/clients/:id',
    summary: 'Change a client',
    description:
      'Admins change their own, operators any. `isActive` is for operators: `false` ends all sessions of the client ' +
      'within a second. With `If-Match` a change based on an older state is refused with 412.',
    tag,
    access: ['admin', 'operator'],
    params: idParams,
    body: PatchClientBody,
    replies: { 200: ClientView },
    problems: ['wrong-state', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      return answer(
        await management.update(actor, { id: params.id, version: expectedVersion(request) }, body),
      );
    },
  }),
];
