import { z } from 'zod';
import { TemplatePreviewView } from '../../../../templates/schemas.ts';
import {
  AudioContent,
  ContactsContent,
  DocumentContent,
  ImageContent,
  LocationContent,
  StickerContent,
  VideoContent,
} from './file-schemas.ts';
import {
  CallContent,
  CallPermissionContent,
  EmptyContent,
  EventContent,
  OrderContent,
  ReplyContent,
  SystemContent,
  UnsupportedContent,
} from './inbound-schemas.ts';
import {
  AddressRequestContent,
  ButtonsContent,
  CatalogContent,
  ContactInfoRequestContent,
  CtaUrlContent,
  FlowContent,
  ListContent,
  LocationRequestContent,
  ProductContent,
  ProductListContent,
} from './interactive-schemas.ts';
import { type Facts, kind, noFacts, text } from './kind.ts';

/** The content of a message for display, in both directions: the kinds and names of `content` in a send, and more. */

const TextContent = kind('TextContent', {
  type: 'text',
  fields: {
    body: z.string(),
    hasLinkPreview: z.boolean().nullable().meta({ description: 'Null if it was not asked for' }),
  },
  example: { body: 'Your table is reserved for 19:00.', hasLinkPreview: null },
  text: 'Your table is reserved for 19:00.',
});

const ReactionContent = kind('ReactionContent', {
  type: 'reaction',
  fields: {
    messageId: text.meta({ description: 'The message that it reacts to; null if that is not stored' }),
    emoji: text.meta({ description: 'Null: the reaction was removed' }),
  },
  example: { messageId: '665f1c2ab7e4d3a9c8b01250', emoji: '👍' },
  text: '👍',
});

const { text: _whole, ...templateParts } = TemplatePreviewView.shape;

const orderText = 'Hello Ana, your order 1042 is on its way. Thank you.';

const templateExample = {
  ...{ templateName: 'order_update', language: 'en_US', header: null, body: orderText },
  ...{ footer: null, offer: null, buttons: [], cards: [] },
};
export const templateContentExample = {
  ...{ type: 'template' as const, ...templateExample, ...noFacts },
  text: orderText,
};

const TemplateContent = kind('TemplateContent', {
  type: 'template',
  description:
    'The template that we sent, filled, as its preview shows it; of messages sent before 0.2.0 only the whole text, in `body`',
  fields: { templateName: z.string(), language: z.string(), ...templateParts },
  example: templateExample,
  text: orderText,
});

/** A field that was not given is null. */
export const ShownContent = z
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
    TemplateContent,
    ReplyContent,
    OrderContent,
    CallContent,
    CallPermissionContent,
    EventContent,
    SystemContent,
    UnsupportedContent,
    EmptyContent,
  ])
  .meta({
    id: 'MessageContent',
    description:
      'By `type`: what `POST /api/messages` takes as `content`, under the same names, and more kinds',
  });
export type ShownContent = z.input<typeof ShownContent>;

type OwnOf<Content> = Content extends ShownContent ? Omit<Content, keyof Facts> : never;
/** The fields of one kind, without those of every kind. */
export type OwnContent = OwnOf<ShownContent>;
export type OwnContentOf<Type extends ShownContent['type']> = Extract<OwnContent, { type: Type }>;
