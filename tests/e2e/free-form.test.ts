import assert from 'node:assert/strict';
import { fullContents } from '../support/contents.ts';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { contentOf } from '../support/shown-content.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

describe('e2e › a conversation in the customer service window', function () {
  this.timeout(60_000);
  const stack = useStack('free-form');
  let user: CrmUser;

  before(async () => {
    user = await signUp(stack().apiUrl);
  });

  const write = (fields: object) =>
    stack().control<{ wamid: string }>('/inbound', {
      body: { phoneNumberId: user.phoneNumberId, ...fields },
    });

  /** The stored inbound message with this provider id. */
  const received = (wamid: string): Promise<MessageJson> =>
    waitFor(`the message ${wamid} is stored`, async () => {
      const page = await user.call<{ items: MessageJson[] }>('/api/messages?status=received');
      return page.body.items.find(({ providerMessageId }) => providerMessageId === wamid);
    });

  it('question, buttons, tap, reply, reaction › each is sent once, and the tap names the tapped button', async () => {
    const from = phoneEndingIn('01');
    const asked = await received((await write({ from, type: 'text', text: 'A table?' })).body.wamid);

    const send = async (body: object): Promise<MessageJson> => {
      const answer = await user.call<MessageJson>('/api/messages', {
        body: { conversationId: asked.conversationId, ...body },
      });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return user.waitForStatus(answer.body.id, ['read']);
    };
    const offer = await send({ content: fullContents.buttons, replyTo: asked.id });
    assert.equal(offer.repliesTo, asked.id);

    const tap = {
      from,
      type: 'button_reply',
      payload: 'yes',
      text: 'Yes',
      contextId: offer.providerMessageId,
    };
    const tapped = await received((await write(tap)).body.wamid);
    assert.deepEqual(
      {
        kind: contentOf(tapped, 'reply').kind,
        id: contentOf(tapped, 'reply').id,
        repliesTo: tapped.repliesTo,
        conversationId: tapped.conversationId,
      },
      { kind: 'button', id: 'yes', repliesTo: offer.id, conversationId: asked.conversationId },
    );

    const content = { type: 'reaction', messageId: tapped.id, emoji: '👍' };
    const reaction = await send({ content });
    const ledger = [await stack().ledgerOf(offer.id), await stack().ledgerOf(reaction.id)];
    assert.deepEqual(
      ledger.map(({ length }) => length),
      [1, 1],
    );
  });

  it('a contact who has never written › 409 with the templates, one of which is then sent', async () => {
    const to = phoneEndingIn('01');
    const refused = await user.call<{ code: string; templates: { name: string; language: string }[] }>(
      '/api/messages',
      { body: { to, content: fullContents.text } },
    );
    assert.deepEqual([refused.status, refused.body.code], [409, 'window-closed']);
    const template = refused.body.templates.find(({ name }) => name === 'hello_world');
    assert.ok(template !== undefined, JSON.stringify(refused.body.templates));
    const sent = await user.send({ to, templateName: template.name, language: template.language });
    await user.waitForStatus(sent.id, ['read']);
  });
});
