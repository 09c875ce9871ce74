import { Types } from 'mongoose';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { ListSessionsQuery, SessionPage } from './schemas.ts';
import type { Sessions } from './sessions.ts';
import { toSessionView } from './view.ts';

const tag = 'Auth';
const access = ['admin', 'agent', 'operator'] as const;

export const sessionRoutes = ({ sessions }: { sessions: Sessions }) => [
  route({
    method: 'get',
    path: '/api/auth/sessions',
    operationId: 'listSessions',
    summary: 'List your sessions',
    description: 'Every place where you are signed in, newest sign-in first.',
    tag,
    access,
    query: ListSessionsQuery,
    replies: { 200: SessionPage },
    async handle({ actor, query: { limit, cursor } }) {
      const after = cursor === undefined ? null : decodeCursor(cursor, 'date').id;
      const page = await sessions.list(scopeOf(actor.clientId), actor.userId, { limit, after });
      const items = page.items.map((session) => toSessionView(session, actor.sessionId));
      return { status: 200, body: { ...page, items } };
    },
  }),
  route({
    method: 'delete',
    path: '/api/auth/sessions',
    operationId: 'endOtherSessions',
    summary: 'End all your sessions except the current one',
    description: 'Every process refuses their tokens within a second.',
    tag,
    access,
    replies: { 204: null },
    async handle({ actor }) {
      const { clientId, userId, sessionId } = actor;
      const others = { userId, except: Types.ObjectId.createFromHexString(sessionId) };
      await sessions.end(scopeOf(clientId), { type: 'user', userId }, others, 'ended-by-user');
      return { status: 204 };
    },
  }),
  route({
    method: 'delete',
    path: '/api/auth/sessions/:id',
    operationId: 'endSession',
    summary: 'End one of your sessions',
    description: 'Every process refuses its tokens within a second. It may be the current session.',
    tag,
    access,
    params: idParams,
    replies: { 204: null },
    problems: ['not-found'],
    async handle({ actor, params }) {
      await sessions.endOwn(scopeOf(actor.clientId), actor.userId, params.id);
      return { status: 204 };
    },
  }),
];
