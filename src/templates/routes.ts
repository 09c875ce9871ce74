import type { AuditActor } from '../audit/service.ts';
import { etagOf, expectedVersion } from '../http/etag.ts';
import { route, type Actor, type RequestInfo } from '../http/route.ts';
import { idParams } from '../platform/fields.ts';
import { scopeOf } from '../platform/mongo.ts';
import { decodeCursor } from '../platform/pagination.ts';
import type { TemplateManagement, TemplateRef } from './management.ts';
import {
  CreateTemplateBody,
  ListTemplatesQuery,
  PatchTemplateBody,
  PreviewTemplateBody,
  SyncTemplatesBody,
  TemplatePage,
  TemplatePreviewView,
  TemplateSyncView,
  TemplateView,
} from './schemas.ts';
import type { TemplateDoc, TemplateService } from './service.ts';
import { toTemplatePreviewView, toTemplateView } from './view.ts';

interface TemplateRouteDeps {
  readonly templates: TemplateService;
  readonly management: TemplateManagement;
}

const tag = 'Templates';
const admins = ['admin'] as const;
const everybody = ['admin', 'agent'] as const;
const aboutReview =
  'The provider reviews it: it is `pending` until a webhook or a synchronisation says what came of it.';
const aboutSends = 'Sends see the change within two seconds.';

export const templateRoutes = (deps: TemplateRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
  ...reviewRoutes(deps),
];

const readRoutes = ({ templates, management }: TemplateRouteDeps) => [
  route({
    method: 'get',
    path: '/api/templates',
    summary: 'List templates',
    description: 'By name. `variables` says what a send of each has to give.',
    tag,
    access: everybody,
    query: ListTemplatesQuery,
    replies: { 200: TemplatePage },
    async handle({ actor, query }) {
      const { limit, cursor, status, channelId } = query;
      const filter = {
        ...(status === undefined ? {} : { status }),
        ...(channelId === undefined ? {} : { channelId }),
      };
      const after = cursor === undefined ? null : decodeCursor(cursor, 'string');
      const { items, nextCursor } = await templates.list(scopeOf(actor.clientId), filter, { limit, after });
      return { status: 200, body: { items: items.map(toTemplateView), nextCursor } };
    },
  }),
  route({
    method: 'get',
    path: '/api/templates/:id',
    summary: 'Get a template',
    tag,
    access: everybody,
    params: idParams,
    replies: { 200: TemplateView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return answer(await management.get(scopeOf(actor.clientId), params.id));
    },
  }),
  route({
    method: 'post',
    path: '/api/templates/:id/preview',
    summary: 'Fill a template without sending it',
    description: 'Shows what a person would see, or lists everything that is wrong with the variables.',
    tag,
    access: everybody,
    params: idParams,
    body: PreviewTemplateBody,
    replies: { 200: TemplatePreviewView },
    problems: ['not-found'],
    async handle({ actor, params, body }) {
      const scope = scopeOf(actor.clientId);
      const preview = await management.preview(scope, params.id, body.variables ?? {});
      return { status: 200, body: toTemplatePreviewView(preview) };
    },
  }),
];

const writeRoutes = ({ management }: TemplateRouteDeps) => [
  route({
    method: 'post',
    path: '/api/templates',
    summary: 'Create a template',
    description:
      `For admins. Checked against the provider’s limits: every violation is named with its path. ${aboutReview} ` +
      'While the provider is away, and with `submit: false`, it stays a `draft`; `submitProblem` says why. What the ' +
      'provider refuses is not stored. Name and language are unique on a channel and never change.',
    tag,
    access: admins,
    body: CreateTemplateBody,
    replies: { 201: TemplateView },
    problems: ['not-found', 'already-exists', 'template-limit-reached'],
    async handle({ actor, body }) {
      const template = await management.create(scopeOf(actor.clientId), byOf(actor), body);
      const view = toTemplateView(template);
      const headers = { location: `/api/templates/${view.id}`, etag: etagOf(template.version) };
      return { status: 201, body: view, headers };
    },
  }),
  route({
    method: 'patch',
    path: '/api/templates/:id',
    summary: 'Change the content or category of a template',
    description:
      `For admins. Changed at the provider first. \`components\` replaces all components. ${aboutReview} A draft ` +
      `changes here alone. ${aboutSends}`,
    tag,
    access: admins,
    params: idParams,
    body: PatchTemplateBody,
    replies: { 200: TemplateView },
    problems: ['not-found', 'wrong-state', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.patch(scopeOf(actor.clientId), byOf(actor), ref, body));
    },
  }),
  route({
    method: 'delete',
    path: '/api/templates/:id',
    summary: 'Delete a template',
    description: `For admins. Deleted at the provider too. Refused while messages of it have not left. ${aboutSends}`,
    tag,
    access: admins,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'wrong-state', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, request }) {
      await management.delete(scopeOf(actor.clientId), byOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];

const reviewRoutes = ({ management }: TemplateRouteDeps) => [
  route({
    method: 'post',
    path: '/api/templates/:id/submit',
    summary: 'Submit a template for review',
    description: `For admins. Of a draft, or of what the provider has rejected or paused. ${aboutReview}`,
    tag,
    access: admins,
    params: idParams,
    replies: { 200: TemplateView },
    problems: [
      'not-found',
      'wrong-state',
      'template-limit-reached',
      'precondition-failed',
      'dependency-away',
    ],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.submit(scopeOf(actor.clientId), byOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/templates/:id/unpause',
    summary: 'End the pause of a template',
    description:
      'For admins. Of a template that the provider has paused because the first people who got it disliked it ' +
      '(pacing): such a pause does not end by itself, and the provider ends it 5 minutes after its begin at the ' +
      'earliest. Other pauses end after some hours; ending those is refused, with the provider’s reason. Messages ' +
      'that were held leave once the provider calls the template approved; until then it stays `paused` here.',
    tag,
    access: admins,
    params: idParams,
    replies: { 200: TemplateView },
    problems: ['not-found', 'wrong-state', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await management.unpause(scopeOf(actor.clientId), byOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/templates/sync',
    summary: 'Synchronise the templates of a channel',
    description:
      'For admins. Reads all templates from the provider: new ones are added, changed ones updated, and those that ' +
      'are gone marked as `deleted`. It also happens by itself, every six hours and when a webhook asks for it.',
    tag,
    access: admins,
    body: SyncTemplatesBody,
    replies: { 200: TemplateSyncView },
    problems: ['not-found', 'wrong-state', 'dependency-away'],
    async handle({ actor, body }) {
      const counts = await management.sync(scopeOf(actor.clientId), byOf(actor), body.channelId);
      return { status: 200, body: counts };
    },
  }),
];

const byOf = ({ userId }: Actor): AuditActor => ({ type: 'user', userId });

const refOf = (id: TemplateRef['id'], request: RequestInfo): TemplateRef => ({
  id,
  version: expectedVersion(request),
});

const answer = (template: TemplateDoc) =>
  ({ status: 200, body: toTemplateView(template), headers: { etag: etagOf(template.version) } }) as const;
