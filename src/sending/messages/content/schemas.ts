import { z } from 'zod';
import { ContactsContent } from './contact-schemas.ts';
import { eitherSource, fileName, line, paragraph, sourceFields } from './fields.ts';
import { ButtonsContent, CtaUrlContent, FlowContent, ListContent } from './interactive-schemas.ts';
import { CatalogContent, ProductContent, ProductListContent } from './product-schemas.ts';
import {
  AddressRequestContent,
  ContactInfoRequestContent,
  LocationRequestContent,
} from './request-schemas.ts';
import { isEmoji } from './rules.ts';

const caption = paragraph(1_024).optional();

const TextContent = z
  .strictObject({
    type: z.literal('text'),
    body: paragraph(4_096),
    hasLinkPreview: z.boolean().optional().meta({ description: 'Shows a preview of the first link' }),
  })
  .meta({ id: 'TextContentInput' });

const ImageContent = z
  .strictObject({ type: z.literal('image'), ...sourceFields, caption })
  .refine(...eitherSource)
  .meta({ id: 'ImageContentInput' });
const VideoContent = z
  .strictObject({ type: z.literal('video'), ...sourceFields, caption })
  .refine(...eitherSource)
  .meta({ id: 'VideoContentInput' });
const AudioContent = z
  .strictObject({
    type: z.literal('audio'),
    ...sourceFields,
    isVoice: z.boolean().optional().meta({ description: 'Shown as a voice note; ogg with opus only' }),
  })
  .refine(...eitherSource)
  .meta({ id: 'AudioContentInput' });
const DocumentContent = z
  .strictObject({ type: z.literal('document'), ...sourceFields, caption, filename: fileName.optional() })
  .refine(...eitherSource)
  .meta({ id: 'DocumentContentInput' });
const StickerContent = z
  .strictObject({ type: z.literal('sticker'), ...sourceFields })
  .refine(...eitherSource)
  .meta({ id: 'StickerContentInput' });

const LocationContent = z
  .strictObject({
    type: z.literal('location'),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: line(1_000).optional(),
    address: line(1_000).optional(),
  })
  .meta({ id: 'LocationContentInput' });

const ReactionContent = z
  .strictObject({
    type: z.literal('reaction'),
    // Kept as text: the send looks the message up and reports it together with all other issues.
    messageId: z
      .string()
      .regex(/^[0-9a-f]{24}$/, { error: 'Must be an id of 24 hexadecimal digits.' })
      .meta({ description: 'The message of this conversation to react to' }),
    emoji: z
      .string()
      .max(64)
      .refine(isEmoji, { error: 'Must be one emoji.' })
      .nullable()
      .meta({ description: 'Null removes the reaction' }),
  })
  .meta({ id: 'ReactionContentInput' });

/** A free-form message of any kind. Refuses what Meta would refuse, with the path of each issue. */
export const Content = z
  .discriminatedUnion('type', [
    TextContent,
    ImageContent,
    VideoContent,
    AudioContent,
    DocumentContent,
    StickerContent,
    LocationContent,
    ContactsContent,
    ReactionContent,
    ButtonsContent,
    ListContent,
    CtaUrlContent,
    FlowContent,
    LocationRequestContent,
    ContactInfoRequestContent,
    AddressRequestContent,
    CatalogContent,
    ProductContent,
    ProductListContent,
  ])
  .meta({ id: 'MessageContentInput' });
export type Content = z.output<typeof Content>;
export type ContentOf<Kind extends Content['type']> = Extract<Content, { type: Kind }>;
export type InteractiveContent =
  | ContentOf<'buttons' | 'list' | 'ctaUrl' | 'flow'>
  | ContentOf<'locationRequest' | 'contactInfoRequest' | 'addressRequest'>
  | ContentOf<'catalog' | 'product' | 'productList'>;
