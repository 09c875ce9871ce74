import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseWebhookBody, type WebhookItem } from '../../../src/whatsapp/events.ts';

const status = (extra: object = {}) => ({
  id: 'wamid.1',
  status: 'delivered',
  timestamp: '1763888400',
  ...extra,
});
const message = (extra: object = {}) => ({
  id: 'wamid.in',
  from: '15550001111',
  timestamp: '1763888400',
  type: 'text',
  text: { body: 'hello' },
  ...extra,
});
const metadata = { display_phone_number: '15559990000', phone_number_id: '1000' };
const envelope = (...values: readonly unknown[]) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: 'waba', changes: values.map((value) => ({ field: 'messages', value })) }],
});

const parse = (body: unknown): readonly WebhookItem[] => parseWebhookBody(JSON.stringify(body));
const kinds = (items: readonly WebhookItem[]): string[] => items.map(({ kind }) => kind);

function only<Kind extends WebhookItem['kind']>(items: readonly WebhookItem[], kind: Kind) {
  assert.equal(items.length, 1);
  const [item] = items;
  assert.equal(item?.kind, kind);
  return item as Extract<WebhookItem, { kind: Kind }>;
}

describe('webhook body › status', () => {
  const expected = {
    kind: 'status',
    phoneNumberId: '1000',
    providerMessageId: 'wamid.1',
    word: 'delivered',
    timestampMs: 1_763_888_400_000,
  };

  it('Meta’s envelope › every field that we use', () => {
    const full = status({
      recipient_id: '15550001111',
      biz_opaque_callback_data: '0123456789abcdef01234567:1',
      pricing: { billable: true, pricing_model: 'PMP', category: 'utility', type: 'regular' },
    });
    assert.deepEqual(parse(envelope({ messaging_product: 'whatsapp', metadata, statuses: [full] })), [
      {
        ...expected,
        recipient: { phoneNumber: '+15550001111', whatsappId: '15550001111' },
        opaque: '0123456789abcdef01234567:1',
        pricing: { category: 'utility', type: 'regular', model: 'PMP' },
        details: { billable: true },
      },
    ]);
  });

  it('the end of a free entry point › read for people who came by an advertisement, and for nobody else', () => {
    const conversation = (type: string) => ({
      id: 'c',
      expiration_timestamp: '1764147600',
      origin: { type },
    });
    const free = status({ conversation: conversation('referral_conversion') });
    assert.deepEqual(parse({ metadata, statuses: [free] }), [
      {
        ...expected,
        freeEntryUntilMs: 1_764_147_600_000,
        details: {
          conversation: { id: 'c', origin: 'referral_conversion', expiresAtMs: 1_764_147_600_000 },
        },
      },
    ]);
    for (const other of [conversation('utility'), { id: 'c' }, 'c', null]) {
      const read = only(parse({ metadata, statuses: [status({ conversation: other })] }), 'status');
      assert.equal(read.freeEntryUntilMs, undefined);
    }
  });

  it('{statuses} at the top › read, with the number when it is said', () => {
    assert.deepEqual(parse({ metadata, statuses: [status()] }), [expected]);
    assert.deepEqual(parse({ statuses: [status()] }), [{ ...expected, phoneNumberId: null }]);
  });

  it('a bare array › read', () => {
    const read = status({ status: 'read' });
    assert.deepEqual(parse([status(), read]), [
      { ...expected, phoneNumberId: null },
      { ...expected, phoneNumberId: null, word: 'read' },
    ]);
  });

  it('failed with errors › the first one, with masked digits', () => {
    const errors = [
      {
        code: 131026,
        title: 'to 15550001111',
        message: 'm',
        error_data: { details: '15550001111 is not there' },
      },
      { code: 1, title: 'second' },
    ];
    assert.deepEqual(only(parse([status({ errors })]), 'status').error, {
      code: 131026,
      title: 'to …11',
      detail: '…11 is not there',
    });
  });

  it('texts of megabytes in an error › cut, because a message stores them', () => {
    const long = 'x'.repeat(1_000_000);
    const errors = [{ code: 131049, title: long, error_data: { details: long } }];
    const pricing = { category: long };
    const body = JSON.stringify([{ id: 'wamid.1', status: 'failed', timestamp: '1', errors, pricing }]);
    const [item] = parseWebhookBody(body);
    assert.ok(item?.kind === 'status' && item.error !== undefined);
    const { title, detail } = item.error;
    assert.deepEqual([title.length, detail.length, item.pricing], [1_024, 1_024, undefined]);
  });

  it('an error that has its code as text and no title › read', () => {
    const { error } = only(parse([status({ errors: [{ code: '131049', message: 'held back' }] })]), 'status');
    assert.deepEqual(error, { code: 131049, title: 'held back', detail: '' });
  });

  const times: readonly [string | number, number][] = [
    ['1763888400', 1_763_888_400_000],
    [1_763_888_400, 1_763_888_400_000],
    ['1763888400123', 1_763_888_400_123],
    [1_763_888_400_123, 1_763_888_400_123],
    ['0', 0],
    [100_000_000_000, 100_000_000_000_000],
    [100_000_000_001, 100_000_000_001],
  ];
  for (const [timestamp, expectedMs] of times) {
    it(`the time ${JSON.stringify(timestamp)} › ${expectedMs} ms`, () => {
      assert.equal(only(parse([status({ timestamp })]), 'status').timestampMs, expectedMs);
    });
  }

  it('any time that is accepted › is a date', () => {
    const timestamp = fc.oneof(
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map(String),
      fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), maxLength: 20 }),
    );
    fc.assert(
      fc.property(timestamp, (given) => {
        for (const item of parse([status({ timestamp: given })])) {
          if (item.kind === 'status')
            assert.ok(!Number.isNaN(new Date(item.timestampMs).getTime()), String(given));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  const unreadable: readonly [string, unknown, RegExp][] = [
    ['no id', status({ id: undefined }), /^\[0\]: id not readable$/],
    ['an empty id', status({ id: '' }), /id not readable/],
    ['no status', status({ status: 7 }), /status not readable/],
    ['no time', status({ timestamp: undefined }), /timestamp not readable/],
    ['a time as text', status({ timestamp: 'yesterday' }), /timestamp not readable/],
    ['a negative time', status({ timestamp: -1 }), /timestamp not readable/],
    ['null', null, /^\[0\]: invalid_type not readable$/],
    ['a text', 'delivered', /not readable/],
  ];
  for (const [name, given, reason] of unreadable) {
    it(`${name} › invalid, with its place and without its content`, () => {
      assert.match(only(parse([given]), 'invalid').reason, reason);
    });
  }

  const oddExtras: readonly [string, object, object[]][] = [
    ['pricing', { pricing: 'free' }, [{ name: 'pricing', value: 'free' }]],
    [
      'opaque data',
      { biz_opaque_callback_data: { id: 1 } },
      [{ name: 'biz_opaque_callback_data.id', value: '1' }],
    ],
    ['errors', { errors: 'none' }, [{ name: 'errors', value: 'none' }]],
    ['an error', { errors: [{ title: 'no code' }] }, []],
    ['all of them null', { pricing: null, biz_opaque_callback_data: null, errors: null }, []],
  ];
  for (const [name, extra, more] of oddExtras) {
    it(`extras of another shape (${name}) › the status itself is read, and the rest is kept`, () => {
      const details = more.length === 0 ? {} : { details: { more } };
      assert.deepEqual(parse([status(extra)]), [{ ...expected, phoneNumberId: null, ...details }]);
    });
  }
});

describe('webhook body › message of a contact', () => {
  it('a text › who, when, what, and the profile name of that sender', () => {
    const contacts = [
      { wa_id: '15550002222', profile: { name: 'Somebody else' } },
      { wa_id: '15550001111', profile: { name: 'Ada' } },
    ];
    const { raw, ...item } = only(parse(envelope({ metadata, contacts, messages: [message()] })), 'message');
    assert.deepEqual(item, {
      kind: 'message',
      phoneNumberId: '1000',
      providerMessageId: 'wamid.in',
      from: '15550001111',
      profileName: 'Ada',
      messageType: 'text',
      text: 'hello',
      timestampMs: 1_763_888_400_000,
    });
    assert.deepEqual(raw, message());
  });

  it('a sender without a phone number › found by the business-scoped user id', () => {
    const contacts = [{ user_id: 'US.1349', profile: { name: 'Ada', username: '@ada' } }];
    const given = message({ from: undefined, from_user_id: 'US.1349' });
    const item = only(parse({ metadata, contacts, messages: [given] }), 'message');
    assert.deepEqual([item.from, item.fromUserId, item.profileName], [undefined, 'US.1349', 'Ada']);
  });

  it('contacts that are unreadable or of others › no name, and the message all the same', () => {
    const contacts = [null, 7, { wa_id: 7 }, { profile: { name: 'nobody' } }];
    const items = parse({ metadata, contacts, messages: [message()] });
    assert.equal(only(items.slice(0, 1), 'message').profileName, undefined);
    const { details } = only(items.slice(1), 'report');
    assert.deepEqual(details, [{ name: 'contacts[1]', value: '7' }]);
  });

  it('what it says and what it replies to › as of its type, with the object as the provider sent it', () => {
    const button = { text: 'I will come', payload: 'yes' };
    const pressed = message({ type: 'button', text: undefined, button, context: { id: 'wamid.asked' } });
    const item = only(parse({ metadata, messages: [pressed] }), 'message');
    assert.deepEqual([item.messageType, item.text, item.contextId], ['button', 'I will come', 'wamid.asked']);
    assert.deepEqual(item.reply, { kind: 'quick-reply', id: 'yes', title: 'I will come' });
    assert.deepEqual(item.raw['button'], button);
  });

  it('a medium without a caption › no text, and the file', () => {
    const image = message({ type: 'image', text: undefined, image: { id: 'm1', mime_type: 'image/jpeg' } });
    const item = only(parse({ metadata, messages: [image] }), 'message');
    assert.equal(item.text, undefined);
    assert.deepEqual(item.media, { id: 'm1', mimeType: 'image/jpeg' });
  });

  it('a text of another shape › the message is kept with what came', () => {
    const item = only(parse({ metadata, messages: [message({ text: ['hello'] })] }), 'message');
    assert.equal(item.text, 'Unsupported message: text');
    assert.deepEqual(item.source?.['text'], ['hello']);
  });

  it('nobody sent it › invalid', () => {
    const nobody = message({ from: undefined });
    assert.match(
      only(parse({ metadata, messages: [nobody] }), 'invalid').reason,
      /messages\[0\] names no sender/,
    );
  });
});

describe('webhook body › several items', () => {
  it('messages, statuses and errors in several changes › all, each with its own number', () => {
    const other = { metadata: { phone_number_id: '2000' }, messages: [message()], errors: [{ code: 1 }] };
    const items = parse(envelope({ metadata, statuses: [status(), status()] }, other));
    assert.deepEqual(kinds(items), ['status', 'status', 'message', 'report']);
    const numbers = items.map((item) => ('phoneNumberId' in item ? item.phoneNumberId : null));
    assert.deepEqual(numbers, ['1000', '1000', '2000', '2000']);
  });

  it('a field that no reader handles › a report with its name', () => {
    const body = { entry: [{ changes: [{ field: 'a_field_of_tomorrow', value: { event: 'X' } }] }] };
    const { field, word } = only(parse(body), 'report');
    assert.deepEqual({ field, word }, { field: 'a_field_of_tomorrow', word: 'X' });
  });

  it('one bad status among good ones › only it is invalid, and its place is said', () => {
    const items = parse(envelope({ metadata, statuses: [status(), { id: 'x' }, status()] }));
    assert.deepEqual(kinds(items), ['status', 'invalid', 'status']);
    const [, bad] = items;
    assert.ok(bad?.kind === 'invalid');
    assert.match(bad.reason, /^entry\[0\]\.changes\[0\]\.value\.statuses\[1\]: /);
  });

  it('one bad change among good ones › only it is invalid', () => {
    const good = { field: 'messages', value: { metadata, statuses: [status()] } };
    for (const bad of [null, 7, {}, { field: 3, value: {} }]) {
      const items = parse({ entry: [{ id: 'waba', changes: [good, bad, good] }] });
      assert.deepEqual(kinds(items), ['status', 'invalid', 'status'], JSON.stringify(bad));
      assert.match(JSON.stringify(items[1]), /entry\[0\]\.changes\[1\]/);
    }
  });

  it('one bad entry among good ones › only it is invalid', () => {
    const good = { changes: [{ field: 'messages', value: { metadata, statuses: [status()] } }] };
    for (const bad of [null, 'x', {}, { changes: 7 }]) {
      const items = parse({ entry: [good, bad, good] });
      assert.deepEqual(kinds(items), ['status', 'invalid', 'status'], JSON.stringify(bad));
      assert.match(JSON.stringify(items[1]), /entry\[1\]/);
    }
  });

  it('one bad value among good ones › only it is invalid', () => {
    const items = parse(envelope({ metadata, statuses: 7 }, { metadata, statuses: [status()] }));
    assert.deepEqual(kinds(items), ['invalid', 'status']);
  });

  it('an envelope of nothing › nothing, and nothing to repair', () => {
    assert.deepEqual(parse({ object: 'whatsapp_business_account', entry: [] }), []);
    assert.deepEqual(parse(envelope({ metadata })), []);
  });

  it('an empty array › nothing', () => {
    assert.deepEqual(parse([]), []);
  });

  it('Meta’s largest batch › all; far more than anybody sends › one invalid item', () => {
    assert.equal(parse(Array.from({ length: 1_000 }, () => status())).length, 1_000);
    assert.equal(parse(Array.from({ length: 10_000 }, () => status())).length, 10_000);
    const { reason } = only(parse(Array.from({ length: 10_001 }, () => status())), 'invalid');
    assert.match(reason, /more than 10000 items/);
  });
});

describe('webhook body › garbage', () => {
  it('no JSON › invalid', () => {
    for (const text of ['', '{', 'undefined', '{"entry":[}', '\u0000']) {
      assert.deepEqual(parseWebhookBody(text), [{ kind: 'invalid', reason: 'the body is not JSON' }]);
    }
  });

  it('JSON of none of the shapes › invalid', () => {
    for (const body of [null, 7, 'text', true, {}, { hello: 'world' }]) {
      assert.deepEqual(kinds(parse(body)), ['invalid'], JSON.stringify(body));
    }
  });

  it('any text and any JSON › never throws, and each invalid item has a reason', () => {
    const check = (text: string): void => {
      for (const item of parseWebhookBody(text))
        if (item.kind === 'invalid') assert.notEqual(item.reason, '');
    };
    fc.assert(fc.property(fc.string(), check));
    fc.assert(fc.property(fc.json(), check));
  });

  it('the shapes with anything inside › never throws, and what is good beside it is read', () => {
    const anything = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(anything, anything, (odd, other) => {
        const good = { metadata, statuses: [odd, status()], messages: [other] };
        const items = parse({ entry: [odd, { changes: [other, { field: 'messages', value: good }] }] });
        assert.ok(items.some((item) => item.kind === 'status' && item.providerMessageId === 'wamid.1'));
        parse({ metadata: odd, statuses: other, messages: odd, contacts: other, errors: odd });
        parse([odd, other]);
      }),
      { numRuns: 1_000 },
    );
  });
});
