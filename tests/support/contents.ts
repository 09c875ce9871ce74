import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { reactionOf } from '../../src/sending/messages/content/payload.ts';
import { Content } from '../../src/sending/messages/content/schemas.ts';
import type { ShownContent } from '../../src/sending/messages/content/shown/schemas.ts';
import { shownContent } from '../../src/sending/messages/content/shown/view.ts';
import { freeFormContent } from '../../src/sending/messages/content/stored.ts';

export type ContentJson = Readonly<Record<string, unknown>> & { readonly type: string };

/** One valid content of every kind, with all its fields. A test keeps this list and the schemas in step. */
export const fullContents = {
  text: { type: 'text', body: 'See https://example.com', hasLinkPreview: true },
  image: { type: 'image', mediaId: '1037543291543636', caption: 'The menu' },
  video: { type: 'video', link: 'https://example.com/tour.mp4', caption: 'A tour' },
  audio: { type: 'audio', mediaId: '1037543291543637', isVoice: true },
  document: {
    ...{ type: 'document', link: 'https://example.com/a.pdf?v=2', caption: 'The bill' },
    filename: 'bill.pdf',
  },
  sticker: { type: 'sticker', mediaId: '1037543291543638' },
  location: {
    ...{ type: 'location', latitude: 52.520008, longitude: 13.404954 },
    ...{ name: 'Our shop', address: 'Unter den Linden 1, Berlin' },
  },
  contacts: {
    type: 'contacts',
    contacts: [
      {
        name: {
          ...{ formattedName: 'Dr. Ana M. Souza Jr.', firstName: 'Ana', middleName: 'M.', lastName: 'Souza' },
          ...{ prefix: 'Dr.', suffix: 'Jr.' },
        },
        phones: [{ phone: '+49 1511 2345601', type: 'WORK', waId: '4915112345601' }],
        emails: [{ email: 'ana@example.com', type: 'WORK' }],
        urls: [{ url: 'https://example.com/ana', type: 'WORK' }],
        org: { company: 'Doe & Sons', department: 'Sales', title: 'Manager' },
        addresses: [
          {
            ...{ street: 'Unter den Linden 1', city: 'Berlin', state: 'BE', zip: '10117' },
            ...{ country: 'Germany', countryCode: 'DE', type: 'WORK' },
          },
        ],
        birthday: '1990-12-31',
      },
    ],
  },
  reaction: { type: 'reaction', messageId: '0123456789abcdef01234567', emoji: '👍' },
  buttons: {
    type: 'buttons',
    header: { type: 'image', mediaId: '1037543291543639' },
    body: 'Will you come?',
    footer: 'Table 7',
    buttons: [
      { id: 'yes', title: 'Yes' },
      { id: 'no', title: 'No' },
      { id: 'later', title: 'Later' },
    ],
  },
  list: {
    type: 'list',
    header: 'Tomorrow',
    body: 'When suits you?',
    footer: 'All times are local',
    buttonText: 'Choose a time',
    sections: [
      { title: 'Morning', rows: [{ id: '9', title: '9:00', description: 'With Ana' }] },
      {
        title: 'Afternoon',
        rows: [
          { id: '14', title: '14:00' },
          { id: '15', title: '15:00' },
        ],
      },
    ],
  },
  ctaUrl: {
    ...{ type: 'ctaUrl', header: { type: 'text', text: 'Order 1042' }, body: 'It is on its way.' },
    ...{ footer: 'Thank you', displayText: 'Track it', url: 'https://example.com/orders/1042' },
  },
  flow: {
    ...{ type: 'flow', header: { type: 'text', text: 'Book a table' }, body: 'It takes a minute.' },
    ...{ footer: 'No fee', flowId: '1200000000000001', flowCta: 'Book now', flowToken: 'booking-1042' },
    ...{ action: 'navigate', screen: 'FIRST', data: { guests: 2 }, mode: 'draft' },
  },
  locationRequest: { type: 'locationRequest', body: 'Where shall we deliver?' },
  contactInfoRequest: { type: 'contactInfoRequest', body: 'How can we call you?' },
  addressRequest: {
    ...{ type: 'addressRequest', body: 'Where shall we send it?', footer: 'Free delivery', country: 'IN' },
    values: {
      ...{ name: 'Asha Rao', phoneNumber: '+919811112222', pinCode: '560001', houseNumber: '12' },
      ...{ floorNumber: '3', towerNumber: 'B', buildingName: 'Lake View', address: 'MG Road' },
      ...{ landmarkArea: 'Near the lake', city: 'Bengaluru', state: 'Karnataka' },
    },
    savedAddresses: [
      { id: 'home', values: { name: 'Asha at home', pinCode: '560002' } },
      { id: 'work', values: { city: 'Mysuru' } },
    ],
    fieldErrors: { pinCode: 'We do not deliver there yet' },
  },
  catalog: {
    ...{ type: 'catalog', body: 'All our cakes', footer: 'Fresh every day', thumbnailProductId: 'cake-1' },
  },
  product: {
    ...{ type: 'product', body: 'Still warm', footer: 'Today only' },
    ...{ catalogId: '194836987003835', productId: 'cake-2' },
  },
  productList: {
    ...{
      type: 'productList',
      header: 'For your party',
      body: 'What do you like?',
      footer: 'Prices with tax',
    },
    catalogId: '194836987003836',
    sections: [
      { title: 'Cakes', productIds: ['cake-3', 'cake-4'] },
      { title: 'Drinks', productIds: ['tea-1'] },
    ],
  },
} satisfies Readonly<Record<Content['type'], ContentJson>>;

export const contentKinds = Object.keys(fullContents) as Content['type'][];

/** The same content as the API shows it after it was sent. */
export const shownAsSent = (content: Content): ShownContent =>
  content.type === 'reaction'
    ? shownContent(
        { payload: reactionOf(content, 'wamid.1') },
        { messageType: 'reaction', repliesTo: Types.ObjectId.createFromHexString(content.messageId) },
      )
    : shownContent(freeFormContent(content), { messageType: content.type });

/** The parsed content, which must be valid. */
export function good(content: unknown): Content {
  const parsed = Content.safeParse(content);
  assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
  return parsed.data;
}

/** The paths of all issues of a content, sorted; empty if it is valid. */
export const wrongPaths = (content: unknown): string[] =>
  [...new Set(Content.safeParse(content).error?.issues.map(({ path }) => path.join('.')) ?? [])].toSorted();
