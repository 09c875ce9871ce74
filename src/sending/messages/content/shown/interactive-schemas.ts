import { z } from 'zod';
import { addressCountries, addressFields, type AddressField } from '../address.ts';
import { kind, text } from './kind.ts';

/** Messages that the contact can tap: as they were sent. */

const source = { mediaId: text, link: text.meta({ description: 'Where WhatsApp downloaded the file' }) };

const Header = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }).meta({ id: 'TextHeader' }),
    z.object({ type: z.literal('image'), ...source }).meta({ id: 'ImageHeader' }),
    z.object({ type: z.literal('video'), ...source }).meta({ id: 'VideoHeader' }),
    z.object({ type: z.literal('document'), ...source, filename: text }).meta({ id: 'DocumentHeader' }),
  ])
  .meta({ id: 'MessageHeader', description: 'A text, or a file shown above the text' });
export type Header = z.input<typeof Header>;

const body = z.string();
const framed = { header: Header.nullable(), body, footer: text };
const noFrame = { header: null, footer: null } as const;

const Button = z.object({ id: z.string(), title: z.string() }).meta({ id: 'ReplyButton' });

export const ButtonsContent = kind('ButtonsContent', {
  type: 'buttons',
  fields: { ...framed, buttons: z.array(Button) },
  example: {
    ...noFrame,
    body: 'Will you come at 19:00?',
    buttons: [
      { id: 'yes', title: 'Yes' },
      { id: 'no', title: 'No' },
    ],
  },
  text: 'Will you come at 19:00?',
});

const Row = z.object({ id: z.string(), title: z.string(), description: text }).meta({ id: 'ListRow' });
const Section = z.object({ title: text, rows: z.array(Row) }).meta({ id: 'ListSection' });

export const ListContent = kind('ListContent', {
  type: 'list',
  fields: { header: text, body, footer: text, buttonText: z.string(), sections: z.array(Section) },
  example: {
    ...{ ...noFrame, body: 'When does it suit you?', buttonText: 'Choose a time' },
    sections: [{ title: null, rows: [{ id: 't19', title: '19:00', description: null }] }],
  },
  text: 'When does it suit you?',
});

export const CtaUrlContent = kind('LinkContent', {
  type: 'ctaUrl',
  fields: { ...framed, displayText: z.string(), url: z.string() },
  example: {
    ...{ ...noFrame, body: 'Your order is on its way.', displayText: 'Track it' },
    url: 'https://example.com/orders/1042',
  },
  text: 'Your order is on its way.',
});

export const FlowContent = kind('FlowContent', {
  type: 'flow',
  fields: {
    ...framed,
    flowId: text,
    flowName: text,
    flowCta: z.string(),
    flowToken: z.string(),
    action: z.enum(['navigate', 'data_exchange']),
    screen: text,
    data: z.record(z.string(), z.unknown()).nullable(),
    mode: z.enum(['draft', 'published']).nullable(),
  },
  example: {
    ...{ ...noFrame, body: 'Book a table', flowId: '1234567890', flowName: null, flowCta: 'Book' },
    ...{ flowToken: 'table-19', action: 'navigate', screen: 'START', data: null, mode: null },
  },
  text: 'Book a table',
});

export const LocationRequestContent = kind('LocationRequestContent', {
  type: 'locationRequest',
  fields: { body },
  example: { body: 'Where shall we deliver?' },
  text: 'Where shall we deliver?',
});

export const ContactInfoRequestContent = kind('ContactInfoRequestContent', {
  type: 'contactInfoRequest',
  fields: { body },
  example: { body: 'How can we call you?' },
  text: 'How can we call you?',
});

const AddressFields = z
  .object(
    Object.fromEntries(Object.keys(addressFields).map((field) => [field, text])) as Record<
      AddressField,
      typeof text
    >,
  )
  .meta({ id: 'AddressFields' });

const SavedAddress = z.object({ id: z.string(), values: AddressFields }).meta({ id: 'SavedAddress' });

export const AddressRequestContent = kind('AddressRequestContent', {
  type: 'addressRequest',
  fields: {
    body,
    footer: text,
    country: z.enum(addressCountries),
    values: AddressFields.nullable(),
    savedAddresses: z.array(SavedAddress).nullable(),
    fieldErrors: AddressFields.nullable(),
  },
  example: {
    ...{ body: 'Where shall we send it?', footer: null, country: 'IN' },
    ...{ values: null, savedAddresses: null, fieldErrors: null },
  },
  text: 'Where shall we send it?',
});

export const CatalogContent = kind('CatalogContent', {
  type: 'catalog',
  fields: { body, footer: text, thumbnailProductId: text },
  example: { body: 'All our cakes', footer: null, thumbnailProductId: null },
  text: 'All our cakes',
});

export const ProductContent = kind('ProductContent', {
  type: 'product',
  fields: { body: text, footer: text, catalogId: z.string(), productId: z.string() },
  example: { body: null, footer: null, catalogId: '194836987003835', productId: 'cake-1' },
});

const ProductSection = z
  .object({ title: text, productIds: z.array(z.string()) })
  .meta({ id: 'ProductSection' });

export const ProductListContent = kind('ProductListContent', {
  type: 'productList',
  fields: {
    ...{ header: z.string(), body, footer: text },
    ...{ catalogId: z.string(), sections: z.array(ProductSection) },
  },
  example: {
    ...{ header: 'For your party', body: 'What do you like?', footer: null },
    ...{ catalogId: '194836987003835', sections: [{ title: null, productIds: ['cake-1', 'tea-1'] }] },
  },
  text: 'For your party\nWhat do you like?',
});
