import { etagOf, expectedVersion } from '../../http/etag.ts';
import { route, type Actor } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { byPrefix, newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { ContactManagement, ContactRecord, Person } from './management.ts';
import { searchOf } from './rules.ts';
import {
  ContactPage,
  ContactView,
  CreateContactBody,
  ListContactsQuery,
  PatchContactBody,
} from './schemas.ts';
import { toContactListItemView, toContactView } from './view.ts';

interface ContactRouteDeps {
  readonly contacts: ContactManagement;
}

const tag = 'Contacts';
const access = ['admin', 'agent'] as const;

export const contactRoutes = (deps: ContactRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const personOf = ({ userId }: Actor): Person => ({ type: 'user', userId });

const replyWith = (contact: ContactRecord) => ({
  body: toContactView(contact),
  headers: { etag: etagOf(contact.version) },
});

const readRoutes = ({ contacts }: ContactRouteDeps) => [
  route({
    method: 'get',
    path: '/api/contacts',
    summary: 'List contacts',
    description: 'The newest first; with `q` in the order of what is searched. Filters narrow each other.',
    tag,
    access,
    query: ListContactsQuery,
    replies: { 200: ContactPage },
    async handle({ actor, query }) {
      const { limit, cursor, q, tag: tagged, optInStatus, isBlocked, numberSuspect } = query;
      const filter = {
        ...(tagged === undefined ? {} : { tag: tagged }),
        ...(optInStatus === undefined ? {} : { optInStatus }),
        ...(isBlocked === undefined ? {} : { isBlocked: isBlocked === 'true' }),
        ...(numberSuspect === undefined ? {} : { isNumberSuspect: numberSuspect === 'true' }),
      };
      const order = q === undefined ? newestFirst(cursor) : byPrefix(searchOf(q), cursor);
      const page = await contacts.list(scopeOf(actor.clientId), filter, { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toContactListItemView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/contacts/:id',
    summary: 'Get a contact with its log of consent',
    description: 'The `ETag` is for `If-Match` of the next change.',
    tag,
    access,
    params: idParams,
    replies: { 200: ContactView },
    async handle({ actor, params }) {
      const contact = await contacts.get(scopeOf(actor.clientId), params.id);
      return { status: 200, ...replyWith(contact) };
    },
  }),
];

const writeRoutes = ({ contacts }: ContactRouteDeps) => [
  route({
    method: 'post',
    path: '/api/contacts',
    summary: 'Create a contact',
    description:
      'One per person: 409 `already-exists` names the contact that has the phone number, in any spelling, or one ' +
      'of the provider’s ids. A `whatsappId` that comes alone gives the phone number too.',
    tag,
    access,
    body: CreateContactBody,
    replies: { 201: ContactView },
    problems: ['already-exists'],
    async handle({ actor, body }) {
      const contact = await contacts.create(scopeOf(actor.clientId), personOf(actor), body);
      const { body: view, headers } = replyWith(contact);
      return { status: 201, body: view, headers: { ...headers, location: `/api/contacts/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/contacts/:id',
    summary: 'Change a contact',
    description:
      'Changes the fields given; null clears. Consent changes by `optInStatus` together with `consent`; `opted-out` ' +
      'cancels every message to the person that has not left. With `If-Match` a change based on an older state is ' +
      'refused with 412.',
    tag,
    access,
    params: idParams,
    body: PatchContactBody,
    replies: { 200: ContactView },
    problems: ['already-exists', 'precondition-failed', 'wrong-state'],
    async handle({ actor, params, body, request }) {
      const change = { changes: body, version: expectedVersion(request) };
      const contact = await contacts.update(scopeOf(actor.clientId), personOf(actor), params.id, change);
      return { status: 200, ...replyWith(contact) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/contacts/:id',
    summary: 'Delete a contact and its lead',
    description:
      'Only while nothing else refers to it: with a conversation, open or closed, it is 409 `in-use`. To stop ' +
      'messages to a person, set `optInStatus` to `opted-out` instead.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const scope = scopeOf(actor.clientId);
      await contacts.remove(scope, personOf(actor), params.id, expectedVersion(request));
      return { status: 204 };
    },
  }),
];
