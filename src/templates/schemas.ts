import { z } from 'zod';
import { objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { TemplateNeedsView, templateComponents, templateVariables } from './content-schemas.ts';
import { templateCategories, templateStatuses } from './model.ts';

export { TemplatePreviewView, templateVariables } from './content-schemas.ts';

export const ListTemplatesQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(templateStatuses).optional(),
  channelId: objectIdText.optional(),
});

export const templateName = z
  .string()
  .regex(/^[a-z0-9_]{1,512}$/, { error: 'Must be lower-case letters, digits and underscores.' })
  .meta({ examples: ['order_update'] });

export const templateLanguage = z
  .string()
  .regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, { error: 'Must be a language as en or en_US.' })
  .meta({ examples: ['en_US'] });

export const CreateTemplateBody = z.strictObject({
  channelId: objectIdText,
  name: templateName,
  language: templateLanguage,
  category: z.enum(templateCategories),
  components: templateComponents,
});
export type CreateTemplateBody = z.output<typeof CreateTemplateBody>;

export const PatchTemplateBody = z
  .strictObject({
    category: z.enum(templateCategories).optional(),
    components: templateComponents.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'Give at least one field to change.' });
export type PatchTemplateBody = z.output<typeof PatchTemplateBody>;

export const PreviewTemplateBody = z.strictObject({ variables: templateVariables.optional() });

export const TemplateView = z
  .object({
    id: z.string(),
    channelId: z.string(),
    name: z.string().meta({ examples: ['order_update'] }),
    language: z.string().meta({ examples: ['en_US'] }),
    category: z.enum(templateCategories),
    status: z.enum(templateStatuses),
    components: z.array(z.record(z.string(), z.unknown())).meta({ description: 'As in Meta’s template API' }),
    variables: TemplateNeedsView,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Template' });
export type TemplateView = z.input<typeof TemplateView>;

export const TemplatePage = pageOf(TemplateView);
