import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { CreateTeamBody, TeamPage, TeamView, ListTeamsQuery, PatchTeamBody } from './schemas.ts';
import type { TeamDoc, TeamUseCases } from './use-cases.ts';
import { toTeamView } from './view.ts';

interface TeamRouteDeps {
  readonly teams: TeamUseCases;
}

const tag = 'Teams';
const readers = ['admin', 'agent'] as const;
const writers = ['admin'] as const;

export const teamRoutes = (deps: TeamRouteDeps) => [...readRoutes(deps), ...writeRoutes(deps)];

const replyWith = (team: TeamDoc) => ({
  body: toTeamView(team),
  headers: { etag: etagOf(team.version) },
});

const readRoutes = ({ teams }: TeamRouteDeps) => [
  route({
    method: 'get',
    path: '/api/teams',
    operationId: 'listTeams',
    summary: 'List teams',
    description: 'Newest first.',
    tag,
    access: readers,
    query: ListTeamsQuery,
    replies: { 200: TeamPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await teams.list(scopeOf(actor.clientId), { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toTeamView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/teams/:id',
    operationId: 'getTeam',
    summary: 'Get a team',
    description: 'Assignment policies and filters of conversations name it by its id.',
    tag,
    access: readers,
    params: idParams,
    sendsETag: true,
    replies: { 200: TeamView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await teams.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
];

const writeRoutes = ({ teams }: TeamRouteDeps) => [
  route({
    method: 'post',
    path: '/api/teams',
    operationId: 'createTeam',
    summary: 'Create a team',
    description:
      'Names are unique, whatever their case and accents. Members are active users when they join.',
    tag,
    access: writers,
    body: CreateTeamBody,
    sendsETag: true,
    idempotent: 'by-answer',
    replies: { 201: TeamView },
    problems: ['not-found', 'already-exists'],
    async handle({ actor, body }) {
      const { body: view, headers } = replyWith(
        await teams.create(scopeOf(actor.clientId), userOf(actor), body),
      );
      return { status: 201, body: view, headers: { ...headers, location: `/api/teams/${view.id}` } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/teams/:id',
    operationId: 'updateTeam',
    summary: 'Change a team',
    description:
      '`userIds` replaces all members. Assignment policies of the team go by the new members at once; what is ' +
      'assigned stays assigned.',
    tag,
    access: writers,
    params: idParams,
    body: PatchTeamBody,
    sendsETag: true,
    replies: { 200: TeamView },
    problems: ['not-found', 'already-exists', 'precondition-failed'],
    async handle({ actor, params, body, request }) {
      const ref = refOf(params.id, request);
      const team = await teams.update(scopeOf(actor.clientId), userOf(actor), ref, body);
      return { status: 200, ...replyWith(team) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/teams/:id',
    operationId: 'deleteTeam',
    summary: 'Delete a team',
    description: 'Refused while an assignment policy names the team.',
    tag,
    access: writers,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found', 'in-use', 'precondition-failed'],
    async handle({ actor, params, request }) {
      await teams.remove(scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 204 };
    },
  }),
];
