import { userOf } from '../../../http/actor.ts';
import { etagOf, refOf } from '../../../http/etag.ts';
import { route } from '../../../http/route.ts';
import { idParams } from '../../../platform/fields.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import {
  CreateAssignmentPolicyBody,
  PatchAssignmentPolicyBody,
  AssignmentPolicyList,
  AssignmentPolicyView,
} from './schemas.ts';
import type { AssignmentPolicyDoc, AssignmentPolicyUseCases } from './use-cases.ts';
import { toAssignmentPolicyView } from './view.ts';

interface AssignmentPolicyRouteDeps {
  readonly policies: AssignmentPolicyUseCases;
}

const tag = 'Assignment';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const assignmentPolicyRoutes = (deps: AssignmentPolicyRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
];

const replyWith = (policy: AssignmentPolicyDoc) => ({
  body: toAssignmentPolicyView(policy),
  headers: { etag: etagOf(policy.version) },
});

const readRoutes = ({ policies }: AssignmentPolicyRouteDeps) => [
  route({
    method: 'get',
    path: '/api/assignment-policies',
    operationId: 'listAssignmentPolicies',
    summary: 'List assignment policies',
    description: 'In order of their priority. There are 50 at most, so the list has one page.',
    tag,
    access: readers,
    replies: { 200: AssignmentPolicyList },
    async handle({ actor }) {
      const found = await policies.list(scopeOf(actor.clientId));
      return { status: 200, body: { items: found.map(toAssignmentPolicyView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/assignment-policies/:id',
    operationId: 'getAssignmentPolicy',
    summary: 'Get an assignment policy',
    description: 'Which agents get which conversations.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: AssignmentPolicyView },
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await policies.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ policies }: AssignmentPolicyRouteDeps) => [
  route({
    method: 'post',
    path: '/api/assignment-policies',
    operationId: 'createAssignmentPolicy',
    summary: 'Create an assignment policy',
    description:
      'From then on, open conversations without an agent wait in the queue while their contact waits for an ' +
      'answer. Without a policy, nothing is assigned automatically.',
    tag,
    access: writers,
    body: CreateAssignmentPolicyBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: AssignmentPolicyView },
    problems: ['not-found', 'already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await policies.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return {
        status: 201,
        body: view,
        headers: { ...headers, location: `/api/assignment-policies/${view.id}` },
      };
    },
  }),
  route({
    method: 'patch',
    path: '/api/assignment-policies/:id',
    operationId: 'updateAssignmentPolicy',
    summary: 'Change an assignment policy',
    description:
      'Changes only the given fields; null clears a field. It counts from the next assignment on; what is ' +
      'assigned stays assigned.',
    tag,
    access: writers,
    params: idParams,
    body: PatchAssignmentPolicyBody,
    sendsETag: true,
    replies: { 200: AssignmentPolicyView },
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
    path: '/api/assignment-policies/:id',
    operationId: 'deleteAssignmentPolicy',
    summary: 'Delete an assignment policy',
    description: 'What waits goes by the next policy that matches; without one, it waits for people.',
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
