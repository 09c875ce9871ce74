import { userOf } from '../../../http/actor.ts';
import { etagOf, refOf } from '../../../http/etag.ts';
import { route } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import { CreateSlaPolicyBody, PatchSlaPolicyBody, SlaPolicyList, SlaPolicyView } from './schemas.ts';
import type { NewSlaPolicy, SlaPolicyDoc, SlaPolicyUseCases } from './use-cases.ts';
import { toSlaPolicyView } from './view.ts';

interface SlaPolicyRouteDeps {
  readonly policies: SlaPolicyUseCases;
}

const tag = 'Service levels';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const slaPolicyRoutes = (deps: SlaPolicyRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (policy: SlaPolicyDoc) => ({
  body: toSlaPolicyView(policy),
  headers: { etag: etagOf(policy.version) },
});

const toNew = ({ warnAt, ...body }: CreateSlaPolicyBody): NewSlaPolicy => ({
  ...body,
  ...(warnAt === null ? {} : { warnAt }),
});

const readRoutes = ({ policies }: SlaPolicyRouteDeps) => [
  route({
    method: 'get',
    path: '/api/sla-policies',
    operationId: 'listSlaPolicies',
    summary: 'List service levels',
    description: 'In order of their priority. There are 100 at most, so the list has one page.',
    tag,
    access: readers,
    replies: { 200: SlaPolicyList },
    async handle({ actor }) {
      const found = await policies.list(scopeOf(actor.clientId));
      return { status: 200, body: { items: found.map(toSlaPolicyView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/sla-policies/:id',
    operationId: 'getSlaPolicy',
    summary: 'Get a service level',
    description: 'How soon conversations are to be answered and resolved.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: SlaPolicyView },
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await policies.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ policies }: SlaPolicyRouteDeps) => [
  route({
    method: 'post',
    path: '/api/sla-policies',
    operationId: 'createSlaPolicy',
    summary: 'Create a service level',
    description:
      'It sets deadlines for conversations from their next message on. A deadline that its conversation ' +
      'misses stays missed.',
    tag,
    access: writers,
    body: CreateSlaPolicyBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: SlaPolicyView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await policies.create(scopeOf(actor.clientId), userOf(actor), toNew(body)),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/sla-policies/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/sla-policies/:id',
    operationId: 'updateSlaPolicy',
    summary: 'Change a service level',
    description:
      'Changes only the given fields; null clears a field. Running deadlines move within seconds, counted ' +
      'from their start; `match` and `priority` count for new ones only.',
    tag,
    access: writers,
    params: idParams,
    body: PatchSlaPolicyBody,
    sendsETag: true,
    replies: { 200: SlaPolicyView },
    problems: ['already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return {
        status: 200,
        ...replyWith(await policies.update(scopeOf(actor.clientId), userOf(actor), ref, body)),
      };
    },
  }),
  route({
    method: 'delete',
    path: '/api/sla-policies/:id',
    operationId: 'deleteSlaPolicy',
    summary: 'Delete a service level',
    description: 'Its running deadlines end without a result; missed ones stay.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['precondition-failed'],
    async handle({ actor, params, request }) {
      await policies.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
