import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { byPrefix } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import {
  CreateSegmentBody,
  ListSegmentsQuery,
  PatchSegmentBody,
  PreviewSegmentBody,
  SegmentPage,
  SegmentPreviewView,
  SegmentView,
} from './schemas.ts';
import type { SegmentUseCases, WithFaults } from './use-cases.ts';
import { toSegmentPreviewView, toSegmentView } from './view.ts';

interface SegmentRouteDeps {
  readonly segments: SegmentUseCases;
}

const tag = 'Segments';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const segmentRoutes = (deps: SegmentRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (found: WithFaults) => ({
  body: toSegmentView(found),
  headers: { etag: etagOf(found.segment.version) },
});

const readRoutes = ({ segments }: SegmentRouteDeps) => [
  route({
    method: 'get',
    path: '/api/segments',
    operationId: 'listSegments',
    summary: 'List segments',
    description: 'By name.',
    tag,
    access: readers,
    query: ListSegmentsQuery,
    replies: { 200: SegmentPage },
    async handle({ actor, query: { limit, cursor } }) {
      const order = byPrefix({ field: 'nameKey', prefix: '' }, cursor);
      const page = await segments.list(scopeOf(actor.clientId), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toSegmentView) } };
    },
  }),
  route({
    method: 'post',
    path: '/api/segments/preview',
    operationId: 'previewSegment',
    summary: 'Preview a segment',
    description:
      'Counts the contacts whom a filter finds now, and shows some. Stores nothing. Days are those of the time zone of the ' +
      'business.',
    tag,
    access: readers,
    body: PreviewSegmentBody,
    replies: { 200: SegmentPreviewView },
    problems: ['search-too-broad'],
    async handle({ actor, body }) {
      const found = await segments.preview(scopeOf(actor.clientId), body.filter);
      return { status: 200, body: toSegmentPreviewView(found) };
    },
  }),
  route({
    method: 'get',
    path: '/api/segments/:id',
    operationId: 'getSegment',
    summary: 'Get a segment',
    description: 'With what its filter names and is gone.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: SegmentView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await segments.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ segments }: SegmentRouteDeps) => [
  route({
    method: 'post',
    path: '/api/segments',
    operationId: 'createSegment',
    summary: 'Create a segment',
    description: 'Names are unique, whatever their case and accents.',
    tag,
    access: writers,
    body: CreateSegmentBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: SegmentView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const segment = await segments.create(scopeOf(actor.clientId), userOf(actor), body);
      const { body: view, headers } = replyWith({ segment, faults: [] });
      return { status: 201, body: view, headers: { ...headers, location: `/api/segments/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/segments/:id',
    operationId: 'updateSegment',
    summary: 'Change a segment',
    description: 'Changes only the given fields; `filter` is replaced as a whole.',
    tag,
    access: writers,
    params: idParams,
    body: PatchSegmentBody,
    sendsETag: true,
    replies: { 200: SegmentView },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const scope = scopeOf(actor.clientId);
      const { _id } = await segments.update(scope, userOf(actor), refOf(params.id, request), body);
      return { status: 200, ...replyWith(await segments.get(scope, _id)) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/segments/:id',
    operationId: 'deleteSegment',
    summary: 'Delete a segment',
    description: 'The contacts stay.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await segments.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
