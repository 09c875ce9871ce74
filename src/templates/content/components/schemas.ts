import { z } from 'zod';
import { mediaFormats, otpTypes } from '../definition.ts';

/** Template components in requests: shapes only. The rules check the values and report all problems at once. */

const anyText = z.string().max(4_096);
const sampleText = z.string().max(2_000);
const namedSamples = z
  .array(
    z
      .strictObject({ param_name: z.string().max(64), example: sampleText })
      .meta({ id: 'TemplateNamedSampleInput' }),
  )
  .max(100);

const TextHeader = z
  .strictObject({
    type: z.literal('HEADER'),
    format: z.literal('TEXT'),
    text: anyText,
    example: z
      .strictObject({
        header_text: z.array(sampleText).max(1).optional(),
        header_text_named_params: namedSamples.optional(),
      })
      .optional(),
  })
  .meta({ id: 'TemplateTextHeaderInput' });

const MediaHeader = z
  .strictObject({
    type: z.literal('HEADER'),
    format: z.enum(mediaFormats),
    example: z
      .strictObject({ header_handle: z.array(sampleText).max(1) })
      .optional()
      .meta({ description: 'The handle of an upload, for the reviewers at Meta' }),
  })
  .meta({ id: 'TemplateMediaHeaderInput' });

const LocationHeader = z
  .strictObject({ type: z.literal('HEADER'), format: z.literal('LOCATION') })
  .meta({ id: 'TemplateLocationHeaderInput' });

const HeaderComponent = z
  .discriminatedUnion('format', [TextHeader, MediaHeader, LocationHeader])
  .meta({ id: 'TemplateHeaderInput' });

const BodyComponent = z
  .strictObject({
    type: z.literal('BODY'),
    text: anyText.optional(),
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
  })
  .meta({ id: 'TemplateBodyInput' });

const FooterComponent = z
  .strictObject({
    type: z.literal('FOOTER'),
    text: anyText.optional(),
    code_expiration_minutes: z.int().optional().meta({ description: 'Of an authentication template' }),
  })
  .meta({ id: 'TemplateFooterInput' });

const App = z
  .strictObject({ package_name: z.string().max(224), signature_hash: z.string().max(64) })
  .meta({ id: 'TemplateAppInput' });

const QuickReplyButton = z
  .strictObject({ type: z.literal('QUICK_REPLY'), text: anyText })
  .meta({ id: 'TemplateQuickReplyButtonInput' });

const UrlButton = z
  .strictObject({
    type: z.literal('URL'),
    text: anyText,
    url: anyText,
    example: z.array(sampleText).max(1).optional(),
  })
  .meta({ id: 'TemplateUrlButtonInput' });

const PhoneButton = z
  .strictObject({ type: z.literal('PHONE_NUMBER'), text: anyText, phone_number: anyText })
  .meta({ id: 'TemplatePhoneButtonInput' });

const CopyCodeButton = z
  .strictObject({
    type: z.literal('COPY_CODE'),
    example: z.union([sampleText, z.array(sampleText).max(1)]).optional(),
  })
  .meta({ id: 'TemplateCopyCodeButtonInput' });

const FlowButton = z
  .strictObject({
    type: z.literal('FLOW'),
    text: anyText,
    flow_id: z.string().max(64).optional(),
    flow_name: z.string().max(200).optional(),
    flow_json: z.string().max(50_000).optional(),
    flow_action: z.enum(['navigate', 'data_exchange']).optional(),
    navigate_screen: z.string().max(200).optional(),
  })
  .meta({ id: 'TemplateFlowButtonInput' });

const ProductsButton = z
  .strictObject({ type: z.enum(['CATALOG', 'MPM']), text: anyText })
  .meta({ id: 'TemplateProductsButtonInput' });

const OtpButton = z
  .strictObject({
    type: z.literal('OTP'),
    otp_type: z.enum(otpTypes),
    text: anyText.optional(),
    autofill_text: anyText.optional(),
    zero_tap_terms_accepted: z.boolean().optional(),
    supported_apps: z.array(App).max(5).optional(),
  })
  .meta({ id: 'TemplateOtpButtonInput' });

const Button = z
  .discriminatedUnion('type', [
    QuickReplyButton,
    UrlButton,
    PhoneButton,
    CopyCodeButton,
    FlowButton,
    ProductsButton,
    OtpButton,
  ])
  .meta({ id: 'TemplateButtonInput' });

const ButtonsComponent = z
  .strictObject({ type: z.literal('BUTTONS'), buttons: z.array(Button).max(50) })
  .meta({ id: 'TemplateButtonsInput' });

const CardComponent = z
  .discriminatedUnion('type', [HeaderComponent, BodyComponent, ButtonsComponent])
  .meta({ id: 'TemplateCardComponentInput' });

const Card = z.strictObject({ components: z.array(CardComponent).max(10) }).meta({ id: 'TemplateCardInput' });

const CarouselComponent = z
  .strictObject({ type: z.literal('CAROUSEL'), cards: z.array(Card).max(50) })
  .meta({ id: 'TemplateCarouselInput' });

const OfferComponent = z
  .strictObject({
    type: z.literal('LIMITED_TIME_OFFER'),
    limited_time_offer: z.strictObject({ text: anyText, has_expiration: z.boolean().optional() }),
  })
  .meta({ id: 'TemplateOfferInput' });

const TemplateComponent = z
  .discriminatedUnion('type', [
    HeaderComponent,
    BodyComponent,
    FooterComponent,
    ButtonsComponent,
    CarouselComponent,
    OfferComponent,
  ])
  .meta({ id: 'TemplateComponentInput', description: 'A component as in the template API of Meta' });

export const templateComponents = z
  .array(TemplateComponent)
  .min(1)
  .max(10)
  .meta({ description: '`example` values are for the reviewers at Meta and stored unchanged' });

export const componentsExample = [
  {
    type: 'BODY',
    text: 'Hello {{1}}, your order {{2}} is on its way. Thank you.',
  },
  { type: 'FOOTER', text: 'Reply STOP to unsubscribe' },
  {
    type: 'BUTTONS',
    buttons: [{ type: 'URL', text: 'Track it', url: 'https://shop.example.com/orders/{{1}}' }],
  },
];
