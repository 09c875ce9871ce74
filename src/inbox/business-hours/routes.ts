import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import {
  BusinessHoursPage,
  BusinessHoursView,
  CreateBusinessHoursBody,
  ListBusinessHoursQuery,
  PatchBusinessHoursBody,
} from './schemas.ts';
import type { BusinessHoursDoc, BusinessHoursUseCases } from './use-cases.ts';
import { toBusinessHoursView } from './view.ts';

interface BusinessHoursRouteDeps {
  readonly hours: BusinessHoursUseCases;
}

const tag = 'Business hours';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const businessHoursRoutes = (deps: BusinessHoursRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
];

const replyWith = (hours: BusinessHoursDoc) => ({
  body: toBusinessHoursView(hours),
  headers: { etag: etagOf(hours.version) },
});

const readRoutes = ({ hours }: BusinessHoursRouteDeps) => [
  route({
    method: 'get',
    path: '/api/business-hours',
    operationId: 'listBusinessHours',
    summary: 'List business hours',
    description: 'Newest first.',
    tag,
    access: readers,
    query: ListBusinessHoursQuery,
    replies: { 200: BusinessHoursPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await hours.list(scopeOf(actor.clientId), { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toBusinessHoursView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/business-hours/:id',
    operationId: 'getBusinessHours',
    summary: 'Get business hours',
    description: 'The week and the holidays, in the time zone of the place.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: BusinessHoursView },
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await hours.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ hours }: BusinessHoursRouteDeps) => [
  route({
    method: 'post',
    path: '/api/business-hours',
    operationId: 'createBusinessHours',
    summary: 'Create business hours',
    description:
      'Times are those on the clock of `zone`. An interval that ends no later than it begins ends on the next day. ' +
      'A holiday replaces the intervals that begin on its date.',
    tag,
    access: writers,
    body: CreateBusinessHoursBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: BusinessHoursView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await hours.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/business-hours/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/business-hours/:id',
    operationId: 'updateBusinessHours',
    summary: 'Change business hours',
    description: 'Changes only the given fields; `week` and `holidays` are replaced as a whole.',
    tag,
    access: writers,
    params: idParams,
    body: PatchBusinessHoursBody,
    sendsETag: true,
    replies: { 200: BusinessHoursView },
    problems: ['already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return {
        status: 200,
        ...replyWith(await hours.update(scopeOf(actor.clientId), userOf(actor), ref, body)),
      };
    },
  }),
  route({
    method: 'delete',
    path: '/api/business-hours/:id',
    operationId: 'deleteBusinessHours',
    summary: 'Delete business hours',
    description: 'Hours to which a service level refers cannot be deleted.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await hours.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
