import assert from 'node:assert/strict';
import { Content } from '../../../../../src/sending/messages/content/schemas.ts';
import {
  contentKinds,
  fullContents,
  good,
  wrongPaths,
  type ContentJson,
} from '../../../../support/contents.ts';
import { hostileValues, withValue } from '../../../../support/hostile.ts';

const { text, image, video, document, location, contacts, buttons, list, ctaUrl, flow } = fullContents;
const { locationRequest, contactInfoRequest, addressRequest, catalog, product, productList } = fullContents;
const row = (id: number) => ({ id: String(id), title: `Row ${id}` });
const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index));
const textHeader = { type: 'text', text: 'x' };
const person = { name: { formattedName: 'Ana', firstName: 'Ana' } };
const url = (length: number) => `https://example.com/`.padEnd(length, 'x');
const x = (length: number) => 'x'.repeat(length);
const products = (count: number) => Array.from({ length: count }, (_, index) => `p-${index}`);

type Limit = readonly [path: string, content: ContentJson, limit: number, make?: (size: number) => unknown];

/** The longest value that Meta accepts in each place; one more is refused. */
const limits: readonly Limit[] = [
  ['body', text, 4_096],
  ['caption', image, 1_024],
  ['caption', video, 1_024],
  ['caption', document, 1_024],
  ['filename', document, 240],
  ['link', video, 2_000, url],
  ['mediaId', image, 256],
  ['name', location, 1_000],
  ['address', location, 1_000],
  ['contacts', contacts, 257, (count) => Array.from({ length: count }, () => person)],
  ['body', buttons, 1_024],
  ['footer', buttons, 60],
  ['header.text', { ...buttons, header: textHeader }, 60],
  ['buttons.0.id', buttons, 256],
  ['buttons.0.title', buttons, 20],
  ['buttons', buttons, 3, (count) => rows(count)],
  ['body', list, 4_096],
  ['header', list, 60],
  ['footer', list, 60],
  ['buttonText', list, 20],
  ['sections.0.title', list, 24],
  ['sections.0.rows.0.id', list, 200],
  ['sections.0.rows.0.title', list, 24],
  ['sections.0.rows.0.description', list, 72],
  ['sections', list, 10, (count) => rows(count).map(({ title, id }) => ({ title, rows: [{ id, title }] }))],
  ['body', ctaUrl, 1_024],
  ['header.text', ctaUrl, 60],
  ['footer', ctaUrl, 60],
  ['displayText', ctaUrl, 20],
  ['url', ctaUrl, 2_000, url],
  ['body', flow, 1_024],
  ['header.text', flow, 60],
  ['footer', flow, 60],
  ['flowCta', flow, 20],
  ['flowToken', flow, 512],
  ['flowName', { ...flow, flowId: undefined }, 200],
  ['body', locationRequest, 1_024],
  ['body', contactInfoRequest, 1_024],
  ['body', addressRequest, 1_024],
  ['footer', addressRequest, 60],
  ['values.name', addressRequest, 256],
  ['fieldErrors.pinCode', addressRequest, 256],
  ['savedAddresses.0.id', addressRequest, 256],
  [
    ...(['savedAddresses', addressRequest, 20] as const),
    (count) => products(count).map((id) => ({ id, values: { city: 'Pune' } })),
  ],
  ['body', catalog, 1_024],
  ['footer', catalog, 60],
  ['thumbnailProductId', catalog, 256],
  ['body', product, 1_024],
  ['footer', product, 60],
  ['productId', product, 256],
  ['header', productList, 60],
  ['body', productList, 1_024],
  ['footer', productList, 60],
  ['sections.0.title', productList, 24],
  ['sections.0.productIds.0', productList, 256],
  ['sections', productList, 10, (count) => products(count).map((id) => ({ title: id, productIds: [id] }))],
];

