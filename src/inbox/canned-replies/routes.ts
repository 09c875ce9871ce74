import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { sharingUserOf } from '../sharing/sharing.ts';
import { rankedBy } from './ranking.ts';
import type { RenderCannedReply } from './rendering.ts';
import {
  CannedReplyPage,
  CannedReplyView,
  CreateCannedReplyBody,
  ListCannedRepliesQuery,
  PatchCannedReplyBody,
  RenderCannedReplyBody,
  RenderedReply,
} from './schemas.ts';
import type { CannedReplyDoc, CannedReplyUseCases } from './use-cases.ts';
import { toCannedReplyView } from './view.ts';

interface CannedReplyRouteDeps {
  readonly replies: CannedReplyUseCases;
  readonly render: RenderCannedReply;
}

const tag = 'Canned replies';
const access = ['admin', 'agent'] as const;

export const cannedReplyRoutes = (deps: CannedReplyRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (reply: CannedReplyDoc) => ({
  body: toCannedReplyView(reply),
  headers: { etag: etagOf(reply.version) },
});

const readRoutes = ({ replies, render }: CannedReplyRouteDeps) => [
  route({
    method: 'get',
    path: '/api/canned-replies',
    operationId: 'listCannedReplies',
    summary: 'List canned replies',
    description: 'The shared ones and your own.',
    tag,
    access,
    query: ListCannedRepliesQuery,
    replies: { 200: CannedReplyPage },
    problems: ['search-too-broad'],
    async handle({ actor, query: { limit, cursor, q } }) {
      const order = rankedBy(q, cursor);
      const page = await replies.list(scopeOf(actor.clientId), sharingUserOf(actor), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toCannedReplyView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/canned-replies/:id',
    operationId: 'getCannedReply',
    summary: 'Get a canned reply',
    description: 'Your own, or a shared one.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: CannedReplyView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return {
        status: 200,
        ...replyWith(await replies.get(scopeOf(actor.clientId), sharingUserOf(actor), params.id)),
      };
    },
  }),
  route({
    method: 'post',
    path: '/api/canned-replies/:id/render',
    operationId: 'renderCannedReply',
    summary: 'Render a canned reply for a conversation',
    description:
      'Fills the variables and sends nothing. A variable without a value is named, never left empty.',
    tag,
    access,
    params: idParams,
    body: RenderCannedReplyBody,
    replies: { 200: RenderedReply },
    problems: ['not-found'],
    async handle({ actor, params, body }) {
      const { text, needs } = await render(scopeOf(actor.clientId), sharingUserOf(actor), {
        ...params,
        ...body,
      });
      return { status: 200, body: { text, needs: [...needs] } };
    },
  }),
];

const writeRoutes = ({ replies }: CannedReplyRouteDeps) => [
  route({
    method: 'post',
    path: '/api/canned-replies',
    operationId: 'createCannedReply',
    summary: 'Create a canned reply',
    description: 'Agents create replies of their own, admins also shared ones.',
    tag,
    access,
    body: CreateCannedReplyBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: CannedReplyView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await replies.create(scopeOf(actor.clientId), sharingUserOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/canned-replies/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/canned-replies/:id',
    operationId: 'updateCannedReply',
    summary: 'Change a canned reply',
    description: 'Your own, or a shared one if you are an admin. Changes only the given fields.',
    tag,
    access,
    params: idParams,
    body: PatchCannedReplyBody,
    sendsETag: true,
    replies: { 200: CannedReplyView },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const reply = await replies.update(scopeOf(actor.clientId), sharingUserOf(actor), ref, body);
      return { status: 200, ...replyWith(reply) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/canned-replies/:id',
    operationId: 'deleteCannedReply',
    summary: 'Delete a canned reply',
    description: 'Your own, or a shared one if you are an admin.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await replies.remove(scopeOf(actor.clientId), sharingUserOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
