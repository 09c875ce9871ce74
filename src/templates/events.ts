import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { TemplateCategory, TemplateStatus } from './schemas.ts';

const TemplateFacts = z
  .object({
    channelId: z.string(),
    name: z.string(),
    language: z.string(),
    status: TemplateStatus,
    category: TemplateCategory,
  })
  .meta({
    id: 'TemplateFacts',
    examples: [
      {
        channelId: '665f1c2ab7e4d3a9c8b01210',
        name: 'order_update',
        language: 'en_US',
        status: 'approved',
        category: 'utility',
      },
    ],
  });

const ofTemplate = { entity: 'template', audience: 'everyone', view: TemplateFacts } as const;

export const templateEvents = defineEvents({
  'template.created': { summary: 'A template was created, or found at the provider', ...ofTemplate },
  'template.updated': { summary: 'A template was changed, by a user or the provider', ...ofTemplate },
  'template.deleted': { summary: 'A template was deleted', ...ofTemplate },
});

type TemplateEvents = typeof templateEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends TemplateEvents {}
}