describe('content › limits', () => {
  for (const [path, content, limit, make = x] of limits) {
    it(`${content.type} ${path} › ${limit} fit, one more is refused with its path`, () => {
      assert.deepEqual(wrongPaths(withValue(content, path, make(limit))), []);
      assert.deepEqual(wrongPaths(withValue(content, path, make(limit + 1))), [path]);
    });
  }

  it('list › 10 rows in all fit, 11 are refused, in one section and in two', () => {
    const sections = (...counts: number[]) => {
      let from = 0;
      return counts.map((count, place) => {
        from += count;
        return { title: `Section ${place}`, rows: rows(from).slice(from - count) };
      });
    };
    for (const counts of [[10], [9, 1], [5, 5]])
      assert.deepEqual(wrongPaths({ ...list, sections: sections(...counts) }), []);
    assert.deepEqual(wrongPaths({ ...list, sections: sections(10, 1) }), ['sections']);
    assert.deepEqual(wrongPaths({ ...list, sections: sections(11) }), ['sections.0.rows']);
  });

  it('products › 30 in all fit, 31 are refused, in one section and in two', () => {
    const sections = (...counts: number[]) =>
      counts.map((count, place) => ({ title: `Section ${place}`, productIds: products(count) }));
    for (const counts of [[30], [29, 1], [15, 15]])
      assert.deepEqual(wrongPaths({ ...productList, sections: sections(...counts) }), []);
    assert.deepEqual(wrongPaths({ ...productList, sections: sections(30, 1) }), ['sections']);
    assert.deepEqual(wrongPaths({ ...productList, sections: sections(31) }), ['sections.0.productIds']);
  });

  it('location › the poles and the date line fit, values beyond are refused', () => {
    for (const [latitude, longitude] of [
      [90, 180],
      [-90, -180],
    ])
      assert.deepEqual(wrongPaths({ ...location, latitude, longitude }), []);
    assert.deepEqual(wrongPaths({ ...location, latitude: 90.001, longitude: -180.001 }), [
      'latitude',
      'longitude',
    ]);
  });

  it('several values too long › all named at once', () => {
    const long = {
      ...{ ...list, body: x(4_097), footer: x(61), header: x(61), buttonText: x(21) },
      sections: [{ title: x(25), rows: [{ id: x(201), title: x(25), description: x(73) }, row(1), row(1)] }],
    };
    assert.deepEqual(wrongPaths(long), [
      ...['body', 'buttonText', 'footer', 'header', 'sections.0.rows.0.description', 'sections.0.rows.0.id'],
      ...['sections.0.rows.0.title', 'sections.0.rows.2.id', 'sections.0.title'],
    ]);
  });
});

const without = (content: ContentJson, ...fields: string[]) =>
  Object.fromEntries(Object.entries(content).filter(([field]) => !fields.includes(field)));

