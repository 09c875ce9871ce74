import { route } from '../http/route.ts';
import { scopeOf } from '../platform/mongo.ts';
import { decodeCursor } from '../platform/pagination.ts';
import { ListTemplatesQuery, TemplatePage } from './schemas.ts';
import type { TemplateService } from './service.ts';
import { toTemplateView } from './view.ts';

export const templateRoutes = ({ templates }: { templates: TemplateService }) => [
  route({
    method: 'get',
    path: '/api/templates',
    summary: 'List templates',
    description: 'By name. `variables` says what a send of each has to give.',
    tag: 'Templates',
    access: ['admin', 'agent'],
    query: ListTemplatesQuery,
    replies: { 200: TemplatePage },
    async handle({ actor, query }) {
      const { limit, cursor, status, channelId } = query;
      const filter = {
        ...(status === undefined ? {} : { status }),
        ...(channelId === undefined ? {} : { channelId }),
      };
      const after = cursor === undefined ? null : decodeCursor(cursor, 'string');
      const { items, nextCursor } = await templates.list(scopeOf(actor.clientId), filter, { limit, after });
      return { status: 200, body: { items: items.map(toTemplateView), nextCursor } };
    },
  }),
];
