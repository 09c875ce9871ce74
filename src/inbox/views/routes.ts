import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { byPrefix } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { sharingUserOf } from '../sharing/sharing.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { ConversationPage } from '../conversations/schemas.ts';
import type { ConversationUseCases } from '../conversations/use-cases.ts';
import { toConversationListItemView } from '../conversations/view.ts';
import {
  CountSavedViewsQuery,
  CreateSavedViewBody,
  ListSavedViewsQuery,
  maxCounted,
  PatchSavedViewBody,
  SavedViewCounts,
  SavedViewPage,
  SavedViewView,
  ViewConversationsQuery,
} from './schemas.ts';
import type { SavedViewUseCases, WithFaults } from './use-cases.ts';
import { toSavedViewView } from './view.ts';

interface SavedViewRouteDeps {
  readonly views: SavedViewUseCases;
  readonly conversations: Pick<ConversationUseCases, 'list'>;
}

const tag = 'Saved views';
const access = ['admin', 'agent'] as const;

export const savedViewRoutes = (deps: SavedViewRouteDeps) => [
  ...listRoutes(deps),
  ...readRoutes(deps),
  ...writeRoutes(deps),
];

const replyWith = (found: WithFaults) => ({
  body: toSavedViewView(found),
  headers: { etag: etagOf(found.view.version) },
});

const byName = (cursor: string | undefined) => byPrefix({ field: 'nameKey', prefix: '' }, cursor);

const listRoutes = ({ views }: SavedViewRouteDeps) => [
  route({
    method: 'get',
    path: '/api/views',
    operationId: 'listSavedViews',
    summary: 'List saved views',
    description: 'The shared ones and your own, by name.',
    tag,
    access,
    query: ListSavedViewsQuery,
    replies: { 200: SavedViewPage },
    async handle({ actor, query: { limit, cursor } }) {
      const order = byName(cursor);
      const page = await views.list(scopeOf(actor.clientId), sharingUserOf(actor), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toSavedViewView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/views/counts',
    operationId: 'getSavedViewCounts',
    summary: 'Count the conversations of saved views',
    description: 'Counted when you ask. 1000 means as many or more.',
    tag,
    access,
    query: CountSavedViewsQuery,
    replies: { 200: SavedViewCounts },
    async handle({ actor, query: { ids } }) {
      const asked = { ids, order: byName(undefined), limit: maxCounted };
      const counts = await views.count(scopeOf(actor.clientId), sharingUserOf(actor), asked);
      const items = counts.map(({ viewId, count }) => ({ viewId: viewId.toHexString(), count }));
      return { status: 200, body: { items } };
    },
  }),
];

const readRoutes = ({ views, conversations }: SavedViewRouteDeps) => [
  route({
    method: 'get',
    path: '/api/views/:id',
    operationId: 'getSavedView',
    summary: 'Get a saved view',
    description: 'Your own, or a shared one.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: SavedViewView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return {
        status: 200,
        ...replyWith(await views.get(scopeOf(actor.clientId), sharingUserOf(actor), params.id)),
      };
    },
  }),
  route({
    method: 'get',
    path: '/api/views/:id/conversations',
    operationId: 'listConversationsOfSavedView',
    summary: 'List the conversations of a saved view',
    description: 'As the list of conversations with its filter: latest message first.',
    tag,
    access,
    params: idParams,
    query: ViewConversationsQuery,
    replies: { 200: ConversationPage },
    problems: ['not-found', 'search-too-broad'],
    async handle({ actor, params, query: { limit, cursor } }) {
      const scope = scopeOf(actor.clientId);
      const after = cursor === undefined ? null : decodeCursor(cursor, 'date');
      const search = await views.filterOf(scope, sharingUserOf(actor), params.id);
      const page = await conversations.list(scope, userOf(actor), search, { limit, after });
      return { status: 200, body: { ...page, items: page.items.map(toConversationListItemView) } };
    },
  }),
];

const writeRoutes = ({ views }: SavedViewRouteDeps) => [
  route({
    method: 'post',
    path: '/api/views',
    operationId: 'createSavedView',
    summary: 'Create a saved view',
    description: 'Agents create views of their own, admins also shared ones.',
    tag,
    access,
    body: CreateSavedViewBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: SavedViewView },
    problems: ['not-found', 'already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await views.create(scopeOf(actor.clientId), sharingUserOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/views/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/views/:id',
    operationId: 'updateSavedView',
    summary: 'Change a saved view',
    description:
      'Your own, or a shared one if you are an admin. Changes only the given fields; `filter` is replaced as a whole.',
    tag,
    access,
    params: idParams,
    body: PatchSavedViewBody,
    sendsETag: true,
    replies: { 200: SavedViewView },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return {
        status: 200,
        ...replyWith(await views.update(scopeOf(actor.clientId), sharingUserOf(actor), ref, body)),
      };
    },
  }),
  route({
    method: 'delete',
    path: '/api/views/:id',
    operationId: 'deleteSavedView',
    summary: 'Delete a saved view',
    description: 'Your own, or a shared one if you are an admin.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await views.remove(scopeOf(actor.clientId), sharingUserOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
