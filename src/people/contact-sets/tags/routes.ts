import { userOf } from '../../../http/actor.ts';
import { etagOf, refOf } from '../../../http/etag.ts';
import { route } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { byPrefix } from '../../../platform/listing.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import { ListContactSetsQuery, tagSchemas } from '../schemas.ts';
import type { ContactSetUseCases, CountedSet } from '../use-cases.ts';
import { toContactSetView } from '../view.ts';

interface TagRouteDeps {
  readonly tags: ContactSetUseCases;
}

const tag = 'Tags';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const tagRoutes = (deps: TagRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (found: CountedSet) => ({
  body: toContactSetView(found),
  headers: { etag: etagOf(found.set.version) },
});

const readRoutes = ({ tags }: TagRouteDeps) => [
  route({
    method: 'get',
    path: '/api/tags',
    operationId: 'listTags',
    summary: 'List tags',
    description: 'By name. A business has at most 1,000.',
    tag,
    access: readers,
    query: ListContactSetsQuery,
    replies: { 200: tagSchemas.Page },
    async handle({ actor, query: { limit, cursor } }) {
      const order = byPrefix({ field: 'nameKey', prefix: '' }, cursor);
      const page = await tags.list(scopeOf(actor.clientId), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toContactSetView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/tags/:id',
    operationId: 'getTag',
    summary: 'Get a tag',
    description: 'Contacts show its name in `tags`; segments ask for its id.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: tagSchemas.View },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await tags.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ tags }: TagRouteDeps) => [
  route({
    method: 'post',
    path: '/api/tags',
    operationId: 'createTag',
    summary: 'Create a tag',
    description:
      'Names are unique, whatever their case and accents. A contact that gets a tag with a new name creates it, too.',
    tag,
    access: writers,
    body: tagSchemas.CreateBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: tagSchemas.View },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const set = await tags.create(scopeOf(actor.clientId), userOf(actor), body.name);
      const { body: view, headers } = replyWith({ set, count: 0, isExact: true });
      return { status: 201, body: view, headers: { ...headers, location: `/api/tags/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/tags/:id',
    operationId: 'updateTag',
    summary: 'Rename a tag',
    description: 'All contacts show the new name at once, and segments still find them: both hold the id.',
    tag,
    access: writers,
    params: idParams,
    body: tagSchemas.PatchBody,
    sendsETag: true,
    replies: { 200: tagSchemas.View },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const scope = scopeOf(actor.clientId);
      const { _id } = await tags.rename(scope, userOf(actor), refOf(params.id, request), body.name);
      return { status: 200, ...replyWith(await tags.get(scope, _id)) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/tags/:id',
    operationId: 'deleteTag',
    summary: 'Delete a tag',
    description:
      'Contacts no longer show it, and lose it within seconds. Refused with 409 `in-use` while segments name it.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await tags.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
