import type { NamedExample } from '../../http/route.ts';
import type { Content } from './content/schemas.ts';

/** The contact of the demo who has written, so that the customer service window is open after `npm start`. */
export const demoCustomer = '+12025550101';

const link = (file: string): string => `https://example.com/${file}`;

type Kind = Content['type'];

interface Example {
  readonly summary: string;
  readonly content: object;
}

const contents: Readonly<Record<Kind, Example>> = {
  text: { summary: 'Text', content: { body: 'Your table is reserved for 19:00.' } },
  image: { summary: 'Image from a link', content: { link: link('menu.jpg'), caption: 'Today’s menu' } },
  video: { summary: 'Video from a link', content: { link: link('tour.mp4') } },
  audio: { summary: 'Audio from a link', content: { link: link('greeting.mp3') } },
  document: {
    summary: 'Document from a link',
    content: { link: link('invoice.pdf'), filename: 'invoice.pdf', caption: 'Your invoice' },
  },
  sticker: { summary: 'Sticker from a link', content: { link: link('thanks.webp') } },
  location: {
    summary: 'Location',
    content: {
      latitude: 52.520008,
      longitude: 13.404954,
      name: 'Bakery Doe',
      address: 'Alexanderplatz 1, Berlin',
    },
  },
  contacts: {
    summary: 'Contact card',
    content: {
      contacts: [
        {
          name: { formattedName: 'Ben Agent', firstName: 'Ben' },
          phones: [{ phone: '+12025550143', type: 'WORK' }],
        },
      ],
    },
  },
  reaction: {
    summary: 'Reaction; put in the id of a message of the conversation',
    content: { messageId: '665f1c2ab7e4d3a9c8b01250', emoji: '👍' },
  },
  buttons: {
    summary: 'Buttons',
    content: {
      body: 'Will you come at 19:00?',
      buttons: [
        { id: 'yes', title: 'Yes' },
        { id: 'no', title: 'No' },
      ],
    },
  },
  list: {
    summary: 'List',
    content: {
      body: 'When does it suit you?',
      buttonText: 'Choose a time',
      sections: [
        {
          rows: [
            { id: 't18', title: '18:00' },
            { id: 't19', title: '19:00' },
          ],
        },
      ],
    },
  },
  ctaUrl: {
    summary: 'Link button',
    content: { body: 'Your order is on its way.', displayText: 'Track it', url: link('orders/1042') },
  },
  flow: {
    summary: 'Flow',
    content: {
      body: 'Book a table',
      flowId: '1234567890',
      flowCta: 'Book',
      flowToken: 'table-19',
      screen: 'START',
    },
  },
  locationRequest: { summary: 'Request for a location', content: { body: 'Where shall we deliver?' } },
  contactInfoRequest: {
    summary: 'Request for the phone number',
    content: { body: 'How can we call you?' },
  },
  addressRequest: {
    summary: 'Request for an address',
    content: { body: 'Where shall we send it?', country: 'IN' },
  },
  catalog: { summary: 'Catalog', content: { body: 'All our cakes' } },
  product: { summary: 'Product', content: { catalogId: '194836987003835', productId: 'cake-1' } },
  productList: {
    summary: 'Product list',
    content: {
      header: 'For your party',
      body: 'What do you like?',
      catalogId: '194836987003835',
      sections: [{ productIds: ['cake-1', 'tea-1'] }],
    },
  },
};

/** One body of `POST /api/messages` for each kind of content. */
export const freeFormExamples: Readonly<Record<string, NamedExample>> = Object.fromEntries(
  Object.entries(contents).map(([type, { summary, content }]) => [
    type,
    { summary, value: { to: demoCustomer, content: { type, ...content } } },
  ]),
);
