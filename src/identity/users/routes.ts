import type { AttemptGuard } from '../attempts/guard.ts';
import { nameKeyOf } from '../../platform/name-key.ts';
import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { type Actor, route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { byPrefix, newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { networkOf } from '../../platform/network.ts';
import type { UserUseCases } from './use-cases.ts';
import { searchFieldOf } from './rules.ts';
import {
  InviteUserBody,
  ListUsersQuery,
  PatchUserBody,
  UserOrColleagueView,
  UserPage,
  UserView,
} from './schemas.ts';
import type { UserDoc } from './directory.ts';
import { toColleagueView, toUserView } from './view.ts';

interface UserRouteDeps {
  readonly useCases: UserUseCases;
  readonly guard: AttemptGuard;
}

const tag = 'Users';
const admins = ['admin'] as const;

export const userRoutes = (deps: UserRouteDeps) => [
  ...readRoutes(deps),
  ...writeRoutes(deps),
  ...accessRoutes(deps),
];

/** Agents see only what they need to assign work; e-mail addresses are for admins. */
const viewFor = ({ role }: Actor, user: UserDoc) =>
  role === 'admin' ? toUserView(user) : toColleagueView(user);

const answer = (user: UserDoc) => ({ body: toUserView(user), headers: { etag: etagOf(user.version) } });

/** An agent's search ignores e-mail addresses, because an empty or non-empty list would reveal them. */
function orderOf({ role }: Actor, q: string | undefined, cursor: string | undefined) {
  if (q === undefined) return newestFirst(cursor);
  const field = role === 'admin' ? searchFieldOf(q) : 'nameKey';
  const prefix = field === 'email' ? q.toLowerCase() : nameKeyOf(q);
  return byPrefix({ field, prefix }, cursor);
}

const readRoutes = ({ useCases }: UserRouteDeps) => [
  route({
    method: 'get',
    path: '/api/users',
    operationId: 'listUsers',
    summary: 'List users',
    description: 'Admins see whole users; agents see only what they need to assign work.',
    tag,
    access: ['admin', 'agent'],
    query: ListUsersQuery,
    replies: { 200: UserPage },
    async handle({ actor, query: { limit, cursor, q, role, status, teamId } }) {
      const filter = {
        ...(role === undefined ? {} : { role }),
        ...(status === undefined ? {} : { status }),
        ...(teamId === undefined ? {} : { teamId }),
      };
      const order = orderOf(actor, q, cursor);
      const page = await useCases.list(scopeOf(actor.clientId), filter, { limit, order });
      return { status: 200, body: { ...page, items: page.items.map((user) => viewFor(actor, user)) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/users/:id',
    operationId: 'getUser',
    summary: 'Get a user',
    description: 'Admins get the whole user; agents get only what they need to assign work.',
    tag,
    access: ['admin', 'agent'],
    params: idParams,
    sendsETag: true,
    replies: { 200: UserOrColleagueView },
    async handle({ actor, params }) {
      const user = await useCases.get(scopeOf(actor.clientId), params.id);
      return { status: 200, body: viewFor(actor, user), headers: { etag: etagOf(user.version) } };
    },
  }),
];

const writeRoutes = ({ useCases, guard }: UserRouteDeps) => [
  route({
    method: 'post',
    path: '/api/users',
    operationId: 'inviteUser',
    summary: 'Invite a user',
    description:
      'Admins with a confirmed address only. The user gets a mail with a link to set a password. The link works once and expires ' +
      'after 7 days; the token after `#token=` goes to `POST /api/auth/reset-password`. Until then ' +
      '`hasPassword` is false and the user cannot sign in.',
    tag,
    access: admins,
    body: InviteUserBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: UserView },
    problems: ['email-not-confirmed', 'email-taken', 'too-many-requests'],
    async handle({ actor, body, request }) {
      await guard.enter('invite', { account: body.email, network: networkOf(request.ip) });
      const invited = await useCases.invite(scopeOf(actor.clientId), userOf(actor), body);
      const { body: view, headers } = answer(invited);
      return { status: 201, body: view, headers: { ...headers, location: `/api/users/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/users/:id',
    operationId: 'updateUser',
    summary: 'Change a user',
    description:
      'Disabling a user ends their sessions within a second. The last active admin cannot be ' +
      'disabled or demoted.',
    tag,
    access: admins,
    params: idParams,
    body: PatchUserBody,
    sendsETag: true,
    replies: { 200: UserView },
    problems: ['last-admin', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      return {
        status: 200,
        ...answer(await useCases.update(scopeOf(actor.clientId), userOf(actor), ref, body)),
      };
    },
  }),
];

const accessRoutes = ({ useCases, guard }: UserRouteDeps) => [
  route({
    method: 'post',
    path: '/api/users/:id/invite',
    operationId: 'resendInvitation',
    summary: 'Send an invitation again',
    description: 'For users without a password. Links sent earlier work until they expire.',
    tag,
    access: admins,
    params: idParams,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 200: UserView },
    problems: ['email-not-confirmed', 'wrong-state', 'too-many-requests'],
    async handle({ actor, params, request }) {
      const scope = scopeOf(actor.clientId);
      const { email } = await useCases.get(scope, params.id);
      await guard.enter('invite', { account: email, network: networkOf(request.ip) });
      return { status: 200, ...answer(await useCases.inviteAgain(scope, userOf(actor), params.id)) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/users/:id/sessions',
    operationId: 'endUserSessions',
    summary: 'End all sessions of a user',
    description: 'Every process refuses their tokens within a second. The user can sign in again.',
    tag,
    access: admins,
    params: idParams,
    replies: { 204: null },
    async handle({ actor, params }) {
      await useCases.endSessions(scopeOf(actor.clientId), userOf(actor), params.id);
      return { status: 204 };
    },
  }),
];
