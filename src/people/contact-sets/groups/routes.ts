import { userOf } from '../../../http/actor.ts';
import { etagOf, refOf } from '../../../http/etag.ts';
import { route } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { byPrefix } from '../../../platform/listing.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import { ListContactSetsQuery, contactGroupSchemas } from '../schemas.ts';
import type { ContactSetUseCases, CountedSet } from '../use-cases.ts';
import { toContactSetView } from '../view.ts';

interface ContactGroupRouteDeps {
  readonly groups: ContactSetUseCases;
}

const tag = 'Contact groups';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const contactGroupRoutes = (deps: ContactGroupRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
];

const replyWith = (found: CountedSet) => ({
  body: toContactSetView(found),
  headers: { etag: etagOf(found.set.version) },
});

const readRoutes = ({ groups }: ContactGroupRouteDeps) => [
  route({
    method: 'get',
    path: '/api/contact-groups',
    operationId: 'listContactGroups',
    summary: 'List contact groups',
    description: 'By name. A business has at most 1,000.',
    tag,
    access: readers,
    query: ListContactSetsQuery,
    replies: { 200: contactGroupSchemas.Page },
    async handle({ actor, query: { limit, cursor } }) {
      const order = byPrefix({ field: 'nameKey', prefix: '' }, cursor);
      const page = await groups.list(scopeOf(actor.clientId), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toContactSetView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/contact-groups/:id',
    operationId: 'getContactGroup',
    summary: 'Get a contact group',
    description:
      'Its members are the contacts that `GET /api/contacts` lists with `groupId`, and `POST /api/contacts/bulk` changes them.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: contactGroupSchemas.View },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await groups.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ groups }: ContactGroupRouteDeps) => [
  route({
    method: 'post',
    path: '/api/contact-groups',
    operationId: 'createContactGroup',
    summary: 'Create a contact group',
    description:
      'A list of contacts that is put together by hand; segments are found by filters. Names are unique, whatever their ' +
      'case and accents.',
    tag,
    access: writers,
    body: contactGroupSchemas.CreateBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: contactGroupSchemas.View },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const set = await groups.create(scopeOf(actor.clientId), userOf(actor), body.name);
      const { body: view, headers } = replyWith({ set, count: 0, isExact: true });
      return { status: 201, body: view, headers: { ...headers, location: `/api/contact-groups/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/contact-groups/:id',
    operationId: 'updateContactGroup',
    summary: 'Rename a contact group',
    description: 'The members stay.',
    tag,
    access: writers,
    params: idParams,
    body: contactGroupSchemas.PatchBody,
    sendsETag: true,
    replies: { 200: contactGroupSchemas.View },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const scope = scopeOf(actor.clientId);
      const { _id } = await groups.rename(scope, userOf(actor), refOf(params.id, request), body.name);
      return { status: 200, ...replyWith(await groups.get(scope, _id)) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/contact-groups/:id',
    operationId: 'deleteContactGroup',
    summary: 'Delete a contact group',
    description:
      'The contacts stay; they leave the group within seconds. Refused with 409 `in-use` while segments name it.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await groups.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
