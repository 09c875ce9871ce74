import { z } from 'zod';
import { objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { TemplateNeedsView, templateComponents, templateVariables } from './content/schemas.ts';
import { qualityScores, templateCategories, templateStatuses } from './store/model.ts';

export { TemplatePreviewView, templateVariables } from './content/schemas.ts';

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

const messageSendTtlSeconds = z
  .int()
  .optional()
  .meta({ description: 'How long the provider tries to deliver a message; -1 for 30 days' });

export const CreateTemplateBody = z.strictObject({
  channelId: objectIdText,
  name: templateName,
  language: templateLanguage,
  category: z.enum(templateCategories),
  components: templateComponents,
  messageSendTtlSeconds,
  submit: z
    .boolean()
    .optional()
    .meta({ description: 'False keeps it a draft; otherwise it goes to the provider’s review at once' }),
});
export type CreateTemplateBody = z.output<typeof CreateTemplateBody>;

export const PatchTemplateBody = z
  .strictObject({
    category: z.enum(templateCategories).optional(),
    components: templateComponents.optional(),
    messageSendTtlSeconds,
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
    submittedCategory: z
      .enum(templateCategories)
      .nullable()
      .meta({ description: 'What was asked for, where the provider decided otherwise' }),
    status: z.enum(templateStatuses),
    rejectionReason: z.string().nullable(),
    pauseReason: z.string().nullable(),
    submitProblem: z.string().nullable().meta({ description: 'Why the last submission came to nothing' }),
    qualityScore: z.enum(qualityScores).nullable(),
    needsSync: z.boolean().meta({ description: 'The provider’s template may differ; it is read again soon' }),
    providerTemplateId: z.string().nullable(),
    parameterFormat: z.enum(['positional', 'named']),
    messageSendTtlSeconds: z.int().nullable(),
    components: z.array(z.record(z.string(), z.unknown())).meta({ description: 'As in Meta’s template API' }),
    variables: TemplateNeedsView,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Template' });
export type TemplateView = z.input<typeof TemplateView>;

export const TemplatePage = pageOf(TemplateView);

export const SyncTemplatesBody = z.strictObject({ channelId: objectIdText });

export const TemplateSyncView = z
  .object({
    added: z.int(),
    updated: z.int(),
    removed: z.int().meta({ description: 'No longer at the provider' }),
    unchanged: z.int(),
  })
  .meta({ id: 'TemplateSync' });
