import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { inOrder } from './order.ts';
import {
  CreateCustomFieldBody,
  CustomFieldPage,
  CustomFieldView,
  ListCustomFieldsQuery,
  PatchCustomFieldBody,
} from './schemas.ts';
import type { CustomFieldDoc, CustomFieldUseCases } from './use-cases.ts';
import { toCustomFieldView } from './view.ts';

interface CustomFieldRouteDeps {
  readonly customFields: CustomFieldUseCases;
}

const tag = 'Custom fields';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const customFieldRoutes = (deps: CustomFieldRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (field: CustomFieldDoc) => ({
  body: toCustomFieldView(field),
  headers: { etag: etagOf(field.version) },
});

const readRoutes = ({ customFields }: CustomFieldRouteDeps) => [
  route({
    method: 'get',
    path: '/api/custom-fields',
    operationId: 'listCustomFields',
    summary: 'List custom fields',
    description: 'In their order, archived ones included. A business has at most 100.',
    tag,
    access: readers,
    query: ListCustomFieldsQuery,
    replies: { 200: CustomFieldPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await customFields.list(scopeOf(actor.clientId), { limit, order: inOrder(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toCustomFieldView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/custom-fields/:id',
    operationId: 'getCustomField',
    summary: 'Get a custom field',
    description: 'Contacts have its values in `customFields`, by its key.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: CustomFieldView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await customFields.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ customFields }: CustomFieldRouteDeps) => [
  route({
    method: 'post',
    path: '/api/custom-fields',
    operationId: 'createCustomField',
    summary: 'Create a custom field',
    description:
      'Key and type never change. 409 `in-use` names contacts that have values under the key from the time before custom ' +
      'fields had definitions; clear those first.',
    tag,
    access: writers,
    body: CreateCustomFieldBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: CustomFieldView },
    problems: ['already-exists', 'in-use'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await customFields.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/custom-fields/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/custom-fields/:id',
    operationId: 'updateCustomField',
    summary: 'Change, archive or restore a custom field',
    description:
      'An archived field keeps its values, which contacts show, and refuses new ones. Values that are stored are not ' +
      'judged again by new options.',
    tag,
    access: writers,
    params: idParams,
    body: PatchCustomFieldBody,
    sendsETag: true,
    replies: { 200: CustomFieldView },
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const field = await customFields.update(scopeOf(actor.clientId), userOf(actor), ref, body);
      return { status: 200, ...replyWith(field) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/custom-fields/:id',
    operationId: 'deleteCustomField',
    summary: 'Delete an unused custom field',
    description:
      'Refused with 409 `in-use` while segments ask for it or contacts have values of it; it names some of them. A field ' +
      'whose values were all cleared must have been archived for two minutes.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await customFields.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
