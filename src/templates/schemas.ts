import { z } from 'zod';
import { objectIdText } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { templateCategories, templateStatuses } from './model.ts';

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

const variableText = z.string().max(1_024);
const variableName = z.string().regex(/^[A-Za-z0-9_]{1,64}$/, { error: 'Must be a position or a name.' });
const variableValues = z.union([z.array(variableText).max(100), z.record(variableName, variableText)], {
  error: 'Must be a list of texts, or an object of texts by position or name.',
});

/** What a send and a preview give. */
export const templateVariables = z
  .strictObject({
    header: variableValues.optional(),
    body: variableValues.optional(),
    buttons: z.record(z.string().regex(/^\d{1,2}$/), z.string().max(2_000)).optional(),
  })
  .meta({
    description: 'Header and body by position or name; buttons by their place from 0',
    examples: [{ body: ['Ana', '1042'] }],
  });

/** Generous: what fits is for the rules to say, with all that is wrong at once. */
const anyText = z.string().max(4_096);
const sampleText = z.string().max(2_000);
const namedSamples = z
  .array(z.strictObject({ param_name: z.string().max(64), example: sampleText }))
  .max(100);

const HeaderComponent = z.strictObject({
  type: z.literal('HEADER'),
  format: z.literal('TEXT'),
  text: anyText.meta({ examples: ['Your order {{1}}'] }),
  example: z
    .strictObject({
      header_text: z.array(sampleText).max(1).optional(),
      header_text_named_params: namedSamples.optional(),
    })
    .optional(),
});

const BodyComponent = z.strictObject({
  type: z.literal('BODY'),
  text: anyText.meta({ examples: ['Hello {{1}}, your order {{2}} is on its way. Thank you.'] }),
  example: z
    .strictObject({
      body_text: z.array(z.array(sampleText).max(100)).max(1).optional(),
      body_text_named_params: namedSamples.optional(),
    })
    .optional(),
});

const Button = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('QUICK_REPLY'), text: anyText.meta({ examples: ['I will come'] }) }),
  z.strictObject({
    type: z.literal('URL'),
    text: anyText.meta({ examples: ['Track it'] }),
    url: anyText.meta({ examples: ['https://shop.example.com/orders/{{1}}'] }),
    example: z.array(sampleText).max(1).optional(),
  }),
  z.strictObject({
    type: z.literal('PHONE_NUMBER'),
    text: anyText.meta({ examples: ['Call us'] }),
    phone_number: anyText.meta({ examples: ['+15550001000'] }),
  }),
]);

const components = z
  .array(
    z.discriminatedUnion('type', [
      HeaderComponent,
      BodyComponent,
      z.strictObject({
        type: z.literal('FOOTER'),
        text: anyText.meta({ examples: ['Reply STOP to unsubscribe'] }),
      }),
      z.strictObject({ type: z.literal('BUTTONS'), buttons: z.array(Button).max(50) }),
    ]),
  )
  .min(1)
  .max(10)
  .meta({
    description:
      'As in Meta’s template API; the header as text. `example` is for Meta’s reviewers and kept as it is',
    examples: [
      [
        { type: 'BODY', text: 'Hello {{1}}, your order {{2}} is on its way. Thank you.' },
        { type: 'FOOTER', text: 'Reply STOP to unsubscribe' },
        {
          type: 'BUTTONS',
          buttons: [{ type: 'URL', text: 'Track it', url: 'https://shop.example.com/orders/{{1}}' }],
        },
      ],
    ],
  });

export const CreateTemplateBody = z.strictObject({
  channelId: objectIdText,
  name: templateName,
  language: templateLanguage,
  category: z.enum(templateCategories),
  components,
});
export type CreateTemplateBody = z.output<typeof CreateTemplateBody>;

export const PatchTemplateBody = z
  .strictObject({ category: z.enum(templateCategories).optional(), components: components.optional() })
  .refine((body) => Object.keys(body).length > 0, { error: 'Give at least one field to change.' });
export type PatchTemplateBody = z.output<typeof PatchTemplateBody>;

export const PreviewTemplateBody = z.strictObject({ variables: templateVariables.optional() });

export const TemplatePreviewView = z
  .object({
    text: z.string().meta({ description: 'Header, body and footer, filled, each on a line of its own' }),
    buttons: z.array(
      z.object({
        type: z.enum(['QUICK_REPLY', 'URL', 'PHONE_NUMBER']),
        text: z.string(),
        target: z.string().nullable().meta({ description: 'The filled URL, or the phone number' }),
        payload: z.string().nullable().meta({ description: 'What a tap on a quick reply sends back' }),
      }),
    ),
  })
  .meta({ id: 'TemplatePreview' });
export type TemplatePreviewView = z.input<typeof TemplatePreviewView>;

export const TemplateView = z
  .object({
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
  })
  .meta({ id: 'Template' });
export type TemplateView = z.input<typeof TemplateView>;

export const TemplatePage = pageOf(TemplateView);
