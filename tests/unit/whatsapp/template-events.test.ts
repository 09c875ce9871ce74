import assert from 'node:assert/strict';
import { parseWebhookBody } from '../../../src/whatsapp/events.ts';

const named = {
  message_template_id: 594_425_479_261_596,
  message_template_name: 'greeting',
  message_template_language: 'en-US',
};
const envelope = (field: string, value: unknown, entry: object = { id: '200', time: 1_700_000_000 }) =>
  JSON.stringify({ object: 'whatsapp_business_account', entry: [{ ...entry, changes: [{ field, value }] }] });
const read = (field: string, value: unknown, entry?: object) =>
  parseWebhookBody(envelope(field, value, entry))[0];
const template = {
  ...{ kind: 'template', wabaId: '200', atMs: 1_700_000_000_000 },
  ...{ providerTemplateId: '594425479261596', name: 'greeting', language: 'en-US' },
};

const status = 'message_template_status_update';

describe('webhook › templates', () => {
  for (const [what, value, word, reason] of [
    ['approved', { event: 'APPROVED', reason: 'NONE' }, 'APPROVED', null],
    ['approved without a reason', { event: 'APPROVED', reason: null }, 'APPROVED', null],
    ['rejected', { event: 'REJECTED', reason: 'INVALID_FORMAT' }, 'REJECTED', 'INVALID_FORMAT'],
    [
      'rejected with advice',
      {
        event: 'REJECTED',
        reason: 'SCAM',
        rejection_info: { reason: 'It asks for money.', recommendation: 'Change it.' },
      },
      'REJECTED',
      'SCAM: It asks for money.: Change it.',
    ],
    [
      'paused',
      {
        event: 'PAUSED',
        reason: null,
        other_info: { title: 'FIRST_PAUSE', description: 'Call 004915112345678.' },
      },
      'PAUSED',
      'FIRST_PAUSE: Call …78.',
    ],
    [
      'odd shapes beside it',
      { event: 'FLAGGED', reason: 7, other_info: 'x', rejection_info: [] },
      'FLAGGED',
      null,
    ],
    ['a word that nobody knows', { event: 'NEW_WORD' }, 'NEW_WORD', null],
  ] as const) {
    it(`${what} › the event and its reason`, () => {
      assert.deepEqual(read(status, { ...named, ...value }), {
        ...template,
        news: { what: 'status', word, reason },
      });
    });
  }

  it('rating, category, content › their news', () => {
    assert.deepEqual(read('message_template_quality_update', { ...named, new_quality_score: 'RED' }), {
      ...template,
      news: { what: 'quality', word: 'RED' },
    });
    const done = { ...named, previous_category: 'UTILITY', new_category: 'MARKETING' };
    assert.deepEqual(read('template_category_update', done), {
      ...template,
      news: { what: 'category', word: 'MARKETING' },
    });
    const announced = { ...named, new_category: 'UTILITY', correct_category: 'MARKETING' };
    assert.deepEqual(read('template_category_update', announced), {
      ...template,
      news: { what: 'category', word: 'UTILITY' },
    });
    assert.deepEqual(read('message_template_components_update', named), {
      ...template,
      news: { what: 'content' },
    });
  });

  it('only an id as text, only a name, no time › enough', () => {
    assert.deepEqual(read(status, { event: 'APPROVED', message_template_id: '5' }, { id: '200' }), {
      ...{ kind: 'template', wabaId: '200', atMs: null, providerTemplateId: '5', name: null, language: null },
      news: { what: 'status', word: 'APPROVED', reason: null },
    });
    const byName = read(status, { event: 'APPROVED', message_template_id: {}, message_template_name: 'a' });
    assert.ok(byName?.kind === 'template');
    assert.deepEqual([byName.providerTemplateId, byName.name], [null, 'a']);
  });

  it('what cannot be read › invalid with its place, and the items beside it are read', () => {
    const place = 'entry[0].changes[0].value';
    for (const [value, entry, reason] of [
      [{ event: 'APPROVED' }, undefined, `${place}: names no template`],
      [null, undefined, `${place}: names no account or no template`],
      [{ ...named, event: 'APPROVED' }, {}, `${place}: names no account or no template`],
      [named, undefined, `${place}: event not readable`],
    ] as const) {
      assert.deepEqual(read(status, value, entry), { kind: 'invalid', reason });
    }
    const changes = [
      { field: status, value: {} },
      { field: status, value: { ...named, event: 'PAUSED' } },
      { field: 'constructor', value: {} },
    ];
    const items = parseWebhookBody(JSON.stringify({ entry: [{ id: '200', changes }] }));
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['invalid', 'report', 'template', 'report', 'report'],
    );
  });
});
