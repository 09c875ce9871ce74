import assert from 'node:assert/strict';
import { control, send, setStage, type Stage } from './helpers.ts';

const TO = '+15551234511';
const base = { messaging_product: 'whatsapp', to: TO };
const interactive = (value: object): object => ({ ...base, type: 'interactive', interactive: value });
const payload = (index: number, value: string): object => ({
  type: 'button',
  sub_type: 'quick_reply',
  index: String(index),
  parameters: [{ type: 'payload', payload: value }],
});
const template = (name: string, components: readonly object[] = []): object => ({
  ...base,
  type: 'template',
  template: { name, language: { code: 'en_US' }, components },
});

interface Tapped {
  readonly wamid: string;
  readonly webhookStatus: number;
  readonly type: string;
  readonly payload: string | null;
  readonly error?: { readonly field: string };
}

const buttons = interactive({
  type: 'button',
  body: { text: 'choose' },
  action: {
    buttons: ['yes', 'no'].map((id) => ({ type: 'reply', reply: { id, title: `Say ${id}` } })),
  },
});
const list = interactive({
  type: 'list',
  body: { text: 'choose' },
  action: {
    button: 'Open',
    sections: [
      { title: 'A', rows: [{ id: 'a1', title: 'First' }] },
      { title: 'B', rows: [{ id: 'b1', title: 'Second', description: 'of B' }] },
    ],
  },
});
const flow = interactive({
  type: 'flow',
  body: { text: 'fill in' },
  action: {
    name: 'flow',
    parameters: { flow_message_version: '3', flow_id: '1', flow_token: 'token-1', flow_cta: 'Open' },
  },
});

describe('sandbox taps', () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage({
      behaviour: { receipts: 'none', fsync: false, numbers: { 1000200030: { wabaId: '42' } } },
    });
    const cards = ['Red', 'Blue'].map((text) => ({
      components: [{ type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text }] }],
    }));
    await control(stage.sandbox, 'PUT /templates/42/cards', {
      webhook: false,
      components: [
        { type: 'BODY', text: 'Which one?' },
        { type: 'CAROUSEL', cards },
      ],
    });
    await control(stage.sandbox, 'PUT /templates/42/link', {
      webhook: false,
      components: [
        { type: 'BODY', text: 'Look.' },
        { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Open', url: 'https://example.org' }] },
      ],
    });
  });

  after(() => stage.end());

  const tap = (fields: object) => control<Tapped>(stage.sandbox, 'POST /tap', fields);

  async function sent(body: object): Promise<string> {
    const reply = await send(stage.sandbox, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body.messages?.[0]?.id ?? '';
  }

  const cases: readonly (readonly [string, object, object, string | null, object])[] = [
    [
      'second reply button',
      buttons,
      { buttonIndex: 1 },
      'no',
      {
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: 'no', title: 'Say no' } },
      },
    ],
    [
      'second row over all sections',
      list,
      { buttonIndex: 1 },
      'b1',
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: 'b1', title: 'Second', description: 'of B' } },
      },
    ],
    [
      'first row',
      list,
      {},
      'a1',
      { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: 'a1', title: 'First' } } },
    ],
    [
      'flow',
      flow,
      {},
      null,
      {
        type: 'interactive',
        interactive: {
          type: 'nfm_reply',
          nfm_reply: { name: 'flow', body: 'Sent', response_json: '{"flow_token":"token-1"}' },
        },
      },
    ],
    [
      'quick reply with a payload',
      template('appointment_reminder', [payload(1, 'later')]),
      { buttonIndex: 1 },
      'later',
      { type: 'button', button: { payload: 'later', text: 'Please call me' } },
    ],
    [
      'quick reply without one',
      template('appointment_reminder'),
      { buttonIndex: 0 },
      'I will come',
      { type: 'button', button: { payload: 'I will come', text: 'I will come' } },
    ],
    [
      'quick reply of a template that is not stored',
      template('unheard_of', [payload(0, 'go')]),
      { buttonIndex: 0 },
      'go',
      { type: 'button', button: { payload: 'go', text: 'go' } },
    ],
    [
      'quick reply on a card',
      template('cards', [{ type: 'carousel', cards: [{ card_index: 1, components: [payload(0, 'blue')] }] }]),
      { buttonIndex: 0, cardIndex: 1 },
      'blue',
      { type: 'button', button: { payload: 'blue', text: 'Blue' } },
    ],
  ];
  for (const [name, body, fields, told, expected] of cases) {
    it(`tap › ${name} › what our message carried, in reply to it`, async () => {
      const wamid = await sent(body);
      const { body: tapped } = await tap({ wamid, ...fields });
      assert.deepEqual([tapped.webhookStatus, tapped.payload], [200, told]);
      const [message] = stage.receiver.values().at(-1)?.messages ?? [];
      const { from, from_user_id: _userId, id, timestamp, context, ...rest } = message ?? {};
      assert.deepEqual(rest, expected);
      assert.deepEqual([from, id, typeof timestamp], ['15551234511', tapped.wamid, 'string']);
      const { metadata } = stage.receiver.values().at(-1) as unknown as {
        metadata: { display_phone_number: string };
      };
      assert.deepEqual(context, { from: metadata.display_phone_number, id: wamid });
    });
  }

  it('tap › of a person known by user id, with a name › that person', async () => {
    const wamid = await sent({ ...buttons, to: undefined, recipient: 'US.13491208655302741918' });
    await tap({ wamid, name: 'Asha' });
    const value = stage.receiver.values().at(-1);
    assert.deepEqual(value?.contacts, [{ profile: { name: 'Asha' }, user_id: 'US.13491208655302741918' }]);
    assert.equal(value.messages?.[0]?.['from'], undefined);
  });

  it('tap › no such button, a link, a text, no such message › 400 that names the field', async () => {
    const text = { ...base, type: 'text', text: { body: 'hi' } };
    const fields: unknown[] = [];
    for (const [body, buttonIndex] of [
      [buttons, 2],
      [list, 2],
      [template('link'), 0],
      [template('hello_world'), 0],
      [text, 0],
    ] as const) {
      const answer = await tap({ wamid: await sent(body), buttonIndex });
      fields.push([answer.status, answer.body.error?.field]);
    }
    for (const given of [{ wamid: 'wamid.none' }, {}, { wamid: 'a', index: 1 }]) {
      const answer = await tap(given);
      fields.push([answer.status, answer.body.error?.field]);
    }
    assert.deepEqual(fields, [
      ...Array.from({ length: 5 }, () => [400, 'buttonIndex']),
      [400, 'wamid'],
      [400, 'wamid'],
      [400, 'index'],
    ]);
  });

  it('tap › on a message of long ago › found in the ledger', async () => {
    const wamid = await sent(buttons);
    for (let index = 0; index < 410; index += 1) await sent({ ...base, type: 'text', text: { body: 'hi' } });
    assert.equal((await tap({ wamid })).body.payload, 'yes');
  }).timeout(20_000);
});
