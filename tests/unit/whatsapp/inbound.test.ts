import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readInbound, type InboundItem } from '../../../src/whatsapp/inbound.ts';

type Fields = Readonly<Record<string, unknown>>;

const read = (message: Fields, more: { contacts?: unknown[]; errors?: unknown[] } = {}): InboundItem => {
  const given = { id: 'wamid.1', from: '4915112345601', timestamp: '1795000000', ...message };
  const context = { phoneNumberId: '1', contacts: more.contacts ?? [], isAlone: true, path: 'messages[0]' };
  const item = readInbound(given, more.errors === undefined ? context : { ...context, errors: more.errors });
  assert.ok(item.kind === 'message', JSON.stringify(item));
  return item;
};

describe('an inbound message', () => {
  const whole: readonly (readonly [string, Fields])[] = [
    ['a text', { type: 'text', text: { body: 'Hi' } }],
    [
      'a text with empty fields',
      { type: 'text', text: { body: 'Hi', note: '' }, context: null, referral: {} },
    ],
    [
      'an edit',
      {
        type: 'edit',
        edit: { original_message_id: 'wamid.0', message: { type: 'text', text: { body: 'Hi' } } },
      },
    ],
    ['a revocation', { type: 'revoke', revoke: { original_message_id: 'wamid.0' } }],
  ];
  for (const [what, message] of whole) {
    it(`${what} › no source, because its fields say it all`, () =>
      assert.equal(read(message).source, undefined));
  }

  const more: readonly (readonly [string, Fields])[] = [
    ['an unknown key', { type: 'text', text: { body: 'Hi', bold: 1 } }],
    ['a known key of another type', { type: 'image', image: { id: 'm1', caption: 7 } }],
    ['a flag that is a text', { type: 'audio', audio: { id: 'm1', voice: 'yes' } }],
    [
      'an unknown key in an edit',
      {
        type: 'edit',
        edit: { original_message_id: 'w', message: { type: 'text', text: { body: 'Hi', x: 1 } } },
      },
    ],
    ['an edit that names no message', { type: 'edit', edit: { message: { text: { body: 'Hi' } } } }],
    ['an id longer than ids are', { type: 'text', text: { body: 'Hi' }, context: { id: 'w'.repeat(513) } }],
    ['a time that is no time', { type: 'text', text: { body: 'Hi' }, timestamp: 'now' }],
    [
      'a list of a million nulls',
      { type: 'text', text: { body: 'Hi' }, nulls: Array.from({ length: 1_000_000 }, () => null) },
    ],
    [
      'more cards than are shown',
      { type: 'contacts', contacts: Array.from({ length: 201 }, () => ({ name: { formatted_name: 'A' } })) },
    ],
  ];
  for (const [what, message] of more) {
    it(`${what} › the source has it`, () => assert.ok(read(message).source !== undefined));
  }

  it('many long texts › cut to 128 Ki characters in all, and says so', () => {
    const contacts = Array.from({ length: 100 }, (_, index) => ({
      name: { formatted_name: `${index}${'x'.repeat(20_000)}` },
    }));
    const { contacts: cards = [], isCut, source } = read({ type: 'contacts', contacts });
    const length = cards.reduce((sum, { name }) => sum + name.formattedName.length, 0);
    assert.deepEqual([length, isCut, source !== undefined], [128 * 1_024, true, true]);
  });

  it('an id that is a number › as text', () => {
    const { providerMessageId, source } = read({ id: 123, type: 'text', text: { body: 'Hi' } });
    assert.deepEqual([providerMessageId, source], ['123', undefined]);
  });

  it('no usable id › one that is the same for the same message, and the source', () => {
    for (const id of [undefined, null, '', 'x'.repeat(513), {}]) {
      const hi = { id, type: 'text', text: { body: 'Hi' } };
      const first = read(hi);
      assert.match(first.providerMessageId, /^derived:[\da-f]{64}$/);
      assert.equal(read({ ...hi }).providerMessageId, first.providerMessageId);
      assert.notEqual(read({ ...hi, from: '4915112345602' }).providerMessageId, first.providerMessageId);
      assert.deepEqual(first.source, first.raw);
    }
  });

  const files: readonly (readonly [string, unknown, string | undefined])[] = [
    ['a number', 123, '123'],
    ['missing', undefined, undefined],
  ];
  for (const [what, id, expected] of files)
    it(`the id of a picture is ${what} › its caption is the text`, () => {
      const { text, media } = read({ type: 'image', image: { id, caption: 'my caption' } });
      assert.deepEqual([text, media?.id], ['my caption', expected]);
    });

  it('no type › that of its object, or unknown', () => {
    const types = [{ image: { id: 'm1' } }, { text: { body: 'Hi' } }, {}, { type: 'two words' }, { type: 7 }];
    assert.deepEqual(
      types.map((message) => read(message).messageType),
      ['image', 'text', 'unknown', 'unknown', 'unknown'],
    );
  });

  it('errors beside messages › explain a message that has lost its object, and no other', () => {
    const errors = [{ code: 131_000, title: 'Something went wrong' }];
    const lost = read({ type: 'interactive' }, { errors });
    assert.deepEqual(
      [lost.text, lost.errors],
      ['Something went wrong', [{ code: '131000', title: 'Something went wrong' }]],
    );
    assert.equal(read({ type: 'text', text: { body: 'Hi' } }, { errors }).errors, undefined);
  });

  it('a profile of odd types › no name', () => {
    for (const profile of [null, 7, { name: 7, username: [] }, { name: '\u202E' }, 'Ana']) {
      const { profileName, username } = read(
        { type: 'text', text: { body: 'Hi' } },
        { contacts: [{ wa_id: '4915112345601', profile }] },
      );
      assert.deepEqual([profileName, username], [undefined, undefined], JSON.stringify(profile));
    }
  });

  it('any message › is read, and what was not read is in the source', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (message, text) => {
        const known = { id: 'wamid.1', from: '4915112345601', timestamp: '1795000000', type: 'text' };
        const item = read({ ...message, text, mark: 'unread', ...known });
        assert.equal(item.source?.['mark'], 'unread');
      }),
    );
  });
});
