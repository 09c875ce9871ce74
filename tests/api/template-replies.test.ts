import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type Answer, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { setWindow } from '../support/windows.ts';

const refusal = ({ status, body }: Answer): string => {
  const { code, errors = [] } = body as { code: string; errors?: readonly { path: string }[] };
  return [status, code, ...errors.map(({ path }) => path)].join(' ');
};

describe('api › templates as replies', function () {
  this.timeout(60_000);
  const api = useApi('template-replies');
  let user: CrmUser;
  let phone: string;
  let question: MessageJson;
  let nextId = 0;

  const stored = async (filter: object): Promise<MessageDoc> => {
    const found = await api().collection<MessageDoc>('messages').findOne(filter);
    assert.ok(found !== null);
    return found;
  };
  const storedOf = ({ id }: Pick<MessageJson, 'id'>) => stored({ _id: new Types.ObjectId(id) });

  /** A message of a contact, as the worker takes it from a webhook. */
  async function receive(from: string, as = user): Promise<MessageJson> {
    const id = `wamid.in-${(nextId += 1)}-${as.clientId}`;
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const message = { id, from: from.slice(1), timestamp, type: 'text', text: { body: 'Where is it?' } };
    const [item] = parseWebhookBody(JSON.stringify({ messages: [message] }));
    assert.ok(item?.kind === 'message', JSON.stringify(item));
    const scope = scopeOf(new Types.ObjectId(as.clientId));
    const channelId = new Types.ObjectId(as.channelId);
    assert.ok(await createInboundService(api().api.core).receive(scope, channelId, item));
    const { _id } = await stored({ providerMessageId: id });
    return as.getMessage(_id.toHexString());
  }

  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('01');
    question = await receive(phone);
  });

  it('by number, contact and conversation, after the window too › quotes the message', async () => {
    const { conversationId, contactId } = question;
    await setWindow(api(), conversationId, -60_000);
    const wamid = (await storedOf(question)).providerMessageId;
    for (const who of [{ to: phone }, { contactId }, { conversationId }]) {
      const sent = await user.send({ ...who, replyTo: question.id });
      assert.deepEqual([sent.repliesTo, sent.contextMessageId], [question.id, wamid]);
    }
  });

  it('of a message not sent yet, or of another contact › 400 with its path, nothing stored', async () => {
    const waiting = await user.send({ to: phone });
    const elsewhere = await receive(phoneEndingIn('03'));
    const before = await api().countAll();
    for (const { id } of [waiting, elsewhere])
      assert.equal(refusal(await user.trySend({ to: phone, replyTo: id })), '400 invalid-input body.replyTo');
    assert.equal(
      refusal(await user.trySend({ to: phoneEndingIn('09'), replyTo: question.id })),
      '400 invalid-input body.replyTo',
    );
    assert.deepEqual(await api().countAll(), before);
  });

  it('of another client’s message, or an unknown one › 404', async () => {
    const other = await api().signUp();
    const foreign = await receive(phoneEndingIn('03'), other);
    for (const replyTo of [foreign.id, new Types.ObjectId().toHexString()])
      assert.equal(refusal(await user.trySend({ to: phone, replyTo })), '404 not-found');
  });

  it('with wrong values too › all named at once', async () => {
    const waiting = await user.send({ to: phone });
    const body = { to: phone, templateName: 'order_update', replyTo: waiting.id };
    assert.equal(
      refusal(await user.trySend({ ...body, variables: { body: ['Ana'] } })),
      '400 invalid-input body.variables.body.2 body.replyTo',
    );
  });

  it('an amount and a date as values › stored typed, shown as their texts', async () => {
    const price = { type: 'currency', text: '$100.99', code: 'USD', amount1000: 100_990 };
    const day = { type: 'dateTime', text: '25 February' };
    const sent = await user.send({
      to: phone,
      templateName: 'order_update',
      variables: { body: [day, price] },
    });
    assert.match(sent.content.text ?? '', /^Hello 25 February, your order \$100\.99 /);
    const { content } = await storedOf(sent);
    assert.deepEqual(content.template?.components?.[0], {
      type: 'body',
      parameters: [
        { type: 'date_time', date_time: { fallback_value: '25 February' } },
        {
          type: 'currency',
          currency: { fallback_value: '$100.99', code: 'USD', amount_1000: 100_990 },
        },
      ],
    });
    const broken = { to: phone, templateName: 'order_update' };
    assert.equal(
      refusal(await user.trySend({ ...broken, variables: { body: { 1: { ...price, text: ' ' }, 2: day } } })),
      '400 invalid-input body.variables.body.1.text',
    );
  });
});
