import type { z } from 'zod';
import { peopleBy } from '../contacts/search.ts';
import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { LeadDoc, LeadFilter, LeadUseCases } from './use-cases.ts';
import { CreateLeadBody, LeadPage, LeadView, ListLeadsQuery, PatchLeadBody } from './schemas.ts';
import { toLeadView } from './view.ts';

interface LeadRouteDeps {
  readonly leads: LeadUseCases;
}

const tag = 'Leads';
const access = ['admin', 'agent'] as const;

export const leadRoutes = (deps: LeadRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (lead: LeadDoc) => ({ body: toLeadView(lead), headers: { etag: etagOf(lead.version) } });

function filterOf(query: z.output<typeof ListLeadsQuery>): LeadFilter {
  const { stage, tag: tagged, optInStatus, assignedAgentId } = query;
  return {
    ...(stage === undefined ? {} : { stage }),
    ...(tagged === undefined ? {} : { tag: tagged }),
    ...(optInStatus === undefined ? {} : { optInStatus }),
    ...(assignedAgentId === undefined
      ? {}
      : { assignedAgentId: assignedAgentId === 'none' ? null : assignedAgentId }),
  };
}

const readRoutes = ({ leads }: LeadRouteDeps) => [
  route({
    method: 'get',
    path: '/api/leads',
    operationId: 'listLeads',
    summary: 'List leads',
    description:
      'Newest first; with `q`, best first. Filters are combined; `q` and `optInStatus` apply to the contact.',
    tag,
    access,
    query: ListLeadsQuery,
    replies: { 200: LeadPage },
    problems: ['search-too-broad'],
    async handle({ actor, query }) {
      const { limit, cursor, q } = query;
      const order = q === undefined ? newestFirst(cursor) : peopleBy(q, cursor);
      const page = await leads.list(scopeOf(actor.clientId), filterOf(query), { limit, order });
      return { status: 200, body: { ...page, items: page.items.map(toLeadView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/leads/:id',
    operationId: 'getLead',
    summary: 'Get a lead',
    description: 'Includes the phone number, name and consent of its contact.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: LeadView },
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await leads.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ leads }: LeadRouteDeps) => [
  route({
    method: 'post',
    path: '/api/leads',
    operationId: 'createLead',
    summary: 'Create a lead',
    description:
      'For a contact, or for a phone number whose contact is found or created. `name`, `optInStatus` and ' +
      '`consent` belong to the contact; `consent` is required to change the consent of an existing contact. ' +
      'A contact has one lead: 409 `already-exists` names it.',
    tag,
    access,
    body: CreateLeadBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: LeadView },
    problems: ['not-found', 'already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await leads.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/leads/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/leads/:id',
    operationId: 'updateLead',
    summary: 'Change a lead',
    description:
      'Changes only the given fields; null clears a field. `name`, and `optInStatus` together with ' +
      '`consent`, change the contact.',
    tag,
    access,
    params: idParams,
    body: PatchLeadBody,
    sendsETag: true,
    replies: { 200: LeadView },
    problems: ['precondition-failed', 'wrong-state'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const lead = await leads.update(scopeOf(actor.clientId), userOf(actor), ref, body);
      return { status: 200, ...replyWith(lead) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/leads/:id',
    operationId: 'deleteLead',
    summary: 'Delete a lead',
    description:
      'Refused with 409 `in-use` while it has an open or pending conversation. Closed conversations keep ' +
      'their history and `leadId`; if the contact gets a lead again, the new lead has the same id. The ' +
      'contact stays.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await leads.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
