import assert from 'node:assert/strict';
import { readableText } from '../../../../../src/sending/messages/content/text.ts';
import { fullContents, good, type ContentJson } from '../../../../support/contents.ts';

const cases: readonly (readonly [string, ContentJson, string | null])[] = [
  ['text', fullContents.text, 'See https://example.com'],
  ['image with a caption', fullContents.image, 'The menu'],
  ['video without one', { type: 'video', mediaId: '1' }, null],
  ['document with a caption', fullContents.document, 'The bill'],
  ['document with a name only', { type: 'document', mediaId: '1', filename: 'bill.pdf' }, 'bill.pdf'],
  ['document with neither', { type: 'document', mediaId: '1' }, null],
  ['sound', fullContents.audio, null],
  ['sticker', fullContents.sticker, null],
  ['location with a name', fullContents.location, 'Our shop, Unter den Linden 1, Berlin'],
  [
    'location with an address only',
    { ...fullContents.location, name: undefined },
    'Unter den Linden 1, Berlin',
  ],
  ['location alone', { type: 'location', latitude: 52.5, longitude: -13 }, '52.5, -13'],
  ['contact', fullContents.contacts, 'Dr. Ana M. Souza Jr.'],
  [
    'several contacts',
    {
      type: 'contacts',
      contacts: ['Ana', 'Bea'].map((formattedName) => ({ name: { formattedName, firstName: 'x' } })),
    },
    'Ana, Bea',
  ],
  ['reaction', fullContents.reaction, '👍'],
  ['reaction taken back', { ...fullContents.reaction, emoji: null }, null],
  ['buttons under an image', fullContents.buttons, 'Will you come?\nTable 7'],
  ['list', fullContents.list, 'Tomorrow\nWhen suits you?\nAll times are local'],
  ['link', fullContents.ctaUrl, 'Order 1042\nIt is on its way.\nThank you'],
  [
    'flow without header and footer',
    { ...fullContents.flow, header: undefined, footer: undefined },
    'It takes a minute.',
  ],
  ['request for a location', fullContents.locationRequest, 'Where shall we deliver?'],
  ['request for an address', fullContents.addressRequest, 'Where shall we send it?\nFree delivery'],
  ['catalog', fullContents.catalog, 'All our cakes\nFresh every day'],
  ['product with a text', fullContents.product, 'Still warm\nToday only'],
  ['product alone', { type: 'product', catalogId: '1', productId: 'cake-2' }, null],
  ['products', fullContents.productList, 'For your party\nWhat do you like?\nPrices with tax'],
];

describe('content › readable text', () => {
  for (const [name, content, expected] of cases) {
    it(`${name} › ${JSON.stringify(expected)}`, () => {
      assert.equal(readableText(good(content)), expected);
    });
  }
});
