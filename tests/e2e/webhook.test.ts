import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Types } from 'mongoose';
import { distDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';
import { phoneEndingIn, signUp, type CrmUser } from '../support/crm-client.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

interface Page<Item> {
  readonly items: readonly Item[];
}

interface InboundMessage {
  readonly id: string;
  readonly conversationId: string;
  readonly contactId: string;
  readonly direction: string;
  readonly status: string;
  readonly senderType: string;
  readonly content: { readonly text: string | null };
  readonly workflowId: string | null;
}

describe('e2e › events of the provider', function () {
  this.timeout(60_000);
  const stack = useStack('webhook');
  let user: CrmUser;

  beforeEach(async () => {
    user = await signUp(stack().apiUrl);
  });

  const inbound = (from: string, more: object = {}) =>
    stack().control<{ wamid: string; webhookStatus: number }>('/inbound', {
      body: { phoneNumberId: user.phoneNumberId, from, type: 'text', text: 'Hello', name: 'Ana', ...more },
    });
  const postValue = (value: object) =>
    stack().control<{ webhookStatus: number }>('/webhook', { body: { value } });
  const statusValue = (status: object) => ({
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550001000', phone_number_id: user.phoneNumberId },
    statuses: [{ timestamp: String(Math.floor(Date.now() / 1_000)), ...status }],
  });

  it('a text from a new person › contact, lead, conversation and message are created once', async () => {
    const from = phoneEndingIn('42');
    const { body } = await inbound(from);
    assert.equal(body.webhookStatus, 200);
    const message = await waitFor('the message is stored', async () => {
      const page = await user.call<Page<InboundMessage>>('/api/messages?status=received');
      return page.body.items.find(({ content }) => content.text === 'Hello');
    });
    assert.deepEqual(
      {
        direction: message.direction,
        status: message.status,
        senderType: message.senderType,
        workflowId: message.workflowId,
      },
      { direction: 'inbound', status: 'received', senderType: 'contact', workflowId: null },
    );

    // The provider repeats the event and the person writes again: one of each, and two messages.
    await inbound(from, { wamid: body.wamid });
    await inbound(from, { text: 'Anybody there?' });
    await waitFor('the second message is stored', async () => {
      const page = await user.call<Page<InboundMessage>>('/api/messages?status=received');
      return page.body.items.length === 2;
    });
    await waitFor('all events are processed', async () => {
      return (
        (await stack()
          .collection('webhook_events')
          .countDocuments({ status: { $ne: 'done' } })) === 0
      );
    });
    const clientId = new Types.ObjectId(user.clientId);
    const [contact, ...otherContacts] = await stack().collection('contacts').find({ clientId }).toArray();
    const [lead, ...otherLeads] = await stack().collection('leads').find({ clientId }).toArray();
    const [conversation, ...otherConversations] = await stack()
      .collection('conversations')
      .find({ clientId })
      .toArray();
    assert.deepEqual(
      { otherContacts, otherLeads, otherConversations },
      { otherContacts: [], otherLeads: [], otherConversations: [] },
    );
    assert.deepEqual([contact?.['phoneNumber'], contact?.['name']], [from, 'Ana']);
    assert.deepEqual(lead?.['contactId'], contact?._id);
    assert.deepEqual(conversation?.['leadId'], lead?._id);
    assert.equal(conversation?._id.toHexString(), message.conversationId);
    const shown = await user.call<{ unreadCount: number }>(`/api/conversations/${message.conversationId}`);
    assert.equal(shown.body.unreadCount, 2);
    assert.equal(await stack().collection('messages').countDocuments({ clientId }), 2);
  });

  it('a reply of the contact › same conversation as the message', async () => {
    const to = phoneEndingIn('01');
    const sent = await user.send({ to });
    await user.waitForStatus(sent.id, ['read']);
    await inbound(to, { type: 'button', text: 'Confirm' });
    const reply = await waitFor('the reply is stored', async () => {
      const path = `/api/messages?conversationId=${sent.conversationId}&status=received`;
      const page = await user.call<Page<InboundMessage>>(path);
      return page.body.items[0];
    });
    assert.equal(reply.contactId, sent.contactId);
    assert.equal(reply.content.text, 'Confirm');
  });

  it('receipts after the workflow has closed › applied directly, forward only', async () => {
    const failed = await user.send({ to: phoneEndingIn('03') });
    const { providerMessageId } = await user.waitForStatus(failed.id, ['failed']);
    await stack().waitForRun(failed.id, 'FAILED');
    const about = { id: providerMessageId, biz_opaque_callback_data: `${failed.id}:1` };
    await postValue(statusValue({ ...about, status: 'read' }));
    const read = await user.waitForStatus(failed.id, ['read']);
    assert.equal(read.failure, null, 'delivered wins over an earlier failure');

    await postValue(statusValue({ ...about, status: 'delivered' }));
    await waitFor('the late receipt is in the history', async () => {
      const { statusHistory } = await user.getMessage(failed.id);
      return statusHistory.some(({ status }) => status === 'delivered');
    });
    assert.equal((await user.getMessage(failed.id)).status, 'read');
    assert.equal((await stack().ledgerOf(failed.id)).length, 1);
  });

  it('a receipt before its message’s id is stored › parked › matched once it is stored', async () => {
    const sent = await user.send({ to: phoneEndingIn('11') });
    const { providerMessageId } = await user.waitForStatus(sent.id, ['sent']);
    assert.ok(providerMessageId !== null);
    // As if the outcome of the call were not stored yet: the provider's id matches no message.
    const messages = stack().collection('messages');
    await messages.updateOne({ _id: new Types.ObjectId(sent.id) }, { $unset: { providerMessageId: 1 } });
    await postValue(statusValue({ id: providerMessageId, status: 'delivered' }));
    const events = stack().collection('webhook_events');
    const parked = await waitFor('the event is parked', async () => {
      return (await events.findOne({ status: 'parked' })) ?? undefined;
    });
    assert.match(String(parked['lastError']), /^unmatched: /);
    assert.equal((await user.getMessage(sent.id)).status, 'sent');

    await messages.updateOne({ _id: new Types.ObjectId(sent.id) }, { $set: { providerMessageId } });
    await user.waitForStatus(sent.id, ['delivered'], 30_000);
    await waitFor('the event is done', async () => {
      return (await events.findOne({ _id: parked._id }))?.['status'] === 'done';
    });
  });

  it('an invalid body with a valid signature › dead › listed without its content › redriven › dead again', async () => {
    const canary = `canary ${phoneEndingIn('99')}`;
    const answer = await stack().control<{ webhookStatus: number }>('/webhook', {
      body: { rawBody: `this is not JSON: ${canary}` },
    });
    assert.equal(answer.body.webhookStatus, 200, 'stored, because nothing is dropped silently');
    const events = stack().collection('webhook_events');
    const dead = await waitFor('it is a dead letter', () =>
      events.findOne({ status: 'dead' }).then((event) => event ?? undefined),
    );

    const listed = await deadLetters('list');
    assert.equal(listed.code, 0);
    assert.match(listed.output, /Dead letters: 1/);
    assert.match(listed.output, new RegExp(`${dead._id.toHexString()}.*invalid: the body is not JSON`));
    assert.ok(!listed.output.includes('canary'), 'bodies are never shown');

    const redriven = await deadLetters('redrive', dead._id.toHexString());
    assert.deepEqual([redriven.code, redriven.output.trim()], [0, 'Redriven: 1']);
    await waitFor('it was tried again and is dead again', async () => {
      const event = await events.findOne({ _id: dead._id });
      return event?.['status'] === 'dead' && event['redrivenAt'] > dead['receivedAt'];
    });
    // Once the cause is fixed, the next redrive processes the event.
    await events.updateOne({ _id: dead._id }, { $set: { body: JSON.stringify({ object: 'x', entry: [] }) } });
    assert.equal((await deadLetters('redrive', 'all')).code, 0);
    await waitFor('it is done', async () => (await events.findOne({ _id: dead._id }))?.['status'] === 'done');
    assert.equal((await deadLetters('list')).output.trim(), 'No dead letters.');
  });

  it('the dead-letter command › an unknown id, wrong arguments › exit codes 1 and 2, usage', async () => {
    const unknown = await deadLetters('redrive', 'f'.repeat(24));
    assert.deepEqual([unknown.code, unknown.output.trim()], [1, `Dead letter not found: ${'f'.repeat(24)}`]);
    for (const args of [
      [],
      ['show'],
      ['redrive'],
      ['redrive', 'x'],
      ['list', 'all'],
      ['redrive', 'all', 'y'],
    ]) {
      const wrong = await deadLetters(...args);
      assert.equal(wrong.code, 2, args.join(' '));
      assert.match(wrong.output, /npm run dead-letters -- list/);
    }
  });

  const deadLetters = (...args: string[]) =>
    runCommand(
      process.execPath,
      [join(distDir, 'src', 'bin', 'dead-letters.js'), ...args],
      20_000,
      stack().env,
    );
});
