import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import type { ReadFilters } from '../custom-fields/checks.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf, type ClientScope } from '../../platform/mongo.ts';
import type { ContactUseCases, ContactRecord } from './use-cases.ts';
import { peopleBy } from './search.ts';
import type { ReadShown } from './shown.ts';
import {
  ContactPage,
  ContactView,
  CreateContactBody,
  ListContactsQuery,
  PatchContactBody,
} from './schemas.ts';
import { toContactListItemView, toContactView } from './view.ts';

interface ContactRouteDeps extends ShowDeps {
  readonly contacts: ContactUseCases;
  readonly readFilters: ReadFilters;
}

interface ShowDeps {
  readonly readShown: ReadShown;
}

const tag = 'Contacts';
const access = ['admin', 'agent'] as const;

export function contactRoutes(deps: ContactRouteDeps) {
  const reply = createReply(deps);
  return [...readRoutes(deps, reply), ...writeRoutes(deps, reply)];
}

type Reply = ReturnType<typeof createReply>;

const createReply =
  ({ readShown }: ShowDeps) =>
  async (scope: ClientScope, contact: ContactRecord) => ({
    body: toContactView(contact, await readShown(scope, [contact])),
    headers: { etag: etagOf(contact.version) },
  });

const readRoutes = ({ contacts, readFilters, readShown }: ContactRouteDeps, reply: Reply) => [
  route({
    method: 'get',
    path: '/api/contacts',
    operationId: 'listContacts',
    summary: 'List contacts',
    description: 'Newest first; with `q`, best first. Filters are combined.',
    tag,
    access,
    query: ListContactsQuery,
    replies: { 200: ContactPage },
    problems: ['search-too-broad'],
    async handle({ actor, query }) {
      const { limit, cursor, q, tag: tagged, groupId, optInStatus, isBlocked, numberSuspect } = query;
      const { customField } = query;
      const scope = scopeOf(actor.clientId);
      const fields = await readFilters(scope, customField);
      const filter = {
        ...(fields.length === 0 ? {} : { fields }),
        ...(tagged === undefined ? {} : { tag: tagged }),
        ...(groupId === undefined ? {} : { groupId }),
        ...(optInStatus === undefined ? {} : { optInStatus }),
        ...(isBlocked === undefined ? {} : { isBlocked: isBlocked === 'true' }),
        ...(numberSuspect === undefined ? {} : { isNumberSuspect: numberSuspect === 'true' }),
      };
      const order = q === undefined ? newestFirst(cursor) : peopleBy(q, cursor);
      const page = await contacts.list(scope, filter, { limit, order });
      const shown = await readShown(scope, page.items);
      const items = page.items.map((contact) => toContactListItemView(contact, shown));
      return { status: 200, body: { ...page, items } };
    },
  }),
  route({
    method: 'get',
    path: '/api/contacts/:id',
    operationId: 'getContact',
    summary: 'Get a contact and its consent log',
    description: 'The consent log lists who changed the consent, when and why.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: ContactView },
    async handle({ actor, params }) {
      const scope = scopeOf(actor.clientId);
      return { status: 200, ...(await reply(scope, await contacts.get(scope, params.id))) };
    },
  }),
];

const writeRoutes = ({ contacts }: ContactRouteDeps, reply: Reply) => [
  route({
    method: 'post',
    path: '/api/contacts',
    operationId: 'createContact',
    summary: 'Create a contact',
    description:
      'A person has one contact: 409 `already-exists` names the contact that has the phone number, in any ' +
      'spelling, or one of the provider ids. A `whatsappId` without `phoneNumber` sets the phone number ' +
      'too. A person who had opted out before their contact was deleted is opted out again, whatever `optInStatus` ' +
      'says. Without `consent`, `opted-in` does not allow messages to an address that has opted out.',
    tag,
    access,
    body: CreateContactBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: ContactView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const scope = scopeOf(actor.clientId);
      const contact = await contacts.create(scope, userOf(actor), body);
      const { body: view, headers } = await reply(scope, contact);
      return { status: 201, body: view, headers: { ...headers, location: `/api/contacts/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/contacts/:id',
    operationId: 'updateContact',
    summary: 'Change a contact',
    description:
      'Changes only the given fields; null clears a field. To change consent, send `optInStatus` together ' +
      'with `consent`; `opted-out` cancels every unsent message to the contact. No call to a blocked or opted-out ' +
      'contact begins after the answer. Consent and block change on the contacts in `samePerson` too.',
    tag,
    access,
    params: idParams,
    body: PatchContactBody,
    sendsETag: true,
    replies: { 200: ContactView },
    problems: ['already-exists', 'precondition-failed', 'wrong-state'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const scope = scopeOf(actor.clientId);
      const contact = await contacts.update(scope, userOf(actor), ref, body);
      return { status: 200, ...(await reply(scope, contact)) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/contacts/:id',
    operationId: 'deleteContact',
    summary: 'Delete a contact and its lead',
    description:
      'Refused with 409 `in-use` while the contact has a conversation, open or closed. To stop messages to ' +
      'a contact, set `optInStatus` to `opted-out` instead.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const scope = scopeOf(actor.clientId);
      await contacts.remove(scope, userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
