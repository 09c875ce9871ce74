import { z } from 'zod';
import { isoTime } from '../../platform/fields.ts';
import { mediaFormats, otpTypes } from './definition.ts';

/** The content of templates as callers give it: shapes only. What fits is for the rules to say, all at once. */

const variableText = z.string().max(1_024);
const variableName = z.string().regex(/^[A-Za-z0-9_]{1,64}$/, { error: 'Must be a position or a name.' });
const variableValues = z.union([z.array(variableText).max(100), z.record(variableName, variableText)], {
  error: 'Must be a list of texts, or an object of texts by position or name.',
});

const MediaValue = z.strictObject({
  mediaId: z.string().max(256).optional(),
  link: z.string().max(4_096).optional(),
  filename: z.string().max(512).optional().meta({ description: 'Of a document' }),
});
const LocationValue = z.strictObject({
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  name: variableText.optional(),
  address: variableText.optional(),
});
const headerValue = z
  .union([z.array(variableText).max(100), MediaValue, LocationValue, z.record(variableName, variableText)], {
    error: 'Must be texts by position or name, a file as mediaId or link, or a location.',
  })
  .meta({ description: 'By the kind of the header: texts, a file, or a location' });

const buttonValue = z
  .union(
    [
      z.string().max(4_096),
      z
        .strictObject({
          flowToken: z.string().max(2_048).optional(),
          data: z.record(z.string().max(256), z.json()).optional(),
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
        // A button that needs nothing is left out.
        .refine((value) => Object.keys(value).length > 0),
    ],
    {
      error: 'Must be a text, or an object with flowToken and data, or with thumbnailProductId and sections.',
    },
  )
  .meta({ description: 'The suffix of a URL, a payload or a coupon code; an object for flows and products' });

const cardVariables = {
  header: headerValue.optional(),
  body: variableValues.optional(),
  buttons: z
    .record(z.string().regex(/^\d{1,2}$/), buttonValue)
    .optional()
    .meta({ description: 'By their place from 0' }),
};

/** What a send and a preview give. */
export const templateVariables = z
  .strictObject({
    ...cardVariables,
    cards: z
      .array(z.strictObject(cardVariables))
      .max(50)
      .optional()
      .meta({ description: 'Of a carousel, one for each card' }),
    offerExpiresAt: isoTime.optional().meta({
      description: 'Of a limited-time offer: in the future, and the message expires then at the latest',
    }),
    code: z.string().max(256).optional().meta({ description: 'Of an authentication template' }),
  })
  .meta({
    description: 'Header and body by position or name; buttons by their place from 0',
    examples: [{ body: ['Ana', '1042'] }],
  });

const anyText = z.string().max(4_096);
const sampleText = z.string().max(2_000);
const namedSamples = z
  .array(z.strictObject({ param_name: z.string().max(64), example: sampleText }))
  .max(100);

const HeaderComponent = z.discriminatedUnion('format', [
  z.strictObject({
    type: z.literal('HEADER'),
    format: z.literal('TEXT'),
    text: anyText.meta({ examples: ['Your order {{1}}'] }),
    example: z
      .strictObject({
        header_text: z.array(sampleText).max(1).optional(),
        header_text_named_params: namedSamples.optional(),
      })
      .optional(),
  }),
  z.strictObject({
    type: z.literal('HEADER'),
    format: z.enum(mediaFormats),
    example: z
      .strictObject({ header_handle: z.array(sampleText).max(1) })
      .optional()
      .meta({ description: 'The handle of an upload, for Meta’s reviewers' }),
  }),
  z.strictObject({ type: z.literal('HEADER'), format: z.literal('LOCATION') }),
]);

const BodyComponent = z.strictObject({
  type: z.literal('BODY'),
  text: anyText.optional().meta({ examples: ['Hello {{1}}, your order {{2}} is on its way. Thank you.'] }),
  add_security_recommendation: z
    .boolean()
    .optional()
    .meta({ description: 'Of an authentication template, whose text Meta writes' }),
  example: z
    .strictObject({
      body_text: z.array(z.array(sampleText).max(100)).max(1).optional(),
      body_text_named_params: namedSamples.optional(),
    })
    .optional(),
});

const FooterComponent = z.strictObject({
  type: z.literal('FOOTER'),
  text: anyText.optional().meta({ examples: ['Reply STOP to unsubscribe'] }),
  code_expiration_minutes: z.int().optional().meta({ description: 'Of an authentication template' }),
});

const App = z.strictObject({ package_name: z.string().max(224), signature_hash: z.string().max(64) });

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
  z.strictObject({
    type: z.literal('COPY_CODE'),
    example: z.union([sampleText, z.array(sampleText).max(1)]).optional(),
  }),
  z.strictObject({
    type: z.literal('FLOW'),
    text: anyText,
    flow_id: z.string().max(64).optional(),
    flow_name: z.string().max(200).optional(),
    flow_json: z.string().max(50_000).optional(),
    flow_action: z.enum(['navigate', 'data_exchange']).optional(),
    navigate_screen: z.string().max(200).optional(),
  }),
  z.strictObject({ type: z.enum(['CATALOG', 'MPM']), text: anyText }),
  z.strictObject({
    type: z.literal('OTP'),
    otp_type: z.enum(otpTypes),
    text: anyText.optional(),
    autofill_text: anyText.optional(),
    zero_tap_terms_accepted: z.boolean().optional(),
    supported_apps: z.array(App).max(5).optional(),
  }),
]);

