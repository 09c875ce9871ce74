import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ChannelDoc } from '../../src/channels/store/repository.ts';
import { noFacts } from '../../src/sending/messages/content/shown/kind.ts';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import { createInboundService } from '../../src/sending/messages/incoming/inbound.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { parseWebhookBody } from '../../src/whatsapp/events.ts';
import { useApi } from '../support/api.ts';
import { contentKinds, fullContents } from '../support/contents.ts';
import { phoneEndingIn, type Answer, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { contentOf, fieldsOf } from '../support/shown-content.ts';
import { setWindow } from '../support/windows.ts';

interface ProblemJson {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly templates?: readonly { readonly name: string; readonly language: string }[];
}

const problemOf = ({ body }: Answer): ProblemJson => body as ProblemJson;
const refusal = (answer: Answer): string => {
  const paths = (problemOf(answer).errors ?? []).map(({ path }) => path);
  return [answer.status, problemOf(answer).code, ...paths].join(' ');
};

const minute = 60_000;
const inFuture = (ms: number): string => new Date(Date.now() + ms).toISOString();
const text = (body = 'Yes, we have a table') => ({ type: 'text', body });

describe('api › free-form messages', function () {
  this.timeout(60_000);
  const api = useApi('free-form');
  let user: CrmUser;
  let phone: string;
  /** The contact's message that opened the window. */
  let question: MessageJson;
  let nextId = 0;

  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('01');
    question = await receive({ text: { body: 'Do you have a table?' } });
  });

  /** A message of a contact, as the worker takes it from a webhook. */
  async function receive(
    fields: Readonly<Record<string, unknown>>,
    { as = user, from }: { as?: CrmUser; from?: object } = {},
  ): Promise<MessageJson> {
    const id = `wamid.in-${(nextId += 1)}-${as.clientId}`;
    const sender = from ?? { from: phone.slice(1) };
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const body = { messages: [{ id, ...sender, timestamp, type: 'text', ...fields }] };
    const [item] = parseWebhookBody(JSON.stringify(body));
    assert.ok(item?.kind === 'message', JSON.stringify(item));
    const scope = scopeOf(new Types.ObjectId(as.clientId));
    const channelId = new Types.ObjectId(as.channelId);
    assert.ok(await createInboundService(api().api.core).receive(scope, channelId, item));
    const stored = await api().collection<MessageDoc>('messages').findOne({ providerMessageId: id });
    return as.getMessage(stored?._id.toHexString() ?? '');
  }

  const trySend = (body: object, { key, as = user }: { key?: string; as?: CrmUser } = {}) =>
    as.call<MessageJson>('/api/messages', {
      body,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });
  async function send(body: object, key?: string): Promise<MessageJson> {
    const answer = await trySend(body, key === undefined ? {} : { key });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }
  async function storedOf({ id }: Pick<MessageJson, 'id'>): Promise<MessageDoc> {
    const stored = await api()
      .collection<MessageDoc>('messages')
      .findOne({ _id: new Types.ObjectId(id) });
    assert.ok(stored !== null);
    return stored;
  }
  const update = (collection: string, id: string, fields: object) =>
    api()
      .collection(collection)
      .updateOne({ _id: new Types.ObjectId(id) }, { $set: fields });
  /** An outbound message that WhatsApp has accepted. */
  async function sendAndLeave(body: object): Promise<MessageJson> {
    const sent = await send(body);
    await update('messages', sent.id, { status: 'sent', providerMessageId: `wamid.out-${sent.id}` });
    return sent;
  }

  describe('in an open window', () => {
    it('an answer › accepted, stored in Meta’s form, with its sender and priority', async () => {
      const { conversationId, contactId } = question;
      const answer = await trySend({ conversationId, content: { ...text(), hasLinkPreview: true } });
      assert.equal(answer.status, 201);
      const sent = answer.body;
      assert.equal(answer.headers.get('location'), `/api/messages/${sent.id}`);
      assert.deepEqual(
        [sent.status, sent.senderType, sent.messageType, sent.to, sent.content.text, sent.createdBy],
        ['queued', 'agent', 'text', phone, 'Yes, we have a table', user.userId],
      );
      assert.deepEqual([sent.conversationId, sent.contactId], [conversationId, contactId]);
      const stored = await storedOf(sent);
      assert.deepEqual(stored.content, {
        text: 'Yes, we have a table',
        payload: { type: 'text', text: { body: 'Yes, we have a table', preview_url: true } },
      });
      assert.equal(stored.priority, 2);
    });

    it('the recipient by number, contact, lead and conversation › the same thread', async () => {
      const { conversationId, contactId } = question;
      const lead = await api()
        .collection('leads')
        .findOne({ contactId: new Types.ObjectId(contactId) });
      const leadId = lead?._id.toHexString();
      for (const who of [{ to: phone }, { contactId }, { leadId }, { conversationId }]) {
        const sent = await send({ ...who, content: text() });
        assert.deepEqual([sent.conversationId, sent.to], [conversationId, phone]);
      }
    });

    it('every kind › accepted', async () => {
      for (const kind of contentKinds) {
        const content =
          kind === 'reaction' ? { ...fullContents.reaction, messageId: question.id } : fullContents[kind];
        const sent = await send({ to: phone, content });
        assert.equal(sent.messageType, kind);
        const { payload, template } = (await storedOf(sent)).content;
        assert.ok(payload !== undefined && template === undefined, kind);
      }
    });

    it('the workflow › starts with its priority and kind', async () => {
      const { id } = await send({ to: phone, content: text() });
      const described = await api().temporal.workflow.getHandle(workflowIdOf(id)).describe();
      assert.deepEqual(
        [described.priority?.priorityKey, described.priority?.fairnessKey],
        [2, user.channelId],
      );
      assert.deepEqual(described.searchAttributes['Kind'], ['text']);
      const template = await user.send({ to: phone });
      const { category } = (await api()
        .collection('templates')
        .findOne({ clientId: new Types.ObjectId(user.clientId), name: 'hello_world' })) as unknown as {
        category: string;
      };
      assert.equal((await storedOf(template)).priority, category === 'utility' ? 3 : 5);
      assert.equal(template.createdBy, user.userId);
    });

    it('a contact without a number › sent by business-scoped user id, templates too', async () => {
      const from = { from_user_id: 'DE.13491208655302741918' };
      const { contactId } = await receive({ text: { body: 'Hi' } }, { from });
      const sent = [await send({ contactId, content: text() }), await user.send({ contactId })];
      for (const message of sent) {
        assert.deepEqual([message.to, message.contactId], [null, contactId]);
        const stored = await storedOf(message);
        assert.deepEqual([stored.to, stored.recipientUserId], [undefined, 'DE.13491208655302741918']);
      }
    });

    it('a contact without a number › no sign-in code: WhatsApp delivers it to numbers only', async () => {
      const from = { from_user_id: 'DE.13491208655302741919' };
      const { contactId, conversationId } = await receive({ text: { body: 'Hi' } }, { from });
      const name = { clientId: new Types.ObjectId(user.clientId), name: 'hello_world' };
      await api()
        .collection('templates')
        .updateOne(name, { $set: { category: 'authentication' } });
      assert.equal(refusal(await user.trySend({ contactId })), '400 invalid-input body.contactId');
      assert.equal(refusal(await user.trySend({ conversationId })), '400 invalid-input body.conversationId');
      assert.equal((await user.trySend({ to: phone })).status, 201);
    });

    it('wrong recipient, content, channel, target and times › all named at once', async () => {
      const empty = { to: '12', content: { type: 'text', body: '' } };
      assert.equal(refusal(await trySend(empty)), '400 invalid-input body.content.body body.to');
      const expiresAt = inFuture(-minute);
      const channelId = new Types.ObjectId().toHexString();
      const body = { to: 'Ana', content: text(), expiresAt };
      assert.equal(refusal(await trySend(body)), '400 invalid-input body.expiresAt body.to');
      const elsewhere = { ...body, channelId, replyTo: new Types.ObjectId().toHexString() };
      assert.equal(refusal(await trySend(elsewhere)), '400 invalid-input body.expiresAt body.to');
      const valid = { to: phone, content: text(), channelId };
      assert.equal(refusal(await trySend(valid)), '404 not-found');
    });

    it('a contact who has opted out › an agent may reply, templates are refused', async () => {
      await update('contacts', question.contactId, { optInStatus: 'opted-out' });
      assert.equal((await send({ to: phone, content: text() })).status, 'queued');
      assert.equal(refusal(await user.trySend({ to: phone })), '409 contact-opted-out');
    });

    it('a contact on the block list, a disconnected channel › 409', async () => {
      await update('contacts', question.contactId, { isBlocked: true });
      assert.equal(refusal(await trySend({ to: phone, content: text() })), '409 contact-blocked');
      const other = await api().signUp();
      await update('channels', other.channelId, { state: 'disconnected' });
      const away = await trySend({ to: phone, content: text() }, { as: other });
      assert.equal(refusal(away), '409 channel-disconnected');
    });

    it('several errors › all named at once, nothing stored', async () => {
      const before = await api().countAll();
      const content = {
        type: 'buttons',
        body: 'x'.repeat(1_025),
        buttons: [{ id: 'a', title: 'x'.repeat(21) }],
      };
      const refused = await trySend({ to: phone, content, sendAt: 'soon' });
      assert.equal(
        refusal(refused),
        '400 invalid-input body.content.body body.content.buttons.0.title body.sendAt',
      );
      assert.deepEqual(await api().countAll(), before);
    });
  });

  describe('in a closed window', () => {
    it('an unknown recipient › 409 with usable templates, and no contact is created', async () => {
      const before = await api().countAll();
      const refused = await trySend({ to: phoneEndingIn('02'), content: text() });
      assert.equal(refusal(refused), '409 window-closed');
      assert.match(problemOf(refused).detail, /has never written/);
      const templates = problemOf(refused).templates ?? [];
      assert.ok(templates.some(({ name, language }) => name === 'hello_world' && language === 'en_US'));
      assert.deepEqual(await api().countAll(), before);
    });

    it('the last message long ago › 409 with the time since when', async () => {
      const since = await setWindow(api(), question.conversationId, -minute);
      const refused = await trySend({ to: phone, content: text() });
      assert.equal(refusal(refused), '409 window-closed');
      assert.ok(problemOf(refused).detail.includes(since.toISOString()));
    });

    it('only approved templates of this channel, no sign-in codes, at most 20 › listed by name', async () => {
      const clientId = new Types.ObjectId(user.clientId);
      const templates = api().collection('templates');
      const one = await templates.findOne({ clientId, name: 'hello_world' });
      assert.ok(one !== null);
      const like = (name: string, fields: object = {}) => ({
        ...one,
        _id: new Types.ObjectId(),
        name,
        ...fields,
      });
      await templates.deleteMany({ clientId });
      await templates.insertMany([
        ...Array.from({ length: 25 }, (_, index) => like(`m_${String(index).padStart(2, '0')}`)),
        like('a_code', { category: 'authentication' }),
        like('a_paused', { status: 'paused' }),
        like('a_elsewhere', { channelId: new Types.ObjectId() }),
      ]);
      const refused = await trySend({ to: phoneEndingIn('02'), content: text() });
      const names = (problemOf(refused).templates ?? []).map(({ name }) => name);
      assert.deepEqual(
        names,
        Array.from({ length: 20 }, (_, index) => `m_${String(index).padStart(2, '0')}`),
      );
    });

    it('the window of another channel › does not count', async () => {
      const channels = api().collection<ChannelDoc>('channels');
      const first = await channels.findOne({ _id: new Types.ObjectId(user.channelId) });
      assert.ok(first !== null);
      const _id = new Types.ObjectId();
      const channelId = _id.toHexString();
      const { place: _place, ...like } = first;
      await channels.insertOne({ ...like, _id, phoneNumberId: channelId, webhookKeyHash: channelId });
      const { contactId } = question;
      assert.equal(refusal(await trySend({ contactId, channelId, content: text() })), '409 window-closed');
    });

    it('a thread that was closed while the window is open › a new thread with the same window', async () => {
      const { conversationId } = question;
      const { status } = await user.call(`/api/conversations/${conversationId}`, {
        method: 'PATCH',
        body: { status: 'closed' },
      });
      assert.equal(status, 200);
      const sent = await send({ conversationId, content: text() });
      assert.notEqual(sent.conversationId, conversationId);
      const windows = await api()
        .collection('conversations')
        .find({ contactId: new Types.ObjectId(question.contactId) })
        .toArray();
      assert.equal(windows.length, 2);
      assert.deepEqual(windows[0]?.['windowExpiresAt'], windows[1]?.['windowExpiresAt']);
    });
  });

  describe('in a closing window', () => {
    it('sendAt before its end › scheduled; at or after its end › 400 on sendAt', async () => {
      const end = await setWindow(api(), question.conversationId, 10 * minute);
      const at = (ms: number) => new Date(end.getTime() + ms).toISOString();
      const sent = await send({ to: phone, content: text(), sendAt: at(-1) });
      assert.deepEqual([sent.status, sent.sendAt], ['scheduled', at(-1)]);
      for (const sendAt of [at(0), at(1), at(minute)]) {
        const refused = await trySend({ to: phone, content: text(), sendAt });
        assert.equal(refusal(refused), '400 invalid-input body.sendAt');
        assert.ok(problemOf(refused).errors?.[0]?.message.includes(at(0)));
      }
    });

    it('sendAt in the past › at once; an expiry before it › 400', async () => {
      assert.equal((await send({ to: phone, content: text(), sendAt: inFuture(-minute) })).status, 'queued');
      const times = { sendAt: inFuture(2 * minute), expiresAt: inFuture(minute) };
      const refused = await trySend({ to: phone, content: text(), ...times });
      assert.equal(refusal(refused), '400 invalid-input body.expiresAt');
    });
  });

  describe('reply and reaction', () => {
    it('to a message of the contact › the provider’s id is sent, the message id is shown', async () => {
      const asked = (await storedOf(question)).providerMessageId;
      const reply = await send({ to: phone, content: text(), replyTo: question.id });
      assert.equal(reply.repliesTo, question.id);
      assert.equal((await storedOf(reply)).contextMessageId, asked);
      const content = { type: 'reaction', messageId: question.id, emoji: '👍' };
      const reaction = await send({ to: phone, content });
      assert.deepEqual([reaction.repliesTo, reaction.content.text], [question.id, '👍']);
      const stored = await storedOf(reaction);
      assert.deepEqual(stored.content.payload, {
        type: 'reaction',
        reaction: { message_id: asked, emoji: '👍' },
      });
      assert.equal(stored.contextMessageId, undefined);
    });

    it('to a sent message of the client › accepted; to one not sent yet › 400 with its path', async () => {
      const left = await sendAndLeave({ to: phone, content: text() });
      assert.equal((await send({ to: phone, content: text(), replyTo: left.id })).repliesTo, left.id);
      const waiting = await send({ to: phone, content: text() });
      for (const [body, path] of targets(waiting.id)) {
        assert.equal(refusal(await trySend({ to: phone, ...body })), `400 invalid-input ${path}`);
      }
    });

    it('to a message of another contact › 400; of another client, or unknown › 404', async () => {
      const from = { from: phoneEndingIn('03').slice(1) };
      const elsewhere = await receive({ text: { body: 'Me too' } }, { from });
      for (const [body, path] of targets(elsewhere.id)) {
        assert.equal(refusal(await trySend({ to: phone, ...body })), `400 invalid-input ${path}`);
      }
      const other = await api().signUp();
      const foreign = await receive({ text: { body: 'Hi' } }, { as: other });
      for (const id of [foreign.id, new Types.ObjectId().toHexString()]) {
        for (const [body] of targets(id))
          assert.equal(refusal(await trySend({ to: phone, ...body })), '404 not-found');
      }
    });

    it('a reaction to a reaction, or to a message that will be older than 30 days › 400 with its path', async () => {
      const reactTo = (messageId: string, times = {}) =>
        trySend({ to: phone, content: { type: 'reaction', messageId, emoji: '👍' }, ...times });
      const reaction = await receive({
        type: 'reaction',
        reaction: { message_id: (await storedOf(question)).providerMessageId, emoji: '👍' },
      });
      assert.equal(refusal(await reactTo(reaction.id)), '400 invalid-input body.content.messageId');
      const dayMs = 86_400_000;
      const age = async (ms: number) => {
        const $set = { timestamp: new Date(Date.now() - ms) };
        await api()
          .collection('messages')
          .updateOne({ _id: new Types.ObjectId(question.id) }, { $set });
      };
      await age(30 * dayMs - 60_000);
      assert.equal((await reactTo(question.id)).status, 201);
      const sendAt = new Date(Date.now() + 120_000).toISOString();
      const old = '400 invalid-input body.content.messageId';
      assert.equal(refusal(await reactTo(question.id, { sendAt })), old);
      await age(30 * dayMs + 1_000);
      assert.equal(refusal(await reactTo(question.id)), old);
      // A reply may still quote it.
      assert.equal((await send({ to: phone, content: text(), replyTo: question.id })).repliesTo, question.id);
    });

    it('a reaction that replies › 400 on replyTo', async () => {
      const content = { type: 'reaction', messageId: question.id, emoji: '👍' };
      const refused = await trySend({ to: phone, content, replyTo: question.id });
      assert.equal(refusal(refused), '400 invalid-input body.replyTo');
    });

    const targets = (id: string): readonly (readonly [object, string])[] => [
      [{ content: text(), replyTo: id }, 'body.replyTo'],
      [{ content: { type: 'reaction', messageId: id, emoji: '👍' } }, 'body.content.messageId'],
    ];
  });

  describe('idempotency', () => {
    it('twenty at once with one key › one message, twenty times the same answer', async () => {
      const body = { to: phone, content: fullContents.buttons };
      const answers = await Promise.all(Array.from({ length: 20 }, () => trySend(body, { key: 'a-1' })));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
      assert.equal(new Set(answers.map((answer) => JSON.stringify(answer.body))).size, 1);
    });

    it('again when the window has closed › the same answer; other content or a template › 422', async () => {
      const body = { to: phone, content: text() };
      const first = await send(body, 'a-2');
      await setWindow(api(), question.conversationId, -minute);
      assert.deepEqual(await send(body, 'a-2'), first);
      const other = await trySend({ to: phone, content: text('No') }, { key: 'a-2' });
      assert.equal(refusal(other), '422 idempotency-key-reused');
      assert.equal(refusal(await user.trySend({ to: phone }, 'a-2')), '422 idempotency-key-reused');
    });
  });

  describe('what the contact answers', () => {
    const none = { name: null, response: null, responseText: null };

    it('a tapped button › the id from the sent message, and the message itself', async () => {
      const sent = await sendAndLeave({ to: phone, content: fullContents.buttons });
      const answer = await receive({
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } },
        context: { from: '15550001000', id: `wamid.out-${sent.id}` },
      });
      assert.deepEqual(fieldsOf(contentOf(answer, 'reply')), {
        ...{ kind: 'button', id: 'yes', title: 'Yes' },
        ...{ description: null, ...none },
      });
      assert.deepEqual([answer.repliesTo, answer.content.text], [sent.id, 'Yes']);
      const list = await user.call<{ items: MessageJson[] }>(
        `/api/messages?conversationId=${answer.conversationId}`,
      );
      assert.deepEqual(list.body.items.find(({ id }) => id === answer.id)?.content, answer.content);
    });

    it('a row, a quick reply, a form › each with the data of the sent message', async () => {
      const row = { id: '9', title: '9:00', description: 'With Ana' };
      const response_json = '{"flow_token":"booking-1042","guests":2}';
      const cases = [
        { type: 'interactive', interactive: { type: 'list_reply', list_reply: row } },
        { type: 'button', button: { payload: 'order-7:yes', text: 'I will come' } },
        {
          type: 'interactive',
          interactive: { type: 'nfm_reply', nfm_reply: { body: 'Sent', response_json } },
        },
      ];
      const replies = [];
      for (const fields of cases) replies.push(fieldsOf(contentOf(await receive(fields), 'reply')));
      assert.deepEqual(replies, [
        { kind: 'list-row', ...row, ...none },
        { kind: 'quick-reply', id: 'order-7:yes', title: 'I will come', description: null, ...none },
        {
          ...{ kind: 'flow', id: 'booking-1042', title: 'Sent', description: null },
          ...none,
          response: { flow_token: 'booking-1042', guests: 2 },
        },
      ]);
    });

    it('a file › its id and properties, without the provider’s object', async () => {
      const image = { id: 'm1', mime_type: 'image/jpeg', caption: 'Look' };
      const seen = await receive({ type: 'image', image });
      const { fileId, mediaId, ...others } = contentOf(seen, 'image');
      assert.match(fileId ?? '', /^[0-9a-f]{24}$/);
      assert.equal(mediaId, fileId, 'it can be sent on');
      assert.deepEqual(others, {
        ...{ ...noFacts, type: 'image', text: 'Look', caption: 'Look', filename: null, link: null },
        ...{ state: 'pending', providerMediaId: 'm1', mimeType: 'image/jpeg', sha256: null },
        ...{ isVoice: false, isAnimated: false },
      });
      assert.deepEqual([seen.source, (await storedOf(seen)).content.raw], [null, undefined]);
    });

    it('a reaction to a known message, and a reply to an unknown one › linked, or left without a link', async () => {
      const sent = await sendAndLeave({ to: phone, content: text() });
      const reaction = { message_id: `wamid.out-${sent.id}`, emoji: '👍' };
      const reacted = await receive({ type: 'reaction', reaction });
      assert.deepEqual(
        [reacted.messageType, reacted.repliesTo, fieldsOf(reacted.content)],
        ['reaction', sent.id, { messageId: sent.id, emoji: '👍' }],
      );
      const stranger = await receive({ text: { body: 'That one' }, context: { id: 'wamid.unheard-of' } });
      assert.equal(stranger.repliesTo, null);
      assert.equal((await storedOf(stranger)).contextMessageId, 'wamid.unheard-of');
    });

    it('a reply that names a message of another client › not linked', async () => {
      const sent = await sendAndLeave({ to: phone, content: text() });
      const other = await api().signUp();
      const context = { id: `wamid.out-${sent.id}` };
      const foreign = await receive({ text: { body: 'Hi' }, context }, { as: other });
      assert.equal(foreign.repliesTo, null);
    });
  });
});