describe('content › invalid combinations', () => {
  const refused: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['a file from nowhere', { type: 'image' }, ['mediaId']],
    ['a file from two places', { ...image, link: url(30) }, ['mediaId']],
    ['a header from nowhere', { ...buttons, header: { type: 'video' } }, ['header.mediaId']],
    [
      'a header document from two places',
      {
        ...buttons,
        header: { type: 'document', mediaId: '1', link: url(30) },
      },
      ['header.mediaId'],
    ],
    ['a link that is not encrypted', { type: 'image', link: 'http://example.com/a.png' }, ['link']],
    ['a link that is none', { type: 'image', link: 'https:x' }, ['link']],
    ['a link with spaces', { type: 'image', link: 'https://example.com/a b' }, ['link']],
    ['a page that is no web page', { ...ctaUrl, url: 'ftp://example.com' }, ['url']],
    ['a caption of a sticker', { ...fullContents.sticker, caption: 'x' }, ['']],
    ['a header of a list that is no text', { ...list, header: textHeader }, ['header']],
    [
      'a name without parts',
      { type: 'contacts', contacts: [{ name: { formattedName: 'Ana' } }] },
      ['contacts.0.name.firstName'],
    ],
    [
      'an empty address and organisation',
      {
        type: 'contacts',
        contacts: [{ ...person, org: {}, addresses: [{}] }],
      },
      ['contacts.0.addresses.0', 'contacts.0.org'],
    ],
    [
      'a birthday that is no day',
      { type: 'contacts', contacts: [{ ...person, birthday: '31.12.1990' }] },
      ['contacts.0.birthday'],
    ],
    ['no contacts, no buttons, no sections', { type: 'contacts', contacts: [] }, ['contacts']],
    ['no buttons', { ...buttons, buttons: [] }, ['buttons']],
    ['no sections', { ...list, sections: [] }, ['sections']],
    ['no rows', { ...list, sections: [{ rows: [] }] }, ['sections.0.rows']],
    [
      'two buttons alike',
      { ...buttons, buttons: [row(1), row(2), row(1)] },
      ['buttons.2.id', 'buttons.2.title'],
    ],
    [
      'sections without titles',
      { ...list, sections: [{ rows: [row(1)] }, { rows: [row(2)] }] },
      ['sections.0.title', 'sections.1.title'],
    ],
    ['a reaction of two emojis', { ...fullContents.reaction, emoji: '👍👍' }, ['emoji']],
    ['a reaction to no id of ours', { ...fullContents.reaction, messageId: 'wamid.x' }, ['messageId']],
    ['a flow without id and name', without(flow, 'flowId'), ['flowId']],
    ['a flow by id and name', { ...flow, flowName: 'x' }, ['flowId']],
    ['a flow without its first screen', without(flow, 'screen', 'data'), ['screen']],
    ['a flow without action and screen', without(flow, 'screen', 'data', 'action'), ['screen']],
    ['a flow with empty data', { ...flow, data: {} }, ['data']],
    ['a flow with a field that is no word', { ...flow, data: { $where: 1 } }, ['data.$where']],
    ['a screen where the endpoint says it', { ...flow, action: 'data_exchange' }, ['data', 'screen']],
    ['a link to an IPv4 address', { ...ctaUrl, url: 'https://203.0.113.7/orders' }, ['url']],
    ['a link to an IPv4 address as one number', { ...ctaUrl, url: 'http://3405803783/' }, ['url']],
    ['a link to an IPv6 address', { ...ctaUrl, url: 'https://[2001:db8::1]:8443/' }, ['url']],
    ['a request for a location with small print', { ...locationRequest, footer: 'x' }, ['']],
    ['an address of another country', { ...addressRequest, country: 'DE' }, ['country']],
    [
      'Indian fields in Singapore',
      { ...addressRequest, country: 'SG', values: { pinCode: '560001', city: 'Singapore' } },
      ['fieldErrors.pinCode', 'savedAddresses.0.values.pinCode', 'values.pinCode'],
    ],
    [
      'a post code of Singapore in India',
      { ...addressRequest, values: { postCode: '018956', unitNumber: '7' } },
      ['values.postCode', 'values.unitNumber'],
    ],
    ['a pin code of seven digits', { ...addressRequest, values: { pinCode: '5600011' } }, ['values.pinCode']],
    ['a phone that is none', { ...addressRequest, values: { phoneNumber: '12' } }, ['values.phoneNumber']],
    ['an address without values', { ...addressRequest, values: {} }, ['values']],
    [
      'two addresses with one id',
      {
        ...addressRequest,
        savedAddresses: ['a', 'b', 'a'].map((id) => ({ id, values: { city: 'Pune' } })),
      },
      ['savedAddresses.2.id'],
    ],
    ['a product without its catalog', without(product, 'catalogId'), ['catalogId']],
    ['a product with a header', { ...product, header: 'Cake' }, ['']],
    ['products without a header', without(productList, 'header'), ['header']],
    ['products without a text', without(productList, 'body'), ['body']],
    ['no products', { ...productList, sections: [{ productIds: [] }] }, ['sections.0.productIds']],
    [
      'sections of products without titles',
      { ...productList, sections: [{ productIds: ['a'] }, { productIds: ['b'] }] },
      ['sections.0.title', 'sections.1.title'],
    ],
    ['a kind that is not known', { type: 'poll' }, ['type']],
    ['no kind', {}, ['type']],
    ['nothing', null, ['']],
  ];
  for (const [name, content, paths] of refused) {
    it(`${name} › refused with its path`, () => assert.deepEqual(wrongPaths(content), paths));
  }

  it('blank texts and control characters › refused in every readable text', () => {
    for (const [path, content] of limits.filter(([, , , make]) => make === undefined)) {
      for (const value of ['', '  ', '\u0000x', 'x\u0007']) {
        assert.deepEqual(wrongPaths(withValue(content, path, value)), [path], JSON.stringify(value));
      }
    }
  });

  it('emojis › count as code units; half of one is refused', () => {
    const title = (text: string) => wrongPaths({ ...ctaUrl, displayText: text });
    assert.deepEqual(title('👍'.repeat(10)), []);
    assert.deepEqual(title('👍'.repeat(11)), ['displayText']);
    assert.deepEqual(title('👍'.slice(0, 1)), ['displayText']);
  });

  it('line breaks › allowed in bodies and captions, refused in titles', () => {
    assert.equal(wrongPaths({ ...text, body: 'a\r\nb\tc' }).length, 0);
    assert.equal(wrongPaths({ ...image, caption: 'a\nb' }).length, 0);
    assert.deepEqual(wrongPaths({ ...ctaUrl, displayText: 'a\nb', footer: 'a\nb' }), [
      'displayText',
      'footer',
    ]);
  });
});

describe('content › any kind', () => {
  it('the samples › one for each kind of the schema, and all are good', () => {
    const kinds = Content.options.map((option) => option.shape.type.value);
    assert.deepEqual(contentKinds.toSorted(), kinds.toSorted());
    for (const content of Object.values(fullContents)) good(content);
  });

  for (const kind of contentKinds) {
    it(`${kind} › a hostile value or a foreign field in any place › refused, never thrown`, () => {
      const content = fullContents[kind];
      for (const place of Object.keys(content)) {
        for (const { name, value } of hostileValues) {
          // `null` takes a reaction back, a flag may be either, 0 is on the equator, and a flow takes what data it likes.
          const isFine =
            (place === 'emoji' && value === null) ||
            ((place === 'hasLinkPreview' || place === 'isVoice') && typeof value === 'boolean') ||
            ((place === 'latitude' || place === 'longitude') && typeof value === 'number') ||
            (place === 'data' && (name === 'a constructor' || name === 'something deep'));
          const paths = wrongPaths(withValue(content, place, value));
          assert.equal(paths.length === 0, isFine, `${place} is ${name}: ${paths.join()}`);
        }
      }
      assert.deepEqual(wrongPaths({ ...content, unheard: 1 }), ['']);
    });
  }
});
