import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { ConversationUseCases, ShownConversation } from './use-cases.ts';
import {
  AssignConversationBody,
  ConversationCountsView,
  ConversationPage,
  ConversationView,
  PatchConversationBody,
  ReplaceLabelsBody,
} from './schemas.ts';
import { readingRoutes } from './reading-routes.ts';
import { ListConversationsQuery } from './search-schemas.ts';
import { decodePlace } from './sorting.ts';
import { SnoozeConversationBody, wishOf } from './snooze-schemas.ts';
import type { NoteTyping } from './typing.ts';
import { maxViewCount } from './counts.ts';
import { toConversationListItemView, toConversationView } from './view.ts';

interface ConversationRouteDeps {
  readonly conversations: ConversationUseCases;
  readonly noteTyping: NoteTyping;
}

const tag = 'Conversations';
const access = ['admin', 'agent'] as const;
const replies = { 200: ConversationView } as const;
const aboutVersions =
  'The `ETag` counts changes of status, snooze, assignment and labels; a new message does not change it. Send it as `If-Match` to ' +
  'change only the version that you have seen.';

export const conversationRoutes = (deps: ConversationRouteDeps) => [
  ...readRoutes(deps),
  ...decisionRoutes(deps),
  ...takingRoutes(deps),
  ...snoozeRoutes(deps),
  ...readingRoutes(deps),
];

const readRoutes = ({ conversations }: ConversationRouteDeps) => [
  route({
    method: 'get',
    path: '/api/conversations',
    operationId: 'listConversations',
    summary: 'List conversations',
    description:
      'Latest message first, unless `sort` says otherwise. A conversation that gets a message moves to the first page; one ' +
      'that changes its place while you page may be seen twice or not at all. A cursor belongs to its `sort`.',
    tag,
    access,
    query: ListConversationsQuery,
    replies: { 200: ConversationPage },
    problems: ['search-too-broad'],
    async handle({ actor, query: { limit, cursor, sort, updatedSince: changedSince, ...search } }) {
      const after = cursor === undefined ? null : decodePlace(cursor, sort);
      const range = { limit, after, sort, ...(changedSince === undefined ? {} : { changedSince }) };
      const page = await conversations.list(scopeOf(actor.clientId), userOf(actor), search, range);
      return { status: 200, body: { ...page, items: page.items.map(toConversationListItemView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/conversations/counts',
    operationId: 'getConversationCounts',
    summary: 'Count the conversations of the usual views',
    description: `Counted when you ask. ${maxViewCount} means as many or more.`,
    tag,
    access,
    replies: { 200: ConversationCountsView },
    problems: ['search-too-broad'],
    async handle({ actor }) {
      return { status: 200, body: await conversations.count(scopeOf(actor.clientId), actor.userId) };
    },
  }),
  route({
    method: 'get',
    path: '/api/conversations/:id',
    operationId: 'getConversation',
    summary: 'Get a conversation and its history',
    description: aboutVersions,
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found'],
    async handle({ actor, params }) {
      return answer(await conversations.get(scopeOf(actor.clientId), userOf(actor), params.id));
    },
  }),
];

const decisionRoutes = ({ conversations }: ConversationRouteDeps) => [
  route({
    method: 'patch',
    path: '/api/conversations/:id',
    operationId: 'updateConversation',
    summary: 'Change the status of a conversation',
    description: `A closed conversation can be reopened while the contact has no other open or pending one on the channel. ${aboutVersions}`,
    tag,
    access,
    params: idParams,
    body: PatchConversationBody,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(await conversations.setStatus(scopeOf(actor.clientId), userOf(actor), ref, body.status));
    },
  }),
  route({
    method: 'post',
    path: '/api/conversations/:id/assign',
    operationId: 'assignConversation',
    summary: 'Assign or unassign a conversation',
    description: aboutVersions,
    tag,
    access,
    params: idParams,
    body: AssignConversationBody,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(await conversations.assign(scopeOf(actor.clientId), userOf(actor), ref, body.agentId));
    },
  }),
  route({
    method: 'put',
    path: '/api/conversations/:id/labels',
    operationId: 'replaceConversationLabels',
    summary: 'Replace the labels of a conversation',
    description: `It then has exactly the given labels. ${aboutVersions}`,
    tag,
    access,
    params: idParams,
    body: ReplaceLabelsBody,
    sendsETag: true,
    replies,
    problems: ['not-found', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return answer(
        await conversations.replaceLabels(scopeOf(actor.clientId), userOf(actor), ref, body.labels),
      );
    },
  }),
];

const takingRoutes = ({ conversations }: ConversationRouteDeps) => [
  route({
    method: 'post',
    path: '/api/conversations/:id/take',
    operationId: 'takeConversation',
    summary: 'Take a conversation',
    description:
      'Assigns an open or pending conversation to you, unless a colleague has it. If two users take it at the same ' +
      `time, one gets it. ${aboutVersions}`,
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await conversations.take(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
  route({
    method: 'post',
    path: '/api/conversations/:id/give-back',
    operationId: 'returnConversation',
    summary: 'Give back a conversation',
    description:
      'Unassigns your conversation. With an assignment policy it waits at the place that it had, and goes to somebody ' +
      `else. ${aboutVersions}`,
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, request }) {
      const ref = refOf(params.id, request);
      return answer(await conversations.giveBack(scopeOf(actor.clientId), userOf(actor), ref));
    },
  }),
];

const snoozeRoutes = ({ conversations }: ConversationRouteDeps) => [
  route({
    method: 'post',
    path: '/api/conversations/:id/snooze',
    operationId: 'snoozeConversation',
    summary: 'Snooze a conversation',
    description:
      'It is `pending` until the time, and then open again. A message of the contact opens it at once, and any change of ' +
      `status ends the snooze. The last snooze counts. With an assignment policy it then goes to its agent if they are ` +
      `online, else to the queue. ${aboutVersions}`,
    tag,
    access,
    params: idParams,
    body: SnoozeConversationBody,
    sendsETag: true,
    replies,
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const snooze = conversations.snoozeFor(wishOf(body), 'body.snoozedUntil');
      return answer(await conversations.snooze(scopeOf(actor.clientId), userOf(actor), ref, snooze));
    },
  }),
];

const answer = (found: ShownConversation) =>
  ({
    status: 200,
    body: toConversationView(found),
    headers: { etag: etagOf(found.conversation.version) },
  }) as const;
