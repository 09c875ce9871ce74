import { route } from '../http/route.ts';
import { scopeOf } from '../platform/mongo.ts';
import { decodeCursor } from '../platform/pagination.ts';
import { ChannelPage, ListChannelsQuery } from './schemas.ts';
import type { ChannelService } from './service.ts';
import { toChannelView } from './view.ts';

export const channelRoutes = ({ channels }: { channels: ChannelService }) => [
  route({
    method: 'get',
    path: '/api/channels',
    summary: 'List channels',
    description: 'The WhatsApp numbers of the business, oldest first. Credentials are never shown.',
    tag: 'Channels',
    access: ['admin', 'agent'],
    query: ListChannelsQuery,
    replies: { 200: ChannelPage },
    async handle({ actor, query }) {
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor, 'date');
      const page = await channels.list(scopeOf(actor.clientId), { limit: query.limit, after });
      return { status: 200, body: { ...page, items: page.items.map(toChannelView) } };
    },
  }),
];
