import { userOf } from '../http/actor.ts';
import { etagOf, refOf } from '../http/etag.ts';
import { route } from '../http/route.ts';
import { idParams } from '../platform/fields.ts';
import { scopeOf } from '../platform/mongo.ts';
import { decodeCursor } from '../platform/pagination.ts';
import type { TemplateUseCases } from './use-cases.ts';
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
import type { TemplateDoc, TemplateCatalogue } from './catalogue.ts';
import { toTemplatePreviewView, toTemplateView } from './view.ts';

interface TemplateRouteDeps {
  readonly templates: TemplateCatalogue;
  readonly useCases: TemplateUseCases;
}

const tag = 'Templates';
const admins = ['admin'] as const;
const allRoles = ['admin', 'agent'] as const;
const reviewNote =
  'The provider reviews it: it stays `pending` until a webhook or a sync reports the result.';
const sendsNote = 'Sends see the change within two seconds.';

export const templateRoutes = (deps: TemplateRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
  ...reviewRoutes(deps),
];

const readRoutes = ({ templates, useCases }: TemplateRouteDeps) => [
  route({
    method: 'get',
    path: '/api/templates',
    operationId: 'listTemplates',
    summary: 'List templates',
    description: 'Sorted by name. `variables` lists the values that a send of each template needs.',
    tag,
    access: allRoles,
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
    operationId: 'getTemplate',
    summary: 'Get a template',
    description: '`variables` lists the values that a send needs.',
    tag,
    access: allRoles,
    params: idParams,
    sendsETag: true,
    replies: { 200: TemplateView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return answer(await useCases.get(scopeOf(actor.clientId), params.id));
    },
  }),
  route({
    method: 'post',
    path: '/api/templates/:id/preview',
    operationId: 'previewTemplate',
    summary: 'Preview a filled template',
    description:
      'Sends nothing. Shows the message as a contact would see it, or lists every problem with the ' +
      'variables.',
    tag,
    access: allRoles,
    params: idParams,
    body: PreviewTemplateBody,
    replies: { 200: TemplatePreviewView },
    problems: ['not-found'],
    async handle({ actor, params, body }) {
      const scope = scopeOf(actor.clientId);
      const preview = await useCases.preview(scope, params.id, body.variables ?? {});
      return { status: 200, body: toTemplatePreviewView(preview) };
    },
  }),
];

const writeRoutes = ({ useCases }: TemplateRouteDeps) => [
  route({
    method: 'post',
    path: '/api/templates',
    operationId: 'createTemplate',
    summary: 'Create a template',
    description:
      'Checked against the limits of the provider; every violation is listed with its path. ' +
      `${reviewNote} With \`submit: false\`, or if the provider cannot be reached, it stays a \`draft\`, and ` +
      '`submitProblem` says why. A template that the provider refuses is not stored. Name and language are ' +
      'unique on a channel and cannot change.',
    tag,
    access: admins,
    body: CreateTemplateBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: TemplateView },
    problems: ['not-found', 'already-exists', 'channel-unverified', 'template-limit-reached'],
    async handle({ actor, body }) {
      const template = await useCases.create(scopeOf(actor.clientId), userOf(actor), body);
      const view = toTemplateView(template);
      const headers = { location: `/api/templates/${view.id}`, etag: etagOf(template.version) };
      return { status: 201, body: view, headers };
    },
  }),
  route({
    method: 'patch',
    path: '/api/templates/:id',
    operationId: 'updateTemplate',
    summary: 'Change the content or category of a template',
    description:
      `Changed at the provider first. \`components\` replaces all components. ${reviewNote} A ` +
      `draft changes only here. The content cannot be changed while unsent messages use it. ${sendsNote}`,
    tag,
    access: admins,
    params: idParams,
    body: PatchTemplateBody,
    sendsETag: true,
    replies: { 200: TemplateView },
    problems: [
      ...(['not-found', 'in-use', 'wrong-state', 'channel-unverified'] as const),
      ...(['precondition-failed', 'dependency-away'] as const),
    ],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(await useCases.patch(scopeOf(actor.clientId), userOf(actor), ref, body));
    },
  }),
  route({
    method: 'delete',
    path: '/api/templates/:id',
    operationId: 'deleteTemplate',
    summary: 'Delete a template',
    description: `Also deleted at the provider. Refused while unsent messages use it. ${sendsNote}`,
    tag,
    access: admins,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'wrong-state', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, request }) {
      await useCases.delete(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];

const reviewRoutes = ({ useCases }: TemplateRouteDeps) => [
  route({
    method: 'post',
    path: '/api/templates/:id/submit',
    operationId: 'submitTemplate',
    summary: 'Submit a template for review',
    description: `For drafts and for templates that the provider rejected or paused. ${reviewNote}`,
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 200: TemplateView },
    problems: [
      'not-found',
      'wrong-state',
      'channel-unverified',
      'template-limit-reached',
      'precondition-failed',
      'dependency-away',
    ],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await useCases.submit(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/templates/:id/unpause',
    operationId: 'unpauseTemplate',
    summary: 'End the pause of a template',
    description:
      'For templates that the provider paused because early recipients disliked them (pacing). ' +
      'Such a pause does not end by itself; the provider allows it to be ended after 5 minutes. Other ' +
      'pauses end after some hours, and ending them is refused with the reason from the provider. The ' +
      'template stays `paused` here, and its messages stay held, until the provider reports it as approved.',
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 200: TemplateView },
    problems: ['not-found', 'wrong-state', 'channel-unverified', 'precondition-failed', 'dependency-away'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await useCases.unpause(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/templates/sync',
    operationId: 'syncTemplates',
    summary: 'Sync the templates of a channel',
    description:
      'Reads all templates from the provider: adds new ones, updates changed ones and marks ' +
      'missing ones as `deleted`. This also happens every six hours and when a webhook requests it.',
    tag,
    access: admins,
    body: SyncTemplatesBody,
    idempotent: 'by-answer',
    replies: { 200: TemplateSyncView },
    problems: ['not-found', 'wrong-state', 'channel-unverified', 'dependency-away'],
    async handle({ actor, body }) {
      const counts = await useCases.sync(scopeOf(actor.clientId), userOf(actor), body.channelId);
      return { status: 200, body: counts };
    },
  }),
];

const answer = (template: TemplateDoc) =>
  ({ status: 200, body: toTemplateView(template), headers: { etag: etagOf(template.version) } }) as const;
