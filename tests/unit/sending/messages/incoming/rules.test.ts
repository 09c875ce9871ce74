import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import {
  answeredOf,
  isWrittenByContact,
  messageTime,
  threadTimes,
} from '../../../../../src/sending/messages/incoming/rules.ts';
import { readInbound } from '../../../../../src/whatsapp/inbound.ts';

const now = new Date('2026-11-28T20:00:00Z');

describe('time of an inbound message', () => {
  const cases: readonly (readonly [string, number | null, string])[] = [
    ['in the past', Date.parse('2026-11-28T08:00:00Z'), '2026-11-28T08:00:00.000Z'],
    [
      'years ago, from the history of a phone',
      Date.parse('2019-01-01T00:00:00Z'),
      '2019-01-01T00:00:00.000Z',
    ],
    ['half a minute ahead', Date.parse('2026-11-28T20:00:30Z'), '2026-11-28T20:00:30.000Z'],
    ['two minutes ahead', Date.parse('2026-11-28T20:02:00Z'), now.toISOString()],
    ['in 2100', Date.parse('2100-01-01T00:00:00Z'), now.toISOString()],
    ['in 1970', 0, now.toISOString()],
    ['missing', null, now.toISOString()],
  ];
  for (const [what, given, expected] of cases) {
    it(`${what} › ${expected === now.toISOString() ? 'the time of arrival' : 'as it is'}`, () => {
      assert.equal(messageTime(given, now).toISOString(), expected);
    });
  }
});

describe('place of a message in its thread', () => {
  const second = new Date('2026-11-28T20:00:05.000Z');
  const cases: readonly (readonly [string, Date, string, string])[] = [
    ['arrives within its second', second, '20:00:05.400Z', '20:00:05.400Z'],
    ['arrives as its second begins', second, '20:00:05.000Z', '20:00:05.000Z'],
    ['arrives later', second, '20:00:07.300Z', '20:00:05.999Z'],
    ['arrives before the provider’s time', second, '20:00:04.800Z', '20:00:04.800Z'],
    ['has milliseconds', new Date('2026-11-28T20:00:05.123Z'), '20:00:07.300Z', '20:00:05.123Z'],
  ];
  for (const [what, at, arrival, expected] of cases) {
    it(`${what} › as late in its second as it can have been written`, () => {
      const { timestamp, writtenAt = timestamp } = threadTimes(at, new Date(`2026-11-28T${arrival}`));
      assert.deepEqual(
        [timestamp.toISOString(), writtenAt.toISOString()],
        [`2026-11-28T${expected}`, at.toISOString()],
      );
    });
  }
});

describe('what a contact wrote', () => {
  const errorsOf = (...codes: number[]) => codes.map((code) => ({ code, title: 'An error' }));
  const cases: readonly (readonly [string, object, boolean])[] = [
    ['a text', { type: 'text', text: { body: 'Hi' } }, true],
    ['a tapped button', { type: 'button', button: { text: 'Yes' } }, true],
    ['a reaction', { type: 'reaction', reaction: { message_id: 'wamid.1', emoji: '🧡' } }, true],
    ['a reaction taken back', { type: 'reaction', reaction: { message_id: 'wamid.1' } }, false],
    ['a changed number', { type: 'system', system: { type: 'user_changed_number' } }, false],
    ['a system message without its object', { type: 'system' }, false],
    ['an edit', { type: 'edit', edit: { original_message_id: 'wamid.1' } }, false],
    ['an edit of nothing', { type: 'edit', edit: {} }, false],
    ['a revocation', { type: 'revoke', revoke: { original_message_id: 'wamid.1' } }, false],
    ['a type that nobody knows yet', { type: 'hologram' }, true],
    ['a poll', { type: 'unsupported', errors: errorsOf(131_051), unsupported: { type: 'poll' } }, true],
    ['an unsupported message without a reason', { type: 'unsupported' }, true],
    ['an unsupported edit', { type: 'unsupported', unsupported: { type: 'edit' } }, false],
    ['a message that WhatsApp could not pass on', { type: 'unsupported', errors: errorsOf(131_060) }, false],
    [
      'two reasons, one of them WhatsApp’s',
      { type: 'unsupported', errors: errorsOf(131_051, 131_000) },
      false,
    ],
    ['an answer that was lost', { type: 'interactive', errors: errorsOf(131_000) }, true],
  ];
  for (const [what, message, expected] of cases) {
    it(`${what} › ${expected ? 'written' : 'not written'}`, () => {
      const context = { phoneNumberId: null, contacts: [], isAlone: true, path: 'messages[0]' };
      const item = readInbound({ id: 'wamid.9', from: '4915112345601', timestamp: '1', ...message }, context);
      assert.ok(item.kind === 'message');
      assert.equal(isWrittenByContact(item), expected);
    });
  }
});

describe('message that an answer names', () => {
  const [own, other] = [new Types.ObjectId(), new Types.ObjectId()];
  const theirs = { direction: 'inbound', contactId: other } as const;
  const ours = { direction: 'outbound', contactId: other } as const;
  const mine = { direction: 'inbound', contactId: own } as const;
  const cases = [
    ['none', [], own, null],
    ['one of the contact among others', [theirs, ours, mine], own, mine],
    ['none of the contact › one of the business', [theirs, ours], own, ours],
    ['the contact is not known yet › one of the business', [mine, ours], undefined, ours],
    ['only one of somebody else', [theirs], own, theirs],
  ] as const;
  for (const [what, found, contactId, expected] of cases)
    it(what, () => {
      assert.equal(
        answeredOf<{ direction: 'inbound' | 'outbound'; contactId: Types.ObjectId }>(found, contactId),
        expected,
      );
    });
});
