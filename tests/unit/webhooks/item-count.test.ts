import assert from 'node:assert/strict';
import fc from 'fast-check';
import { measureBody } from '../../../src/webhooks/body-bounds.ts';
import { parseWebhookBody } from '../../../src/whatsapp/events.ts';
import { changeOf, envelopeOf } from '../../support/meta.ts';

const countOf = (body: unknown): number =>
  measureBody(typeof body === 'string' ? body : JSON.stringify(body)).items;

const message = (id: string) => ({ from: '1', id, type: 'text', text: { body: 'Hi' } });
const status = (id: string) => ({ id, status: 'read', timestamp: '1', errors: [] });

describe('webhook body › items that may become documents', () => {
  const cases: readonly [string, unknown, number][] = [
    [
      'three messages, with the names of their people',
      envelopeOf(changeOf('1', { contacts: [{}, {}], messages: [message('a'), message('b'), message('c')] })),
      4,
    ],
    ['receipts', envelopeOf(changeOf('1', { statuses: [status('a'), status('b')] })), 1],
    ['a bare list of receipts', [status('a'), status('b')], 0],
    [
      'the states of calls, which are entries of a conversation',
      { entry: [{ changes: [{ field: 'calls', value: { statuses: [status('a'), status('b')] } }] }] },
      3,
    ],
    [
      'the same with a hidden name',
      '{"entry":[{"changes":[{"field":"c\\u0061lls","value":{"statuses":[{},{}]}}]}]}',
      3,
    ],
    ['messages under a hidden name', '{"m\\u0065ssages":[{},{}]}', 2],
    ['a text that looks like a list', { messages: [{ text: '[{},{},{"statuses":[{}' }] }, 1],
    ['a list in a list of names', '{"contacts":[[{},{}]]}', 2],
    ['names beside a list', '{"a":[{"contacts":1},[{},{}]]}', 3],
    ['account events', { entry: [{ changes: [{}, {}] }, { changes: [{}] }] }, 3],
  ];
  for (const [what, body, count] of cases) {
    it(`${what} › ${count}`, () => assert.equal(countOf(body), count));
  }

  it('any mix of messages, account events and echoes › never fewer than are handled', () => {
    const value = fc.record(
      {
        messages: fc.array(fc.constant(message('x')), { maxLength: 5 }),
        statuses: fc.array(fc.constant(status('y')), { maxLength: 5 }),
        contacts: fc.array(fc.constant({ wa_id: '1' }), { maxLength: 3 }),
        message_echoes: fc.array(fc.constant({ to: '1', id: 'z', type: 'text' }), { maxLength: 4 }),
        calls: fc.array(fc.constant({ id: 'c', from: '1', event: 'connect' }), { maxLength: 4 }),
        user_preferences: fc.array(fc.constant({ wa_id: '1', value: 'stop' }), { maxLength: 4 }),
      },
      { requiredKeys: [] },
    );
    const field = fc.constantFrom('messages', 'calls', 'smb_message_echoes', 'user_preferences', 'unknown');
    const change = fc.record({ field, value });
    const body = fc.oneof(
      fc.record({
        entry: fc.array(fc.record({ changes: fc.array(change, { maxLength: 3 }) }), { maxLength: 3 }),
      }),
      value,
    );
    fc.assert(
      fc.property(body, (given) => {
        const items = parseWebhookBody(JSON.stringify(given));
        const handled = items.filter(({ kind }) => kind !== 'status' && kind !== 'invalid');
        assert.ok(countOf(given) >= handled.length);
      }),
    );
  });
});
