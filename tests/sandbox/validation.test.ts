import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseBody } from '../../sandbox/validation.ts';

const base = { messaging_product: 'whatsapp', to: '+15551234501' };
const template = (changes: object): object => ({
  ...base,
  type: 'template',
  template: { name: 'order_update', language: { code: 'en_US' }, ...changes },
});
const text = (changes: object): object => ({ ...base, type: 'text', text: { body: 'hi' }, ...changes });
const component = (value: unknown): object => template({ components: [value] });
const buttons = (list: readonly unknown[]): object => ({
  ...base,
  type: 'interactive',
  interactive: { type: 'button', body: { text: 'choose' }, action: { buttons: list } },
});
const reply = (id: string, title = 'Yes'): object => ({ type: 'reply', reply: { id, title } });
const list = (rows: readonly unknown[]): object => ({
  ...base,
  type: 'interactive',
  interactive: { type: 'list', body: { text: 'choose' }, action: { button: 'Open', sections: [{ rows }] } },
});

describe('sandbox validation', () => {
  const accepted: readonly (readonly [string, object])[] = [
    ['text', text({})],
    ['number with punctuation', text({ to: '+1 (555) 123-4501' })],
    ['business-scoped user id', { ...text({}), to: undefined, recipient: 'US.13491208655302741918' }],
    ['group', text({ to: 'group-id', recipient_type: 'group' })],
    ['reply to a message', text({ context: { message_id: 'wamid.x' } })],
    ['longest opaque data', text({ biz_opaque_callback_data: 'x'.repeat(512) })],
    ['template without variables', template({})],
    [
      'template with positional text',
      component({ type: 'body', parameters: [{ type: 'text', text: 'Asha' }] }),
    ],
    [
      'template with a named variable',
      component({ type: 'header', parameters: [{ type: 'text', text: 'A', parameter_name: 'first_name' }] }),
    ],
    [
      'template with a button, index as number',
      component({ type: 'button', sub_type: 'url', index: 0, parameters: [{ type: 'text', text: 'a' }] }),
    ],
    ['image by link', { ...base, type: 'image', image: { link: 'https://example.org/a.jpg', caption: 'a' } }],
    ['document by id', { ...base, type: 'document', document: { id: '1', filename: 'a.pdf' } }],
    ['location', { ...base, type: 'location', location: { latitude: 1.5, longitude: '2.5' } }],
    ['contacts', { ...base, type: 'contacts', contacts: [{ name: { formatted_name: 'Asha' } }] }],
    ['removed reaction', { ...base, type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '' } }],
    ['buttons', buttons([reply('a'), reply('b')])],
    ['list', list([{ id: 'a', title: 'A' }])],
  ];
  for (const [name, body] of accepted) {
    it(`body › ${name} › accepted`, () => {
      assert.equal(parseBody(body).kind, 'message');
    });
  }

  const refused: readonly (readonly [string, unknown, number, RegExp])[] = [
    ['no object', [], 100, /JSON object/],
    ['no product', { ...base, messaging_product: 'sms' }, 100, /messaging_product/],
    [
      'no recipient',
      { messaging_product: 'whatsapp', type: 'text', text: { body: 'a' } },
      100,
      /parameter to /,
    ],
    ['recipient as a number', text({ to: 15551234501 }), 100, /Param to/],
    ['letters for a number', text({ to: '+1555abc' }), 131009, /^to is not/],
    ['wrong user id', { ...text({}), to: undefined, recipient: '42' }, 131009, /recipient/],
    ['wrong recipient type', text({ recipient_type: 'crowd' }), 131009, /recipient_type/],
    ['opaque data too long', text({ biz_opaque_callback_data: 'x'.repeat(513) }), 131009, /biz_opaque/],
    ['context without id', text({ context: {} }), 131009, /context\.message_id/],
    ['unknown type', { ...base, type: 'poem' }, 100, /Param type/],
    ['type without its object', { ...base, type: 'template' }, 100, /parameter template/],
    ['object of the wrong kind', { ...base, type: 'text', text: 'hi' }, 131009, /Parameter text/],
    ['empty text', text({ text: { body: '' } }), 131008, /text\.body/],
    ['text too long', text({ text: { body: 'x'.repeat(4097) } }), 131009, /4096/],
    ['template without name', template({ name: undefined }), 131008, /template\.name/],
    ['template name in capitals', template({ name: 'Hello' }), 131009, /template\.name/],
    ['template without language', template({ language: undefined }), 131008, /template\.language/],
    ['language without code', template({ language: {} }), 131008, /language\.code/],
    ['language code with a dash', template({ language: { code: 'en-US' } }), 131009, /language\.code/],
    ['components no list', template({ components: {} }), 131009, /components/],
    ['component without type', component({ parameters: [] }), 131008, /components\[0\]\.type/],
    [
      'parameter without text',
      component({ type: 'body', parameters: [{ type: 'text' }] }),
      131008,
      /\[0\]\.text/,
    ],
    [
      'parameter without image',
      component({ type: 'header', parameters: [{ type: 'image' }] }),
      131008,
      /\.image/,
    ],
    ['parameters no list', component({ type: 'body', parameters: 'a' }), 131009, /parameters/],
    ['button without sub type', component({ type: 'button', index: 0 }), 131008, /sub_type/],
    ['button without index', component({ type: 'BUTTON', sub_type: 'url' }), 131009, /index/],
    ['media without source', { ...base, type: 'image', image: {} }, 131008, /image\.id/],
    ['media with two sources', { ...base, type: 'image', image: { id: '1', link: 'x' } }, 131009, /either/],
    [
      'location without longitude',
      { ...base, type: 'location', location: { latitude: 1 } },
      131008,
      /longitude/,
    ],
    ['contacts without a name', { ...base, type: 'contacts', contacts: [{}] }, 131008, /formatted_name/],
    ['no contacts', { ...base, type: 'contacts', contacts: [] }, 131008, /contacts/],
    ['reaction without emoji', { ...base, type: 'reaction', reaction: { message_id: 'x' } }, 131008, /emoji/],
    ['four buttons', buttons(['a', 'b', 'c', 'd'].map((id) => reply(id))), 131009, /3 buttons/],
    ['buttons with one id', buttons([reply('a'), reply('a')]), 131009, /unique/],
    ['button title too long', buttons([reply('a', 'x'.repeat(21))]), 131009, /title/],
    ['eleven rows', list(Array.from({ length: 11 }, (_, id) => ({ id }))), 131009, /10 rows/],
    [
      'interactive without action',
      { ...base, type: 'interactive', interactive: { type: 'list' } },
      131008,
      /action/,
    ],
    [
      'read mark with a wrong typing indicator',
      { messaging_product: 'whatsapp', status: 'read', message_id: 'w', typing_indicator: { type: 'voice' } },
      100,
      /typing_indicator/,
    ],
    ['read mark without message', { messaging_product: 'whatsapp', status: 'read' }, 100, /message_id/],
    ['unknown mark', { messaging_product: 'whatsapp', status: 'seen', message_id: 'x' }, 100, /status/],
  ];
  for (const [name, body, code, details] of refused) {
    it(`body › ${name} › ${code} that names it`, () => {
      const parsed = parseBody(body);
      assert(parsed.kind === 'invalid');
      assert.equal(parsed.code, code);
      assert.match(parsed.details, details);
    });
  }

  it('body › read mark with typing › a read mark', () => {
    const body = {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'x',
      typing_indicator: { type: 'text' },
    };
    assert.equal(parseBody(body).kind, 'mark-read');
  });

  it('body › both kinds of recipient › the number wins', () => {
    const parsed = parseBody(text({ recipient: 'US.1' }));
    assert(parsed.kind === 'message');
    assert.deepEqual([parsed.waId, parsed.userId], ['15551234501', null]);
  });

  it('body › anything that JSON can say › an answer, never an exception', () => {
    const types = fc.constantFrom(
      'text',
      'template',
      'image',
      'location',
      'contacts',
      'interactive',
      'reaction',
    );
    fc.assert(
      fc.property(types, fc.jsonValue(), (type, content) => {
        const parsed = parseBody({ ...base, type, [type]: content });
        return parsed.kind === 'message' || parsed.kind === 'invalid';
      }),
    );
  });
});
