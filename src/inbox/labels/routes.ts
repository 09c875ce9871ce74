import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { CreateLabelBody, LabelPage, LabelView, ListLabelsQuery, PatchLabelBody } from './schemas.ts';
import type { LabelDoc, LabelUseCases } from './use-cases.ts';
import { toLabelView } from './view.ts';

interface LabelRouteDeps {
  readonly labels: LabelUseCases;
}

const tag = 'Labels';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const labelRoutes = (deps: LabelRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (label: LabelDoc) => ({
  body: toLabelView(label),
  headers: { etag: etagOf(label.version) },
});

const readRoutes = ({ labels }: LabelRouteDeps) => [
  route({
    method: 'get',
    path: '/api/labels',
    operationId: 'listLabels',
    summary: 'List labels',
    description: 'Newest first.',
    tag,
    access: readers,
    query: ListLabelsQuery,
    replies: { 200: LabelPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await labels.list(scopeOf(actor.clientId), { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toLabelView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/labels/:id',
    operationId: 'getLabel',
    summary: 'Get a label',
    description: 'Conversations hold its id.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: LabelView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await labels.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ labels }: LabelRouteDeps) => [
  route({
    method: 'post',
    path: '/api/labels',
    operationId: 'createLabel',
    summary: 'Create a label',
    description: 'Names are unique, whatever their case and accents.',
    tag,
    access: writers,
    body: CreateLabelBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: LabelView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await labels.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/labels/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/labels/:id',
    operationId: 'updateLabel',
    summary: 'Change a label',
    description: 'Conversations show the new name at once: they hold the id.',
    tag,
    access: writers,
    params: idParams,
    body: PatchLabelBody,
    sendsETag: true,
    replies: { 200: LabelView },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const label = await labels.update(scopeOf(actor.clientId), userOf(actor), ref, body);
      return { status: 200, ...replyWith(label) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/labels/:id',
    operationId: 'deleteLabel',
    summary: 'Delete a label',
    description: 'Conversations that have the label lose it within seconds.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await labels.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
