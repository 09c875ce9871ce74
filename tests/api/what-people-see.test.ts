import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newSecret } from '../../src/platform/ids.ts';
import type { CrmUser, MessageJson } from '../support/crm-client.ts';
import { useEventStage } from '../support/event-stage.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { contentOf, fieldsOf } from '../support/shown-content.ts';
import { waitUntilTold } from '../support/tenant-data.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Refused {
  readonly code?: string;
  readonly errors?: readonly { readonly path: string }[];
}

describe('api › what people write, and what they see', function () {
  this.timeout(120_000);
  const { api, hear, someone } = useEventStage('what-people-see');
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  const nowSeconds = () => String(Math.floor(Date.now() / 1_000));
  const list = async () => (await user.call<{ items: MessageJson[] }>('/api/messages')).body.items;

  /** The message of the contact, as the single view shows it. */
  async function receive(message: Fields): Promise<MessageJson> {
    const from = phone.slice(1);
    const messages = [{ from, id: `wamid.${newSecret(9)}`, timestamp: nowSeconds(), ...message }];
    const value = { contacts: [{ wa_id: from, profile: { name: 'Ana' } }], messages };
    await hear(envelopeOf(changeOf(user.phoneNumberId, value)));
    const [latest] = await list();
    return user.getMessage(latest?.id ?? assert.fail('no message'));
  }

  describe('free text', () => {
    for (const [what, body] of Object.entries({
      'a NUL': 'Hello\u0000',
      'a vertical tab': 'Hello\u000bAna',
      'a form feed': 'Hello\u000cAna',
      'a next line (NEL)': 'Hello\u0085Ana',
      'half an emoji': 'Hello \ud83d',
      'nothing that shows': '\u200b\u2060\u2800',
      'blanks alone': ' \n ',
    })) {
      it(`${what} › refused with its path, and nothing is stored`, async () => {
        await receive({ type: 'text', text: { body: 'Hi' } });
        const before = (await list()).length;
        const content = { type: 'text', body };
        const answer = await user.call<Refused>('/api/messages', { body: { to: phone, content } });
        assert.deepEqual(
          [answer.status, answer.body.code, answer.body.errors?.map(({ path }) => path)],
          [400, 'invalid-input', ['body.content.body']],
        );
        assert.equal((await list()).length, before);
      });
    }
  });

  describe('forwarded', () => {
    for (const [context, isForwarded, isFrequentlyForwarded] of [
      [{ forwarded: true }, true, false],
      [{ forwarded: true, frequently_forwarded: true }, true, true],
      [undefined, false, false],
    ] as const) {
      it(`${JSON.stringify(context) ?? 'no context'} › shown so, alone and in the list`, async () => {
        const fields = context === undefined ? {} : { context };
        const { content } = await receive({ type: 'text', text: { body: 'Look' }, ...fields });
        const [listed] = await list();
        for (const shown of [content, listed?.content]) {
          const flags = shown as Fields | undefined;
          assert.deepEqual(
            [flags?.['isForwarded'], flags?.['isFrequentlyForwarded']],
            [isForwarded, isFrequentlyForwarded],
          );
        }
      });
    }
  });

  it('a contact changed number › the thread says it in WhatsApp’s words', async () => {
    await receive({ type: 'text', text: { body: 'Hi' } });
    const body = 'User Ana changed from 15550001101 to 15550001199';
    const system = { type: 'user_changed_number', wa_id: '15550001199', body };
    const { content, messageType } = await receive({ type: 'system', system });
    assert.deepEqual([messageType, content.text], ['system', body]);
  });

  it('a template with header, footer and a link › the message shows all of it, as it was sent', async () => {
    const templates = api().collection('templates');
    const clientId = new Types.ObjectId(user.clientId);
    const template = await templates.findOne({ clientId, name: 'hello_world' });
    assert.ok(template !== null);
    const components = [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}', example: { header_text: ['7'] } },
      { type: 'BODY', text: 'Hello {{1}}, it is on its way.', example: { body_text: [['Ana']] } },
      { type: 'FOOTER', text: 'The corner shop' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'URL', text: 'Track it', url: 'https://shop.example.com/orders/{{1}}', example: ['7'] },
        ],
      },
    ];
    await templates.insertOne({ ...template, _id: new Types.ObjectId(), name: 'whole_order', components });
    await waitUntilTold(api(), clientId);
    const sent = await user.send({
      to: phone,
      templateName: 'whole_order',
      variables: { header: ['7'], body: ['Ana'], buttons: { '0': '7' } },
    });
    const content = contentOf(await user.getMessage(sent.id), 'template');
    const none = { filename: null, link: null, location: null, mediaId: null };
    assert.deepEqual(fieldsOf(content), {
      ...{ templateName: 'whole_order', language: 'en_US' },
      header: { format: 'TEXT', text: 'Order 7', ...none },
      body: 'Hello Ana, it is on its way.',
      footer: 'The corner shop',
      buttons: [
        { type: 'URL', text: 'Track it', target: 'https://shop.example.com/orders/7', payload: null },
      ],
      ...{ offer: null, cards: [] },
    });
  });
});
