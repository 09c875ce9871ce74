import assert from 'node:assert/strict';
import { payloadOf, reactionOf } from '../../../../../src/sending/messages/content/payload.ts';
import { buildMessageBody } from '../../../../../src/whatsapp/payload.ts';
import { fullContents, good, type ContentJson } from '../../../../support/contents.ts';

const messageId = '0123456789abcdef01234567';

/** The whole body of a request, through the schema and both builders. */
function bodyOf(json: ContentJson): object {
  const content = good(json);
  const payload = content.type === 'reaction' ? reactionOf(content, 'wamid.theirs') : payloadOf(content);
  return buildMessageBody({ messageId, attempt: 1, address: { to: '+15550001111' }, payload });
}

const envelope = {
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '+15550001111',
  biz_opaque_callback_data: `${messageId}:1`,
};

const interactive = (object: object) => ({ type: 'interactive', interactive: object });

/** From Meta's reference: the object of every kind, with every field and with as few as it takes. */
const cases: readonly (readonly [string, ContentJson, object])[] = [
  [
    'text with a preview',
    fullContents.text,
    { type: 'text', text: { body: 'See https://example.com', preview_url: true } },
  ],
  ['text alone', { type: 'text', body: 'Hi\nthere' }, { type: 'text', text: { body: 'Hi\nthere' } }],
  [
    'image by id with a caption',
    fullContents.image,
    { type: 'image', image: { id: '1037543291543636', caption: 'The menu' } },
  ],
  [
    'image by link alone',
    { type: 'image', link: 'https://example.com/a.png' },
    { type: 'image', image: { link: 'https://example.com/a.png' } },
  ],
  [
    'video by link with a caption',
    fullContents.video,
    { type: 'video', video: { link: 'https://example.com/tour.mp4', caption: 'A tour' } },
  ],
  ['voice note', fullContents.audio, { type: 'audio', audio: { id: '1037543291543637', voice: true } }],
  [
    'sound by link',
    { type: 'audio', link: 'https://example.com/a.mp3' },
    { type: 'audio', audio: { link: 'https://example.com/a.mp3' } },
  ],
  [
    'document with all',
    fullContents.document,
    {
      type: 'document',
      document: { link: 'https://example.com/a.pdf?v=2', caption: 'The bill', filename: 'bill.pdf' },
    },
  ],
  ['document by id', { type: 'document', mediaId: '1' }, { type: 'document', document: { id: '1' } }],
  ['sticker', fullContents.sticker, { type: 'sticker', sticker: { id: '1037543291543638' } }],
  [
    'location with all',
    fullContents.location,
    {
      type: 'location',
      location: {
        ...{ latitude: 52.520008, longitude: 13.404954 },
        ...{ name: 'Our shop', address: 'Unter den Linden 1, Berlin' },
      },
    },
  ],
  [
    'location alone',
    { type: 'location', latitude: 0, longitude: -180 },
    { type: 'location', location: { latitude: 0, longitude: -180 } },
  ],
  [
    'contact with all',
    fullContents.contacts,
    {
      type: 'contacts',
      contacts: [
        {
          name: {
            ...{ formatted_name: 'Dr. Ana M. Souza Jr.', first_name: 'Ana', middle_name: 'M.' },
            ...{ last_name: 'Souza', prefix: 'Dr.', suffix: 'Jr.' },
          },
          phones: [{ phone: '+49 1511 2345601', type: 'WORK', wa_id: '4915112345601' }],
          emails: [{ email: 'ana@example.com', type: 'WORK' }],
          urls: [{ url: 'https://example.com/ana', type: 'WORK' }],
          org: { company: 'Doe & Sons', department: 'Sales', title: 'Manager' },
          addresses: [
            {
              ...{ street: 'Unter den Linden 1', city: 'Berlin', state: 'BE', zip: '10117' },
              ...{ country: 'Germany', country_code: 'DE', type: 'WORK' },
            },
          ],
          birthday: '1990-12-31',
        },
      ],
    },
  ],
  [
    'contact with as little as it takes',
    { type: 'contacts', contacts: [{ name: { formattedName: 'Ana', firstName: 'Ana' } }] },
    { type: 'contacts', contacts: [{ name: { formatted_name: 'Ana', first_name: 'Ana' } }] },
  ],
  [
    'reaction',
    fullContents.reaction,
    { type: 'reaction', reaction: { message_id: 'wamid.theirs', emoji: '👍' } },
  ],
  [
    'reaction taken back',
    { ...fullContents.reaction, emoji: null },
    { type: 'reaction', reaction: { message_id: 'wamid.theirs', emoji: '' } },
  ],
  [
    'buttons with all',
    fullContents.buttons,
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        header: { type: 'image', image: { id: '1037543291543639' } },
        body: { text: 'Will you come?' },
        footer: { text: 'Table 7' },
        action: {
          buttons: [
            { type: 'reply', reply: { id: 'yes', title: 'Yes' } },
            { type: 'reply', reply: { id: 'no', title: 'No' } },
            { type: 'reply', reply: { id: 'later', title: 'Later' } },
          ],
        },
      },
    },
  ],
  [
    'one button under a video',
    {
      ...{ type: 'buttons', body: 'Well?', buttons: [{ id: 'y', title: 'Yes' }] },
      header: { type: 'video', link: 'https://example.com/a.mp4' },
    },
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        header: { type: 'video', video: { link: 'https://example.com/a.mp4' } },
        body: { text: 'Well?' },
        action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }] },
      },
    },
  ],
  [
    'list with all',
    fullContents.list,
    {
      type: 'interactive',
      interactive: {
        type: 'list',
        header: { type: 'text', text: 'Tomorrow' },
        body: { text: 'When suits you?' },
        footer: { text: 'All times are local' },
        action: {
          button: 'Choose a time',
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
      },
    },
  ],
  [
    'list of one section without a title',
    { type: 'list', body: 'When?', buttonText: 'Choose', sections: [{ rows: [{ id: '9', title: '9:00' }] }] },
    {
      type: 'interactive',
      interactive: {
        type: 'list',
        body: { text: 'When?' },
        action: { button: 'Choose', sections: [{ rows: [{ id: '9', title: '9:00' }] }] },
      },
    },
  ],
  [
    'link with all',
    fullContents.ctaUrl,
    {
      type: 'interactive',
      interactive: {
        type: 'cta_url',
        header: { type: 'text', text: 'Order 1042' },
        body: { text: 'It is on its way.' },
        footer: { text: 'Thank you' },
        action: {
          name: 'cta_url',
          parameters: { display_text: 'Track it', url: 'https://example.com/orders/1042' },
        },
      },
    },
  ],
  [
    'flow with all',
    fullContents.flow,
    {
      type: 'interactive',
      interactive: {
        type: 'flow',
        header: { type: 'text', text: 'Book a table' },
        body: { text: 'It takes a minute.' },
        footer: { text: 'No fee' },
        action: {
          name: 'flow',
          parameters: {
            ...{ flow_message_version: '3', flow_id: '1200000000000001', flow_token: 'booking-1042' },
            ...{ flow_cta: 'Book now', flow_action: 'navigate', mode: 'draft' },
            flow_action_payload: { screen: 'FIRST', data: { guests: 2 } },
          },
        },
      },
    },
  ],
  [
    'flow by name that starts at its first screen without data',
    {
      ...{ type: 'flow', body: 'Book', flowName: 'booking', flowCta: 'Go', flowToken: 't', screen: 'ONE' },
      header: { type: 'document', mediaId: '7', filename: 'menu.pdf' },
    },
    {
      type: 'interactive',
      interactive: {
        type: 'flow',
        header: { type: 'document', document: { id: '7', filename: 'menu.pdf' } },
        body: { text: 'Book' },
        action: {
          name: 'flow',
          parameters: {
            ...{ flow_message_version: '3', flow_name: 'booking', flow_token: 't', flow_cta: 'Go' },
            ...{ flow_action: 'navigate', flow_action_payload: { screen: 'ONE' } },
          },
        },
      },
    },
  ],
  [
    'flow whose endpoint says what comes first',
    {
      ...{ type: 'flow', body: 'Book', flowId: '1', flowCta: 'Go', flowToken: 't' },
      action: 'data_exchange',
    },
    {
      type: 'interactive',
      interactive: {
        type: 'flow',
        body: { text: 'Book' },
        action: {
          name: 'flow',
          parameters: {
            ...{ flow_message_version: '3', flow_id: '1', flow_token: 't', flow_cta: 'Go' },
            flow_action: 'data_exchange',
          },
        },
      },
    },
  ],
  [
    'request for a location',
    fullContents.locationRequest,
    interactive({
      type: 'location_request_message',
      body: { text: 'Where shall we deliver?' },
      action: { name: 'send_location' },
    }),
  ],
  [
    'request for the phone number',
    fullContents.contactInfoRequest,
    interactive({
      type: 'request_contact_info',
      body: { text: 'How can we call you?' },
      action: { name: 'request_contact_info' },
    }),
  ],
  [
    'request for an Indian address with all',
    fullContents.addressRequest,
    interactive({
      type: 'address_message',
      body: { text: 'Where shall we send it?' },
      footer: { text: 'Free delivery' },
      action: {
        name: 'address_message',
        parameters: {
          country: 'IN',
          values: {
            ...{ name: 'Asha Rao', phone_number: '+919811112222', in_pin_code: '560001', house_number: '12' },
            ...{ floor_number: '3', tower_number: 'B', building_name: 'Lake View', address: 'MG Road' },
            ...{ landmark_area: 'Near the lake', city: 'Bengaluru', state: 'Karnataka' },
          },
          saved_addresses: [
            { id: 'home', value: { name: 'Asha at home', in_pin_code: '560002' } },
            { id: 'work', value: { city: 'Mysuru' } },
          ],
          validation_errors: { in_pin_code: 'We do not deliver there yet' },
        },
      },
    }),
  ],
  [
    'request for a new address in Singapore',
    {
      type: 'addressRequest',
      body: 'Where to?',
      country: 'SG',
      values: { postCode: '018956', unitNumber: '7' },
    },
    interactive({
      type: 'address_message',
      body: { text: 'Where to?' },
      action: {
        name: 'address_message',
        parameters: { country: 'SG', values: { sg_post_code: '018956', unit_number: '7' } },
      },
    }),
  ],
  [
    'catalog with all',
    fullContents.catalog,
    interactive({
      type: 'catalog_message',
      body: { text: 'All our cakes' },
      footer: { text: 'Fresh every day' },
      action: { name: 'catalog_message', parameters: { thumbnail_product_retailer_id: 'cake-1' } },
    }),
  ],
  [
    'catalog with its first product',
    { type: 'catalog', body: 'All our cakes' },
    interactive({
      type: 'catalog_message',
      body: { text: 'All our cakes' },
      action: { name: 'catalog_message' },
    }),
  ],
  [
    'product with all',
    fullContents.product,
    interactive({
      type: 'product',
      body: { text: 'Still warm' },
      footer: { text: 'Today only' },
      action: { catalog_id: '194836987003835', product_retailer_id: 'cake-2' },
    }),
  ],
  [
    'product alone',
    { type: 'product', catalogId: '1', productId: 'cake-2' },
    interactive({ type: 'product', action: { catalog_id: '1', product_retailer_id: 'cake-2' } }),
  ],
  [
    'products with all',
    fullContents.productList,
    interactive({
      type: 'product_list',
      header: { type: 'text', text: 'For your party' },
      body: { text: 'What do you like?' },
      footer: { text: 'Prices with tax' },
      action: {
        catalog_id: '194836987003836',
        sections: [
          {
            title: 'Cakes',
            product_items: [{ product_retailer_id: 'cake-3' }, { product_retailer_id: 'cake-4' }],
          },
          { title: 'Drinks', product_items: [{ product_retailer_id: 'tea-1' }] },
        ],
      },
    }),
  ],
];

describe('content › body', () => {
  for (const [name, content, expected] of cases) {
    it(`${name} › exactly Meta’s fields`, () => {
      // Via JSON, as it is sent: a field without a value is absent.
      assert.deepEqual(JSON.parse(JSON.stringify(bodyOf(content))), { ...envelope, ...expected });
    });
  }

  it('the cases › cover every kind', () => {
    const kinds = new Set(cases.map(([, { type }]) => type));
    assert.deepEqual([...kinds].toSorted(), Object.keys(fullContents).toSorted());
  });
});
