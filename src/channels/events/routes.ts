import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import type { ChannelUseCases } from '../use-cases.ts';
import { ChannelEventPage, ListChannelEventsQuery } from './schemas.ts';
import type { ChannelEvents } from './service.ts';
import { toChannelEventView } from './view.ts';

interface ChannelEventRouteDeps {
  readonly events: ChannelEvents;
  readonly useCases: Pick<ChannelUseCases, 'get'>;
}

export const channelEventRoutes = ({ events, useCases }: ChannelEventRouteDeps) => [
  route({
    method: 'get',
    path: '/api/channels/:id/events',
    operationId: 'listChannelEvents',
    summary: 'List the events of a channel',
    description:
      'What WhatsApp reported about the number, its account and its templates, newest first: ' +
      'violations, restrictions, a scheduled disabling with its date, decisions about the name, changes of the ' +
      'PIN, errors of the account, and events that the product does not know. The latest 1,000 events of the ' +
      'last half year are kept.',
    tag: 'Channels',
    access: ['admin'],
    params: idParams,
    query: ListChannelEventsQuery,
    replies: { 200: ChannelEventPage },
    problems: ['not-found'],
    async handle({ actor, params, query }) {
      const scope = scopeOf(actor.clientId);
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor, 'date');
      await useCases.get(scope, params.id);
      const page = await events.list(scope, params.id, { limit: query.limit, after });
      return { status: 200, body: { ...page, items: page.items.map(toChannelEventView) } };
    },
  }),
];