const ButtonsComponent = z.strictObject({ type: z.literal('BUTTONS'), buttons: z.array(Button).max(50) });

const Card = z.strictObject({
  components: z
    .array(z.discriminatedUnion('type', [HeaderComponent, BodyComponent, ButtonsComponent]))
    .max(10),
});

export const templateComponents = z
  .array(
    z.discriminatedUnion('type', [
      HeaderComponent,
      BodyComponent,
      FooterComponent,
      ButtonsComponent,
      z.strictObject({ type: z.literal('CAROUSEL'), cards: z.array(Card).max(50) }),
      z.strictObject({
        type: z.literal('LIMITED_TIME_OFFER'),
        limited_time_offer: z.strictObject({ text: anyText, has_expiration: z.boolean().optional() }),
      }),
    ]),
  )
  .min(1)
  .max(10)
  .meta({
    description: 'As in Meta’s template API. `example` is for Meta’s reviewers and kept as it is',
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

const ShownHeader = z.object({
  format: z.string(),
  text: z.string().nullable(),
  mediaId: z.string().nullable(),
  link: z.string().nullable(),
  filename: z.string().nullable(),
  location: z
    .object({ latitude: z.number(), longitude: z.number(), name: z.string(), address: z.string() })
    .nullable(),
});

const shownButtons = z.array(
  z.object({
    type: z.string().meta({ examples: ['QUICK_REPLY'] }),
    text: z.string(),
    target: z
      .string()
      .nullable()
      .meta({ description: 'The filled URL, the phone number, the flow’s screen' }),
    payload: z.string().nullable().meta({ description: 'What a tap sends back or copies' }),
  }),
);

export const TemplatePreviewView = z
  .object({
    text: z.string().meta({ description: 'What the person reads, each part on a line of its own' }),
    header: ShownHeader.nullable(),
    body: z.string(),
    footer: z.string().nullable(),
    offer: z.object({ text: z.string(), expiresAt: z.iso.datetime().nullable() }).nullable(),
    buttons: shownButtons,
    cards: z.array(z.object({ header: ShownHeader.nullable(), text: z.string(), buttons: shownButtons })),
  })
  .meta({ id: 'TemplatePreview' });
export type TemplatePreviewView = z.input<typeof TemplatePreviewView>;

const partNeeds = {
  headerFormat: z
    .string()
    .nullable()
    .meta({ description: 'The kind of the header that needs a value', examples: ['IMAGE'] }),
  header: z.array(z.string()),
  body: z.array(z.string()),
  buttons: z.array(z.string()).meta({ description: 'Places of the buttons that need a value' }),
};

export const TemplateNeedsView = z
  .object({
    ...partNeeds,
    cards: z.array(z.object(partNeeds)),
    offerExpiresAt: z.boolean(),
    code: z.boolean(),
  })
  .meta({ description: 'What a send has to give: positions or names' });
