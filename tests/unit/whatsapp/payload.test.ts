import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildMessageBody, formatOpaque, maskDigits, parseOpaque } from '../../../src/whatsapp/payload.ts';

const messageId = '0123456789abcdef01234567';

describe('message body', () => {
  const address = { to: '+15550001111' };

  it('a template without variables › exactly Meta’s fields, and no components', () => {
    const template = { name: 'hello_world', language: { code: 'en_US' } };
    const payload = { type: 'template' as const, template };
    assert.deepEqual(buildMessageBody({ messageId, attempt: 2, address, payload }), {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '+15550001111',
      type: 'template',
      template: { name: 'hello_world', language: { code: 'en_US' } },
      biz_opaque_callback_data: `${messageId}:2`,
    });
  });

  it('a template with components › they go out as they are', () => {
    const components = [{ type: 'body' as const, parameters: [{ type: 'text' as const, text: 'Ada' }] }];
    const template = { name: 'order_update', language: { code: 'de' }, components };
    const payload = { type: 'template' as const, template };
    const body = buildMessageBody({ messageId, attempt: 1, address: { to: '+4915112345678' }, payload });
    assert.deepEqual('template' in body ? body.template : null, template);
  });

  it('a template to somebody without a number › recipient instead of to', () => {
    const template = { name: 'hello_world', language: { code: 'en_US' } };
    const payload = { type: 'template' as const, template };
    const address = { recipient: 'DE.13491208655302741918' };
    assert.deepEqual(buildMessageBody({ messageId, attempt: 1, address, payload }), {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      recipient: 'DE.13491208655302741918',
      type: 'template',
      template: { name: 'hello_world', language: { code: 'en_US' } },
      biz_opaque_callback_data: `${messageId}:1`,
    });
  });

  it('a reply to somebody without a number › context, and recipient instead of to', () => {
    const body = buildMessageBody({
      ...{ messageId, attempt: 1, contextMessageId: 'wamid.asked' },
      address: { recipient: 'DE.13491208655302741918' },
      payload: { type: 'text', text: { body: 'Yes' } },
    });
    assert.deepEqual(body, {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      recipient: 'DE.13491208655302741918',
      context: { message_id: 'wamid.asked' },
      type: 'text',
      text: { body: 'Yes' },
      biz_opaque_callback_data: `${messageId}:1`,
    });
  });
});

describe('opaque callback data', () => {
  it('any id and attempt › comes back as it was, in at most 512 characters', () => {
    const id = fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'.split('')),
      minLength: 24,
      maxLength: 24,
    });
    fc.assert(
      fc.property(id, fc.integer({ min: 0, max: 999_999 }), (messageIdText, attempt) => {
        const opaque = formatOpaque(messageIdText, attempt);
        assert.deepEqual(parseOpaque(opaque), { messageId: messageIdText, attempt });
        assert.ok(opaque.length <= 512);
      }),
    );
  });

  const foreign = [
    ...['', ':', messageId, `${messageId}:`, `${messageId}:x`, `${messageId}:-1`, `${messageId}:1234567`],
    ...[
      `${messageId.toUpperCase()}:1`,
      `${messageId}0:1`,
      ` ${messageId}:1`,
      `${messageId}:1\n`,
      `a:${messageId}:1`,
    ],
  ];
  for (const opaque of foreign) {
    it(`${JSON.stringify(opaque)} › is not of our making`, () => {
      assert.equal(parseOpaque(opaque), null);
    });
  }

  it('any other text › never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseOpaque(text)));
  });
});

describe('masked digits', () => {
  it('runs of seven and more › keep their last two only; shorter ones stay', () => {
    assert.equal(maskDigits('(#131026) to +15551234567 and 1234567'), '(#131026) to +…67 and …67');
    assert.equal(maskDigits('no digits'), 'no digits');
  });

  it('any text › holds no run of seven digits afterwards', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789 +-ab'.split('')), maxLength: 60 });
    fc.assert(fc.property(text, (given) => assert.doesNotMatch(maskDigits(given), /\d{7}/)));
  });
});
