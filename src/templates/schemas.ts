import { z } from 'zod';
import { objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { componentsExample, templateComponents } from './content/components/schemas.ts';
import { templateLanguages } from './content/languages.ts';
import { TemplateNeedsView, templateVariables } from './content/schemas.ts';
import { qualityScores, templateCategories, templateStatuses } from './store/model.ts';

export { TemplatePreviewView, templateVariables } from './content/schemas.ts';

export const TemplateStatus = z.enum(templateStatuses).meta({ id: 'TemplateStatus' });
export const TemplateCategory = z.enum(templateCategories).meta({ id: 'TemplateCategory' });

const exampleIds = { id: '665f1c2ab7e4d3a9c8b01215', channelId: '665f1c2ab7e4d3a9c8b01210' };

export const ListTemplatesQuery = z.strictObject({
  ...pageQuery,
  status: TemplateStatus.optional().meta({ description: 'Only templates with this status' }),
  channelId: objectIdText.optional().meta({ description: 'Only templates of this channel' }),
});

export const templateName = z
  .string()
  .regex(/^[a-z0-9_]{1,512}$/, { error: 'Must be lower-case letters, digits and underscores.' });

/** Of an existing template: one that was read from Meta may have a language that is not in our list. */
export const templateLanguage = z
  .string()
  .regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, { error: 'Must be a language such as en or en_US.' });

const NewTemplateLanguage = z
  .enum(templateLanguages, { error: 'Must be a language of WhatsApp templates, such as en or en_US.' })
  .meta({ id: 'TemplateLanguage' });

const messageSendTtlSeconds = z
  .int()
  .optional()
  .meta({ description: 'Seconds in which the provider tries to deliver a message; -1 for 30 days' });

export const CreateTemplateBody = z
  .strictObject({
    channelId: objectIdText,
    name: templateName,
    language: NewTemplateLanguage,
    category: TemplateCategory,
    components: templateComponents,
    messageSendTtlSeconds,
    submit: z
      .boolean()
      .optional()
      .meta({ description: 'False keeps it a draft; otherwise it is submitted for review at once' }),
  })
  .meta({
    id: 'CreateTemplateBody',
    examples: [
      {
        channelId: exampleIds.channelId,
        name: 'order_update',
        language: 'en_US',
        category: 'utility',
        components: componentsExample,
      },
    ],
  });
export type CreateTemplateBody = z.output<typeof CreateTemplateBody>;

export const PatchTemplateBody = z
  .strictObject({
    category: TemplateCategory.optional(),
    components: templateComponents.optional(),
    messageSendTtlSeconds,
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'Give at least one field to change.' })
  .meta({ id: 'UpdateTemplateBody', examples: [{ components: componentsExample }] });
export type PatchTemplateBody = z.output<typeof PatchTemplateBody>;

export const variablesExample = { body: ['Ana', '1042'], buttons: { '0': '1042' } };

export const PreviewTemplateBody = z
  .strictObject({ variables: templateVariables.optional() })
  .meta({ id: 'PreviewTemplateBody', examples: [{ variables: variablesExample }] });

const TemplateComponent = z
  .record(z.string(), z.unknown())
  .meta({ id: 'TemplateComponent', description: 'As in the template API of Meta, which may add kinds' });

export const TemplateView = z
  .object({
    id: z.string(),
    channelId: z.string(),
    name: z.string(),
    language: z.string(),
    category: TemplateCategory,
    submittedCategory: TemplateCategory.nullable().meta({
      description: 'The submitted category, if the provider chose another',
    }),
    unknownCategory: z
      .string()
      .nullable()
      .meta({
        description:
          'The category as the provider calls it, if this version does not know the word; until then `category` is the ' +
          'last known one, and `marketing` for a template that was read from the provider',
      }),
    status: TemplateStatus,
    unknownStatus: z.string().nullable().meta({
      description: 'The same for the status: `pending` for a template that was read from the provider',
    }),
    rejectionReason: z.string().nullable(),
    pauseReason: z.string().nullable(),
    submitProblem: z.string().nullable().meta({ description: 'Why the last submission failed' }),
    qualityScore: z.enum(qualityScores).nullable(),
    needsSync: z
      .boolean()
      .meta({ description: 'The template at the provider may differ; it is read again soon' }),
    providerTemplateId: z.string().nullable(),
    parameterFormat: z.enum(['positional', 'named']),
    messageSendTtlSeconds: z.int().nullable(),
    components: z.array(TemplateComponent),
    variables: TemplateNeedsView,
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'Template',
    examples: [
      {
        ...exampleIds,
        name: 'order_update',
        language: 'en_US',
        category: 'utility',
        submittedCategory: null,
        unknownCategory: null,
        status: 'approved',
        unknownStatus: null,
        rejectionReason: null,
        pauseReason: null,
        submitProblem: null,
        qualityScore: 'green',
        needsSync: false,
        providerTemplateId: '1689556908129832',
        parameterFormat: 'positional',
        messageSendTtlSeconds: null,
        components: componentsExample,
        variables: {
          headerFormat: null,
          header: [],
          body: ['1', '2'],
          buttons: ['0'],
          cards: [],
          offerExpiresAt: false,
          code: false,
        },
        createdAt: '2026-11-23T08:06:00.000Z',
      },
    ],
  });
export type TemplateView = z.input<typeof TemplateView>;

export const TemplatePage = pageOf(TemplateView, 'TemplatePage');

export const SyncTemplatesBody = z
  .strictObject({ channelId: objectIdText })
  .meta({ id: 'SyncTemplatesBody', examples: [{ channelId: exampleIds.channelId }] });

export const TemplateSyncView = z
  .object({
    added: z.int(),
    updated: z.int(),
    removed: z.int().meta({ description: 'No longer at the provider' }),
    unchanged: z.int(),
  })
  .meta({ id: 'TemplateSync', examples: [{ added: 1, updated: 2, removed: 0, unchanged: 14 }] });
