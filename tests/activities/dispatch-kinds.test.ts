import assert from 'node:assert/strict';
import { payloadOf, reactionOf } from '../../src/sending/messages/content/payload.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { newId } from '../../src/platform/ids.ts';
import { contentKinds, fullContents, good } from '../support/contents.ts';
import {
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

describe('dispatch › kinds of messages', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  const payloadFor = (kind: (typeof contentKinds)[number]) => {
    const content = good(fullContents[kind]);
    return content.type === 'reaction' ? reactionOf(content, 'wamid.theirs') : payloadOf(content);
  };

  for (const kind of contentKinds) {
    it(`${kind} › one call with exactly the stored object, and the provider accepts it`, async () => {
      const payload = payloadFor(kind);
      const given = await stage.sendable('+15550001101', { messageType: kind, content: { payload } });
      const result = await runDispatch(stage.deps, given);
      const [call, ...others] = await stage.callsFor(given);
      assert.deepEqual(others, []);
      assert.deepEqual(call?.body, {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: '+15550001101',
        ...payload,
        biz_opaque_callback_data: `${given.input.messageId}:1`,
      });
      assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'accepted', JSON.stringify(result));
      assert.equal((await stage.stored(given)).status, 'sent');
    });
  }

  /** A message to a contact who has only WhatsApp's user id. */
  async function withoutNumber(change: (message: MessageDoc) => MessageDoc): Promise<Sendable> {
    const other = await stage.sendable('+15550001101');
    const { to: _number, ...fields } = other.message;
    const userId = 'DE.13491208655302741918';
    const only = { businessScopedUserId: userId, identityKeys: [`id:${userId}`] };
    await stage
      .collection('contacts')
      .updateOne({ _id: fields.contactId }, { $set: only, $unset: { phoneNumber: '' } });
    const message = change({ ...fields, _id: newId(), recipientUserId: userId });
    assert.ok(await stage.messages.insert(other.scope, message));
    return { ...other, message, input: { ...other.input, messageId: message._id.toHexString() } };
  }

  it('a reply to a contact without a number › context, and recipient instead of to', async () => {
    const payload = payloadFor('text');
    const given = await withoutNumber(({ templateName: _name, ...fields }) => ({
      ...fields,
      ...{ messageType: 'text', content: { payload }, contextMessageId: 'wamid.asked' },
    }));
    await runDispatch(stage.deps, given);
    const [call] = await stage.callsFor(given);
    assert.deepEqual(call?.body, {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      recipient: 'DE.13491208655302741918',
      context: { message_id: 'wamid.asked' },
      ...payload,
      biz_opaque_callback_data: `${given.input.messageId}:1`,
    });
    assert.equal((await stage.stored(given)).status, 'sent');
  });

  it('a template that replies › with its context, and the provider accepts it', async () => {
    const given = await stage.sendable('+15550001101', { contextMessageId: 'wamid.asked' });
    await runDispatch(stage.deps, given);
    const [call] = await stage.callsFor(given);
    const { context, type } = (call?.body ?? {}) as Readonly<Record<string, unknown>>;
    assert.deepEqual([type, context], ['template', { message_id: 'wamid.asked' }]);
    assert.equal((await stage.stored(given)).status, 'sent');
  });

  it('a template to a contact without a number › recipient instead of to, and the provider accepts it', async () => {
    const given = await withoutNumber((message) => message);
    await runDispatch(stage.deps, given);
    const [call] = await stage.callsFor(given);
    assert.deepEqual(call?.body, {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      recipient: 'DE.13491208655302741918',
      type: 'template',
      template: given.message.content.template,
      biz_opaque_callback_data: `${given.input.messageId}:1`,
    });
    assert.equal((await stage.stored(given)).status, 'sent');
  });
});
