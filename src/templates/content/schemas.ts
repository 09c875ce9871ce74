import { z } from 'zod';
import { isoTime, JsonValue } from '../../platform/fields.ts';

/** Template variables in requests (shapes only), and template previews. */

const variableText = z.string().max(1_024);
const variableName = z.string().regex(/^[A-Za-z0-9_]{1,64}$/, { error: 'Must be a position or a name.' });
const TypedValue = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('currency'),
        text: variableText,
        code: z.string().regex(/^[A-Z]{3}$/, { error: 'Must be a currency code such as USD.' }),
        amount1000: z.int().meta({ description: 'The amount times 1,000' }),
      })
      .meta({ id: 'TemplateCurrencyValueInput' }),
    z
      .strictObject({ type: z.literal('dateTime'), text: variableText })
      .meta({ id: 'TemplateDateTimeValueInput' }),
  ])
  .meta({
    id: 'TemplateTypedValueInput',
    description: 'An amount or a time that WhatsApp may write as the phone does; otherwise it shows `text`',
  });
const bodyValue = z.union([variableText, TypedValue], {
  error: 'Must be a text, a currency or a dateTime.',
});
const bodyValues = z
  .union([z.array(bodyValue).max(100), z.record(variableName, bodyValue)], {
    error: 'Must be a list of texts, currencies and dateTimes, or an object of them by position or name.',
  })
  .meta({
    id: 'TemplateTextValuesInput',
    description: 'Texts, amounts and times by position or name',
  });

const MediaValue = z
  .strictObject({
    mediaId: z.string().max(256).optional(),
    link: z.string().max(4_096).optional(),
    filename: z.string().max(512).optional().meta({ description: 'Of a document' }),
  })
  .meta({ id: 'TemplateFileValueInput' });
const LocationValue = z
  .strictObject({
    latitude: z.number().optional(),
    longitude: z.number().optional(),
    name: variableText.optional(),
    address: variableText.optional(),
  })
  .meta({ id: 'TemplateLocationValueInput' });
const headerValue = z
  .union([z.array(variableText).max(100), MediaValue, LocationValue, z.record(variableName, variableText)], {
    error: 'Must be texts by position or name, a file as mediaId or link, or a location.',
  })
  .meta({
    id: 'TemplateHeaderValueInput',
    description: 'Depends on the kind of the header: texts, a file, or a location',
  });

const buttonValue = z
  .union(
    [
      z.string().max(4_096),
      z
        .strictObject({
          flowToken: z.string().max(2_048).optional(),
          data: z.record(z.string().max(256), JsonValue).optional(),
          thumbnailProductId: z.string().max(512).optional(),
          sections: z
            .array(
              z.strictObject({
                title: z.string().max(256),
                productIds: z.array(z.string().min(1).max(256)).max(100),
              }),
            )
            .max(100)
            .optional(),
        })
        // A button that needs no values must be omitted.
        .refine((value) => Object.keys(value).length > 0)
        .meta({ id: 'TemplateActionValueInput' }),
    ],
    {
      error: 'Must be a text, or an object with flowToken and data, or with thumbnailProductId and sections.',
    },
  )
  .meta({
    id: 'TemplateButtonValueInput',
    description: 'The suffix of a URL, a payload or a coupon code; an object for flows and products',
  });

const cardVariables = {
  header: headerValue.optional(),
  body: bodyValues.optional(),
  buttons: z
    .record(z.string().regex(/^\d{1,2}$/), buttonValue)
    .optional()
    .meta({ description: 'By position, starting at 0' }),
};

/** The variables of a send or a preview. */
export const templateVariables = z
  .strictObject({
    ...cardVariables,
    cards: z
      .array(z.strictObject(cardVariables).meta({ id: 'TemplateCardVariablesInput' }))
      .max(50)
      .optional()
      .meta({ description: 'Of a carousel: one entry for each card' }),
    offerExpiresAt: isoTime.optional().meta({
      description: 'Of a limited-time offer: a future time; the message expires no later',
    }),
    code: z.string().max(256).optional().meta({ description: 'Of an authentication template' }),
  })
  .meta({
    id: 'TemplateVariablesInput',
    description: 'Header and body by position or name; buttons by position, starting at 0',
  });

const ShownHeader = z
  .object({
    format: z.string(),
    text: z.string().nullable(),
    mediaId: z.string().nullable(),
    link: z.string().nullable(),
    filename: z.string().nullable(),
    location: z
      .object({ latitude: z.number(), longitude: z.number(), name: z.string(), address: z.string() })
      .nullable(),
  })
  .meta({ id: 'TemplatePreviewHeader' });

const ShownButton = z
  .object({
    type: z.string(),
    text: z.string(),
    target: z
      .string()
      .nullable()
      .meta({ description: 'The filled URL, the phone number, or the screen of the flow' }),
    payload: z.string().nullable().meta({ description: 'The value that a tap sends back or copies' }),
  })
  .meta({ id: 'TemplatePreviewButton' });

const ShownCard = z
  .object({ header: ShownHeader.nullable(), text: z.string(), buttons: z.array(ShownButton) })
  .meta({ id: 'TemplatePreviewCard' });

const ShownOffer = z
  .object({ text: z.string(), expiresAt: z.iso.datetime().nullable() })
  .meta({ id: 'TemplatePreviewOffer' });

export const TemplatePreviewView = z
  .object({
    text: z.string().meta({ description: 'The text that the contact reads, each part on its own line' }),
    header: ShownHeader.nullable(),
    body: z.string(),
    footer: z.string().nullable(),
    offer: ShownOffer.nullable(),
    buttons: z.array(ShownButton),
    cards: z.array(ShownCard),
  })
  .meta({
    id: 'TemplatePreview',
    examples: [
      {
        text: 'Hello Ana, your order 1042 is on its way. Thank you.\nReply STOP to unsubscribe\n[Track it]',
        header: null,
        body: 'Hello Ana, your order 1042 is on its way. Thank you.',
        footer: 'Reply STOP to unsubscribe',
        offer: null,
        buttons: [
          {
            type: 'URL',
            text: 'Track it',
            target: 'https://shop.example.com/orders/1042',
            payload: null,
          },
        ],
        cards: [],
      },
    ],
  });
export type TemplatePreviewView = z.input<typeof TemplatePreviewView>;

const partNeeds = {
  headerFormat: z.string().nullable().meta({ description: 'The kind of the header if it needs a value' }),
  header: z.array(z.string()),
  body: z.array(z.string()),
  buttons: z.array(z.string()).meta({ description: 'Positions of the buttons that need a value' }),
};

export const TemplateNeedsView = z
  .object({
    ...partNeeds,
    cards: z.array(z.object(partNeeds).meta({ id: 'TemplateCardNeeds' })),
    offerExpiresAt: z.boolean(),
    code: z.boolean(),
  })
  .meta({ id: 'TemplateNeeds', description: 'The values that a send needs: positions or names' });
