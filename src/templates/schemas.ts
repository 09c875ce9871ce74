import { z } from 'zod';
import { objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { templateCategories, templateStatuses } from './model.ts';

export const ListTemplatesQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(templateStatuses).optional(),
  channelId: objectIdText.optional(),
});

export const TemplateView = z.object({
  id: z.string(),
  channelId: z.string(),
  name: z.string().meta({ examples: ['order_update'] }),
  language: z.string().meta({ examples: ['en_US'] }),
  category: z.enum(templateCategories),
  status: z.enum(templateStatuses),
  components: z.array(z.record(z.string(), z.unknown())).meta({ description: 'As in Meta’s template API' }),
  variables: z
    .object({
      header: z.array(z.string()),
      body: z.array(z.string()),
      buttons: z.array(z.string()).meta({ description: 'Places of the buttons that need a value' }),
    })
    .meta({ description: 'What a send has to give: positions or names' }),
  createdAt: z.iso.datetime(),
});
export type TemplateView = z.input<typeof TemplateView>;

export const TemplatePage = pageOf(TemplateView);
