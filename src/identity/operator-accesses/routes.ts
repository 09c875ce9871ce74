import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { OperatorAccesses } from './accesses.ts';
import { ListOperatorAccessesQuery, OperatorAccessDetailView, OperatorAccessPage } from './schemas.ts';
import { toOperatorAccessDetailView, toOperatorAccessView } from './view.ts';

const tag = 'Clients';
const access = ['admin'] as const;

export const operatorAccessRoutes = ({ accesses }: { accesses: OperatorAccesses }) => [
  route({
    method: 'get',
    path: '/api/operator-accesses',
    operationId: 'listOperatorAccesses',
    summary: 'List the accesses of operators to your business',
    description:
      'Whom of the platform staff a server has let act in the business, when and why; newest first.',
    tag,
    access,
    query: ListOperatorAccessesQuery,
    replies: { 200: OperatorAccessPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await accesses.list(scopeOf(actor.clientId), { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toOperatorAccessView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/operator-accesses/:id',
    operationId: 'getOperatorAccess',
    summary: 'Get an access of an operator and its requests',
    description: 'With the requests that were made with it, newest first.',
    tag,
    access,
    params: idParams,
    replies: { 200: OperatorAccessDetailView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      const { access: found, requests } = await accesses.get(scopeOf(actor.clientId), params.id);
      return { status: 200, body: toOperatorAccessDetailView(found, requests) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/operator-accesses/:id',
    operationId: 'endOperatorAccess',
    summary: 'End an access of an operator',
    description: 'Every process refuses its token within a second. The access stays listed.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found'],
    async handle({ actor, params }) {
      await accesses.end(scopeOf(actor.clientId), actor.userId, params.id);
      return { status: 204 };
    },
  }),
];
