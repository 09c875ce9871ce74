import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseBody } from '../../sandbox/validation.ts';

type Fields = Readonly<Record<string, unknown>>;

const base = { messaging_product: 'whatsapp', to: '+15551234501' };
const message = (type: string, content: unknown): object => ({ ...base, type, [type]: content });
const interactive = (type: string, action: object, changes: object = {}): object =>
  message('interactive', { type, body: { text: 'choose' }, action, ...changes });
const reply = (id: string, title = 'Yes'): object => ({ type: 'reply', reply: { id, title } });
const rows = (count: number, changes: Fields = {}): object[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}`, title: 'Row', ...changes }));
const list = (sections: unknown, button = 'Open'): object => interactive('list', { button, sections });
const flow = (parameters: Fields): object =>
  interactive('flow', {
    name: 'flow',
    parameters: { flow_message_version: '3', flow_id: '1', flow_cta: 'Open', ...parameters },
  });
const link = (parameters: Fields): object =>
  interactive('cta_url', {
    name: 'cta_url',
    parameters: { display_text: 'Open', url: 'https://example.org', ...parameters },
  });
const address = (parameters: Fields): object =>
  interactive('address_message', { name: 'address_message', parameters });
const products = (count: number, title = 'A'): object => ({
  title,
  product_items: Array.from({ length: count }, (_, index) => ({ product_retailer_id: `p${index}` })),
});
const template = (...components: readonly object[]): object =>
  message('template', { name: 'order_update', language: { code: 'en_US' }, components });
const header = (parameter: object): object => template({ type: 'header', parameters: [parameter] });
const body = (...parameters: readonly object[]): object => template({ type: 'body', parameters });
const button = (sub_type: string, parameter?: object, index: unknown = '0'): object =>
  template({ type: 'button', sub_type, index, ...(parameter ? { parameters: [parameter] } : {}) });
const card = (card_index: unknown, ...components: readonly object[]): object => ({ card_index, components });
const carousel = (...cards: readonly object[]): object => template({ type: 'carousel', cards });
const long = (length: number): string => 'x'.repeat(length);
const card2 = (card_index: unknown, changes: object = {}): object => ({ card_index, action: {}, ...changes });

describe('sandbox content', () => {
  const accepted: readonly (readonly [string, object])[] = [
    ['longest text', message('text', { body: long(4096), preview_url: true })],
    ['longest caption', message('video', { id: '1', caption: long(1024) })],
    ['document with name and caption', message('document', { id: '1', filename: 'a.pdf', caption: 'a' })],
    ['voice note', message('audio', { id: '1', voice: true })],
    ['sticker by link', message('sticker', { link: 'https://example.org/a.webp' })],
    ['location with name', message('location', { latitude: -90, longitude: 180, name: 'A', address: 'B' })],
    [
      'card with everything',
      message('contacts', [
        {
          name: { formatted_name: 'Asha Rao', first_name: 'Asha' },
          phones: [{ phone: '+15550001111', type: 'WORK', wa_id: '15550001111' }],
          emails: [{ email: 'a@example.org' }],
          urls: [{ url: 'https://example.org' }],
          addresses: [{ city: 'Pune' }],
          org: { company: 'A' },
          birthday: '1990-01-31',
        },
      ]),
    ],
    ['reaction', message('reaction', { message_id: 'wamid.x', emoji: '👍🏽' })],
    [
      'buttons with header, footer and longest texts',
      interactive(
        'button',
        { buttons: [reply(long(256), long(20)), reply('b'), reply('c')] },
        {
          header: { type: 'image', image: { id: '1' } },
          body: { text: long(1024) },
          footer: { text: long(60) },
        },
      ),
    ],
    [
      'buttons under a text',
      interactive('button', { buttons: [reply('a')] }, { header: { type: 'text', text: 'A' } }),
    ],
    [
      'ten rows in two sections',
      list([
        { title: 'A', rows: rows(5) },
        { title: 'B', rows: rows(5, { id: undefined }).map((row, index) => ({ ...row, id: `b${index}` })) },
      ]),
    ],
    ['longest row', list([{ rows: [{ id: long(200), title: long(24), description: long(72) }] }])],
    ['link', link({})],
    [
      'flow by id',
      flow({ flow_action: 'navigate', flow_action_payload: { screen: 'A', data: {} }, mode: 'draft' }),
    ],
    ['flow by name', flow({ flow_id: undefined, flow_name: 'survey', flow_token: 't' })],
    ['wish for a place', interactive('location_request_message', { name: 'send_location' })],
    ['catalogue', interactive('catalog_message', { name: 'catalog_message' })],
    ['product', interactive('product', { catalog_id: '1', product_retailer_id: 'p' }, { body: undefined })],
    [
      'products',
      interactive(
        'product_list',
        { catalog_id: '1', sections: [products(15), products(15, 'B')] },
        { header: { type: 'text', text: 'A' } },
      ),
    ],
    ['cards', interactive('carousel', { cards: [card2(0), card2(1, { body: { text: long(160) } })] })],
    ['order details', interactive('order_details', { name: 'review_and_pay', parameters: {} })],
    ['order status', interactive('order_status', { name: 'review_order', parameters: {} })],
    ['address', address({ country: 'SG', values: { sg_post_code: '018956' } })],
    [
      'template header with a place',
      header({ type: 'location', location: { latitude: 1, longitude: 2, name: 'A', address: 'B' } }),
    ],
    [
      'template header with a document',
      header({ type: 'document', document: { link: 'https://a.b/c.pdf', filename: 'c.pdf' } }),
    ],
    ['template header with a moving picture', header({ type: 'gif', gif: { id: '1' } })],
    [
      'template money and time',
      body(
        { type: 'currency', currency: { fallback_value: '$1', code: 'USD', amount_1000: 1000 } },
        { type: 'date_time', date_time: { fallback_value: 'today' } },
      ),
    ],
    ['template named', body({ type: 'text', text: 'A', parameter_name: 'first_name' })],
    ['template quick reply', button('quick_reply', { type: 'payload', payload: 'yes' })],
    ['template code', button('COPY_CODE', { type: 'coupon_code', coupon_code: 'SAVE25' }, 1)],
    [
      'template flow',
      button('flow', { type: 'action', action: { flow_token: 't', flow_action_data: { a: 1 } } }),
    ],
    ['template flow, bare', button('flow')],
    [
      'template catalogue',
      button('catalog', { type: 'action', action: { thumbnail_product_retailer_id: 'p' } }),
    ],
    ['template products', button('mpm', { type: 'action', action: { sections: [products(2)] } })],
    [
      'template offer',
      template({
        type: 'limited_time_offer',
        parameters: [
          { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1_800_000_000_000 } },
        ],
      }),
    ],
    [
      'template that opens a link by a tap on it',
      template({
        type: 'tap_target_configuration',
        parameters: [
          {
            type: 'tap_target_configuration',
            tap_target_configuration: [{ url: 'https://shop.example.com', title: 'The shop' }],
          },
        ],
      }),
    ],
    [
      'template cards',
      carousel(
        card(0, { type: 'header', parameters: [{ type: 'image', image: { id: '1' } }] }),
        card(1, { type: 'body', parameters: [{ type: 'text', text: 'A' }] }),
      ),
    ],
    [
      'template language with a policy',
      message('template', { name: 'a', language: { code: 'de', policy: 'deterministic' } }),
    ],
  ];
  for (const [name, given] of accepted) {
    it(`content › ${name} › accepted`, () => {
      assert.deepEqual({ details: '', ...parseBody(given) }.details, '');
    });
  }

  const refused: readonly (readonly [string, object, number, RegExp])[] = [
    ['preview that is no boolean', message('text', { body: 'a', preview_url: 'yes' }), 131009, /preview_url/],
    ['caption too long', message('image', { id: '1', caption: long(1025) }), 131009, /1024/],
    ['caption of audio', message('audio', { id: '1', caption: 'a' }), 131009, /audio\.caption/],
    ['file name of an image', message('image', { id: '1', filename: 'a' }), 131009, /image\.filename/],
    ['voice of a video', message('video', { id: '1', voice: true }), 131009, /voice/],
    ['link that is none', message('image', { link: 'a.jpg' }), 131009, /image\.link/],
    ['latitude beyond the pole', message('location', { latitude: 91, longitude: 0 }), 131009, /latitude/],
    ['longitude of blanks', message('location', { latitude: 1, longitude: ' ' }), 131009, /longitude/],
    [
      'place name too long',
      message('location', { latitude: 1, longitude: 1, name: long(1025) }),
      131009,
      /name/,
    ],
    ['contact without name', message('contacts', [{ phones: [] }]), 131008, /formatted_name/],
    [
      'phone without number',
      message('contacts', [{ name: { formatted_name: 'A' }, phones: [{}] }]),
      131008,
      /phones\[0\]\.phone/,
    ],
    [
      'birthday in words',
      message('contacts', [{ name: { formatted_name: 'A' }, birthday: 'May' }]),
      131009,
      /birthday/,
    ],
    ['company as a text', message('contacts', [{ name: { formatted_name: 'A' }, org: 'A' }]), 131009, /org/],
    [
      'first name as a number',
      message('contacts', [{ name: { formatted_name: 'A', first_name: 1 } }]),
      131009,
      /first_name/,
    ],
    ['reaction in words', message('reaction', { message_id: 'wamid.x', emoji: 'good' }), 131009, /emoji/],
    ['unknown interactive', interactive('poem', {}), 131009, /interactive\.type/],
    ['interactive without type', message('interactive', { action: {} }), 131008, /interactive\.type/],
    [
      'interactive without text',
      interactive('button', { buttons: [reply('a')] }, { body: {} }),
      131008,
      /body\.text/,
    ],
    [
      'body too long',
      interactive('button', { buttons: [reply('a')] }, { body: { text: long(1025) } }),
      131009,
      /1024/,
    ],
    [
      'list body too long',
      interactive('list', { button: 'a', sections: [{ rows: rows(1) }] }, { body: { text: long(4097) } }),
      131009,
      /4096/,
    ],
    [
      'header too long',
      interactive('button', { buttons: [reply('a')] }, { header: { type: 'text', text: long(61) } }),
      131009,
      /header\.text/,
    ],
    [
      'media header of a list',
      interactive(
        'list',
        { button: 'a', sections: [{ rows: rows(1) }] },
        { header: { type: 'image', image: { id: '1' } } },
      ),
      131009,
      /header\.type/,
    ],
    [
      'header without media',
      interactive('button', { buttons: [reply('a')] }, { header: { type: 'image' } }),
      131008,
      /header\.image/,
    ],
    [
      'footer too long',
      interactive('button', { buttons: [reply('a')] }, { footer: { text: long(61) } }),
      131009,
      /footer/,
    ],
    ['no buttons', interactive('button', { buttons: [] }), 131008, /buttons/],
    [
      'button that is no reply',
      interactive('button', { buttons: [{ type: 'url', reply: { id: 'a', title: 'A' } }] }),
      131009,
      /type/,
    ],
    ['button id too long', interactive('button', { buttons: [reply(long(257))] }), 131009, /256/],
    ['list without a button', list([{ rows: rows(1) }], ''), 131008, /action\.button/],
    ['list button too long', list([{ rows: rows(1) }], long(21)), 131009, /action\.button/],
    ['no sections', list([]), 131008, /sections/],
    ['two sections, one title', list([{ rows: rows(1) }, { title: 'B', rows: rows(1) }]), 131008, /title/],
    ['section title too long', list([{ title: long(25), rows: rows(1) }]), 131009, /title/],
    ['section without rows', list([{ title: 'A' }]), 131008, /rows/],
    [
      'eleven rows in two sections',
      list([
        { title: 'A', rows: rows(6) },
        { title: 'B', rows: rows(5) },
      ]),
      131009,
      /10 rows/,
    ],
    ['rows with one id', list([{ rows: rows(2, { id: 'a' }) }]), 131009, /unique/],
    ['row id too long', list([{ rows: rows(1, { id: long(201) }) }]), 131009, /200/],
    ['row title too long', list([{ rows: rows(1, { title: long(25) }) }]), 131009, /24/],
    ['row description too long', list([{ rows: rows(1, { description: long(73) }) }]), 131009, /72/],
    ['link text too long', link({ display_text: long(21) }), 131009, /display_text/],
    ['link without url', link({ url: undefined }), 131008, /url/],
    ['link to nowhere', link({ url: 'example.org' }), 131009, /url/],
    ['link to an IP address', link({ url: 'https://203.0.113.7/a' }), 131009, /IP addresses/],
    ['address without a country', address({}), 131008, /country/],
    ['address of Germany', address({ country: 'DE' }), 131009, /country/],
    [
      'Indian code in Singapore',
      address({ country: 'SG', values: { in_pin_code: '560001' } }),
      131009,
      /values\.in_pin_code/,
    ],
    [
      'code of seven digits',
      address({ country: 'IN', values: { in_pin_code: '5600011' } }),
      131009,
      /6 char/,
    ],
    ['saved address without an id', address({ country: 'IN', saved_addresses: [{}] }), 131008, /\[0\]\.id/],
    ['errors as a text', address({ country: 'IN', validation_errors: 'a' }), 131009, /validation_errors/],
    [
      'catalog with a thumbnail that is no text',
      interactive('catalog_message', {
        name: 'catalog_message',
        parameters: { thumbnail_product_retailer_id: 7 },
      }),
      131009,
      /thumbnail/,
    ],
    ['link of another name', interactive('cta_url', { name: 'url', parameters: {} }), 131009, /action\.name/],
    ['link without parameters', interactive('cta_url', { name: 'cta_url' }), 131008, /parameters/],
    ['flow without id', flow({ flow_id: undefined }), 131008, /flow_id/],
    ['flow with both', flow({ flow_name: 'a' }), 131009, /either/],
    ['flow of version 2', flow({ flow_message_version: '2' }), 131009, /version/],
    ['flow with another action', flow({ flow_action: 'jump' }), 131009, /flow_action/],
    ['flow without screen', flow({ flow_action_payload: {} }), 131008, /screen/],
    ['flow without text', flow({ flow_cta: undefined }), 131008, /flow_cta/],
    ['product without id', interactive('product', { catalog_id: '1' }), 131008, /product_retailer_id/],
    [
      'products without header',
      interactive('product_list', { catalog_id: '1', sections: [products(1)] }),
      131008,
      /header/,
    ],
    [
      'thirty-one products',
      interactive(
        'product_list',
        { catalog_id: '1', sections: [products(16), products(15, 'B')] },
        { header: { type: 'text', text: 'A' } },
      ),
      131009,
      /30 products/,
    ],
    ['one card', interactive('carousel', { cards: [card2(0)] }), 131008, /cards/],
    ['card without place', interactive('carousel', { cards: [card2('a'), card2(1)] }), 131009, /card_index/],
    [
      'card text too long',
      interactive('carousel', { cards: [card2(0, { body: { text: long(161) } }), card2(1)] }),
      131009,
      /160/,
    ],
    ['unknown component', template({ type: 'side' }), 131009, /components\[0\]\.type/],
    ['two bodies', template({ type: 'body' }, { type: 'BODY' }), 131009, /once/],
    [
      'two buttons in one place',
      template(
        { type: 'button', sub_type: 'flow', index: 0 },
        { type: 'button', sub_type: 'flow', index: '0' },
      ),
      131009,
      /once/,
    ],
    [
      'header with two parameters',
      template({
        type: 'header',
        parameters: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      }),
      131009,
      /at most 1/,
    ],
    ['money in a header', header({ type: 'currency', currency: {} }), 131009, /\.type/],
    ['image in a body', body({ type: 'image', image: { id: '1' } }), 131009, /\.type/],
    [
      'money without amount',
      body({ type: 'currency', currency: { fallback_value: 'a', code: 'USD' } }),
      131008,
      /amount_1000/,
    ],
    [
      'money with a broken amount',
      body({ type: 'currency', currency: { fallback_value: 'a', code: 'USD', amount_1000: 1.5 } }),
      131009,
      /amount_1000/,
    ],
    ['empty text', body({ type: 'text', text: '' }), 131008, /text/],
    ['unknown button', button('bell', { type: 'text', text: 'a' }), 131009, /sub_type/],
    ['tenth place', button('url', { type: 'text', text: 'a' }, '10'), 131009, /index/],
    ['link button without text', button('url'), 131008, /parameters/],
    [
      'code too long',
      button('copy_code', { type: 'coupon_code', coupon_code: long(21) }),
      131009,
      /coupon_code/,
    ],
    ['payload too long', button('quick_reply', { type: 'payload', payload: long(257) }), 131009, /payload/],
    [
      'flow data as a text',
      button('flow', { type: 'action', action: { flow_action_data: 'a' } }),
      131009,
      /flow_action_data/,
    ],
    [
      'offer without end',
      template({
        type: 'limited_time_offer',
        parameters: [{ type: 'limited_time_offer', limited_time_offer: {} }],
      }),
      131008,
      /expiration_time_ms/,
    ],
    [
      'tap target without a title',
      template({
        type: 'tap_target_configuration',
        parameters: [
          {
            type: 'tap_target_configuration',
            tap_target_configuration: [{ url: 'https://shop.example.com' }],
          },
        ],
      }),
      131008,
      /title/,
    ],
    ['cards within cards', carousel(card(0, { type: 'carousel', cards: [] })), 131009, /type/],
    ['card without components', carousel({ card_index: 0 }), 131008, /cards\[0\]\.components/],
    ['card without index', carousel(card(undefined)), 131009, /card_index/],
    ['eleven cards', carousel(...Array.from({ length: 11 }, () => card(0))), 131009, /10/],
    [
      'another policy',
      message('template', { name: 'a', language: { code: 'de', policy: 'fallback' } }),
      131009,
      /policy/,
    ],
  ];
  for (const [name, given, code, details] of refused) {
    it(`content › ${name} › ${code} that names it`, () => {
      const parsed = parseBody(given);
      assert.ok(parsed.kind === 'invalid');
      assert.match(parsed.details, details);
      assert.equal(parsed.code, code);
    });
  }

  it('content › anything that JSON can say inside of any kind › an answer, never an exception', () => {
    const kinds = fc.constantFrom(
      'button',
      'list',
      'cta_url',
      'flow',
      'product',
      'product_list',
      'carousel',
      'order_details',
    );
    const component = fc.record({
      type: fc.constantFrom('header', 'body', 'button', 'carousel', 'limited_time_offer'),
      sub_type: fc.constantFrom('url', 'flow', 'mpm', 'copy_code'),
      index: fc.jsonValue(),
      parameters: fc.jsonValue(),
      cards: fc.jsonValue(),
    });
    const any = fc.oneof(
      fc
        .tuple(
          kinds,
          fc.jsonValue(),
          fc.dictionary(fc.constantFrom('buttons', 'sections', 'parameters', 'cards'), fc.jsonValue()),
        )
        .map(([type, head, action]) => interactive(type, action, { header: head })),
      fc.array(component).map((components) => template(...components)),
    );
    fc.assert(fc.property(any, (given) => ['message', 'invalid'].includes(parseBody(given).kind)));
  });
});
