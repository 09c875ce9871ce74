import { userOf } from '../../../http/actor.ts';
import { route } from '../../../http/route.ts';
import type { UserDirectory } from '../../../identity/users/directory.ts';
import type { Clock } from '../../../platform/clock.ts';
import { notFound } from '../../../platform/errors.ts';
import { idParams } from '../../../platform/fields.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import {
  AgentPresenceList,
  AgentPresenceView,
  AvailabilityView,
  ChooseAvailabilityBody,
  ReplaceCapacityBody,
} from './schemas.ts';
import type { AgentUseCases } from './use-cases.ts';
import { toAgentPresenceView, toAvailabilityView } from './view.ts';

interface AgentRouteDeps {
  readonly agents: Pick<AgentUseCases, 'get' | 'list' | 'choose' | 'connect' | 'setCapacity'>;
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly clock: Clock;
}

const tag = 'Assignment';
const access = ['admin', 'agent'] as const;

export const agentRoutes = (deps: AgentRouteDeps) => [...ownRoutes(deps), ...teamRoutes(deps)];

const ownRoutes = ({ agents, clock }: AgentRouteDeps) => [
  route({
    method: 'get',
    path: '/api/me/availability',
    operationId: 'getAvailability',
    summary: 'Get your availability',
    description: 'Until you choose, you are offline and get no conversations.',
    tag,
    access,
    replies: { 200: AvailabilityView },
    async handle({ actor }) {
      const state = await agents.get(scopeOf(actor.clientId), actor.userId);
      return { status: 200, body: toAvailabilityView(state, clock.now()) };
    },
  }),
  route({
    method: 'put',
    path: '/api/me/availability',
    operationId: 'chooseAvailability',
    summary: 'Choose your availability',
    description:
      'Conversations are assigned to you while you are `online` and connected: by a stream of live events, or by ' +
      'heartbeats. This call counts as a heartbeat.',
    tag,
    access,
    body: ChooseAvailabilityBody,
    replies: { 200: AvailabilityView },
    async handle({ actor, body }) {
      const state = await agents.choose(scopeOf(actor.clientId), userOf(actor), body.chosen);
      return { status: 200, body: toAvailabilityView(state, clock.now()) };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/heartbeat',
    operationId: 'sendHeartbeat',
    summary: 'Stay connected',
    description:
      'For clients without a stream of live events: keeps you connected for a minute. Send it every 20 seconds.',
    tag,
    access,
    replies: { 200: AvailabilityView },
    async handle({ actor }) {
      const scope = scopeOf(actor.clientId);
      await agents.connect(scope, actor.userId);
      return { status: 200, body: toAvailabilityView(await agents.get(scope, actor.userId), clock.now()) };
    },
  }),
];

const teamRoutes = ({ agents, users, clock }: AgentRouteDeps) => [
  route({
    method: 'get',
    path: '/api/agents/presence',
    operationId: 'listAgentPresence',
    summary: 'List the presence of agents',
    description: 'With how many open conversations each has.',
    tag,
    access,
    replies: { 200: AgentPresenceList },
    async handle({ actor }) {
      const now = clock.now();
      const states = await agents.list(scopeOf(actor.clientId));
      return { status: 200, body: { items: states.map((state) => toAgentPresenceView(state, now)) } };
    },
  }),
  route({
    method: 'put',
    path: '/api/agents/:id/capacity',
    operationId: 'replaceAgentCapacity',
    summary: 'Set the capacity of an agent',
    description:
      'The id is that of the user. With 0, nothing is assigned to them automatically; what they have stays.',
    tag,
    access: ['admin'],
    params: idParams,
    body: ReplaceCapacityBody,
    replies: { 200: AgentPresenceView },
    problems: ['not-found'],
    async handle({ actor, params, body }) {
      const scope = scopeOf(actor.clientId);
      if ((await users.findById(scope, params.id)) === null) throw notFound('user');
      const setting = { userId: params.id, capacity: body.capacity };
      const state = await agents.setCapacity(scope, userOf(actor), setting);
      return { status: 200, body: toAgentPresenceView(state, clock.now()) };
    },
  }),
];
