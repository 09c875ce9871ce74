import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readContent, type InboundContent } from '../../../src/whatsapp/inbound-content.ts';

const card = (formattedName: string) => ({
  name: { formattedName },
  ...{ phones: [], emails: [], urls: [], addresses: [] },
});

const cases: readonly (readonly [string, string, unknown, InboundContent])[] = [
  ['a text', 'text', { body: 'hello' }, { text: 'hello' }],
  ['a text of a relay', 'text', 'hello', { text: 'hello' }],
  ['a text of nothing', 'text', { body: '' }, { text: 'Unsupported message: text' }],
  [
    'a quick reply of a template',
    'button',
    { payload: 'order-7:yes', text: 'I will come' },
    { text: 'I will come', reply: { kind: 'quick-reply', id: 'order-7:yes', title: 'I will come' } },
  ],
  [
    'a quick reply without a payload',
    'button',
    { text: 'Yes' },
    { text: 'Yes', reply: { kind: 'quick-reply', id: 'Yes', title: 'Yes' } },
  ],
  [
    'a quick reply without a text',
    'button',
    { payload: 'yes' },
    { text: 'yes', reply: { kind: 'quick-reply', id: 'yes', title: 'yes' } },
  ],
  [
    'a button',
    'interactive',
    { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } },
    { text: 'Yes', reply: { kind: 'button', id: 'yes', title: 'Yes' } },
  ],
  [
    'a row',
    'interactive',
    { type: 'list_reply', list_reply: { id: '9', title: '9:00', description: 'With Ana' } },
    { text: '9:00', reply: { kind: 'list-row', id: '9', title: '9:00', description: 'With Ana' } },
  ],
  [
    'a row without a description',
    'interactive',
    { type: 'list_reply', list_reply: { id: '9', title: '9:00' } },
    { text: '9:00', reply: { kind: 'list-row', id: '9', title: '9:00' } },
  ],
  [
    'a form',
    'interactive',
    {
      type: 'nfm_reply',
      nfm_reply: { name: 'flow', body: 'Sent', response_json: '{"flow_token":"t-1","guests":"2"}' },
    },
    {
      text: 'Sent',
      reply: {
        ...{ kind: 'flow', id: 't-1', title: 'Sent', name: 'flow' },
        response: { flow_token: 't-1', guests: '2' },
      },
    },
  ],
  [
    'a form without a token and a body',
    'interactive',
    { type: 'nfm_reply', nfm_reply: { name: 'address_message', response_json: '{"values":{"zip":"1"}}' } },
    {
      text: 'address_message',
      reply: {
        ...{ kind: 'flow', title: 'address_message', name: 'address_message' },
        response: { values: { zip: '1' } },
      },
    },
  ],
  [
    'a form without names',
    'interactive',
    { type: 'nfm_reply', nfm_reply: { response_json: '{}' } },
    { text: 'Form', reply: { kind: 'flow', title: '', response: {} } },
  ],
  ...['{"flow_token":', '[1]', '"text"', 'null', ''].map(
    (response_json): readonly [string, string, unknown, InboundContent] => [
      `a form whose answers are ${response_json}`,
      'interactive',
      { type: 'nfm_reply', nfm_reply: { name: 'flow', body: 'Sent', response_json } },
      {
        text: 'Sent',
        reply: {
          ...{ kind: 'flow', title: 'Sent', name: 'flow' },
          ...(response_json === '' ? {} : { responseText: response_json }),
        },
      },
    ],
  ),
  [
    'an interactive of a kind that we do not know',
    'interactive',
    { type: 'call_permission_reply' },
    { text: 'Unsupported message: interactive' },
  ],
  [
    'an interactive that is not there',
    'interactive',
    undefined,
    { text: 'Unsupported message: interactive' },
  ],
  [
    'a call that is allowed',
    'interactive',
    {
      type: 'call_permission_reply',
      call_permission_reply: {
        ...{ response: 'accept', is_permanent: false, response_source: 'user_action' },
        expiration_timestamp: 1_795_400_000,
      },
    },
    {
      text: 'Calls allowed',
      callPermission: {
        ...{ isGranted: true, response: 'accept', isPermanent: false, source: 'user_action' },
        expiresAtMs: 1_795_400_000_000,
      },
    },
  ],
  [
    'a reaction',
    'reaction',
    { message_id: 'wamid.7', emoji: '👍' },
    { text: '👍', reaction: { emoji: '👍' }, contextId: 'wamid.7' },
  ],
  [
    'a reaction taken back',
    'reaction',
    { message_id: 'wamid.7', emoji: '' },
    { reaction: {}, contextId: 'wamid.7' },
  ],
  [
    'a reaction without an emoji',
    'reaction',
    { message_id: 'wamid.7' },
    { reaction: {}, contextId: 'wamid.7' },
  ],
  ['a reaction to nothing', 'reaction', { emoji: '👍' }, { text: 'Unsupported message: reaction' }],
  [
    'an image with a caption',
    'image',
    { id: 'm1', mime_type: 'image/jpeg', sha256: 'h', caption: 'Look', url: 'https://lookaside/1' },
    { text: 'Look', media: { id: 'm1', mimeType: 'image/jpeg', sha256: 'h', caption: 'Look' } },
  ],
  ['a video alone', 'video', { id: 'm1' }, { media: { id: 'm1' } }],
  [
    'a voice note',
    'audio',
    { id: 'm1', mime_type: 'audio/ogg; codecs=opus', voice: true },
    { media: { id: 'm1', mimeType: 'audio/ogg; codecs=opus', isVoice: true } },
  ],
  [
    'a document without a caption',
    'document',
    { id: 'm1', filename: 'bill.pdf' },
    { text: 'bill.pdf', media: { id: 'm1', filename: 'bill.pdf' } },
  ],
  ['a sticker', 'sticker', { id: 'm1', animated: true }, { media: { id: 'm1', isAnimated: true } }],
  [
    'a file of odd fields',
    'image',
    { id: 'm1', mime_type: 7, caption: [], voice: 'yes' },
    { media: { id: 'm1' } },
  ],
  ['a file without an id', 'image', { mime_type: 'image/png' }, { text: 'Unsupported message: image' }],
  [
    'a place with a name',
    'location',
    { latitude: 52.5, longitude: 13.4, name: 'Our shop', address: 'Berlin' },
    {
      text: 'Our shop, Berlin',
      location: { latitude: 52.5, longitude: 13.4, name: 'Our shop', address: 'Berlin' },
    },
  ],
  [
    'a place alone',
    'location',
    { latitude: 52.5, longitude: '13.4', name: '' },
    { text: '52.5, 13.4', location: { latitude: 52.5, longitude: 13.4 } },
  ],
  ['a place nowhere', 'location', { name: 'Our shop' }, { text: 'Unsupported message: location' }],
  [
    'contacts',
    'contacts',
    [{ name: { formatted_name: 'Ana' } }, { name: 7 }, { name: { formatted_name: 'Bea' } }],
    { text: 'Ana, Bea', contacts: [card('Ana'), card('Bea')] },
  ],
  ['contacts that are none', 'contacts', 'Ana', { text: 'Unsupported message: contacts' }],
  [
    'an order of nothing',
    'order',
    { catalog_id: '1' },
    { text: '0 items', order: { catalogId: '1', items: [] } },
  ],
  ['an unheard-of type', 'poll', { question: 'x' }, { text: 'Unsupported message: poll' }],
];

describe('content of a contact’s message', () => {
  for (const [name, type, given, expected] of cases) {
    it(`${name} › ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(readContent(type, { [type]: given }), expected);
    });
  }

  it('a reply › the id of the message that is quoted', () => {
    const context = { from: '15550001000', id: 'wamid.asked' };
    assert.deepEqual(readContent('text', { text: { body: 'Yes' }, context }), {
      text: 'Yes',
      contextId: 'wamid.asked',
      contextFrom: '15550001000',
    });
  });

  it('a context that names no message › nothing of it', () => {
    for (const context of [null, 'wamid.x', {}, { forwarded: false }, { id: [] }, { id: '' }])
      assert.deepEqual(readContent('text', { text: { body: 'Yes' }, context }), { text: 'Yes' });
  });

  it('any type with anything inside › never throws', () => {
    const types = fc.constantFrom(...new Set(cases.map(([, type]) => type)));
    fc.assert(
      fc.property(types, fc.jsonValue(), fc.jsonValue(), (type, given, context) => {
        readContent(type, { [type]: given, context });
      }),
      { numRuns: 500 },
    );
  });
});
