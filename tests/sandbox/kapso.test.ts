/**
 * The sandbox against a client that others wrote: what it sends is taken, and what the sandbox calls back is what it
 * verifies and understands. A wrong reading of Meta's wire format that we made on both sides would show here.
 */
import assert from 'node:assert/strict';
import { GraphApiError, WhatsAppClient } from '@kapso/whatsapp-cloud-api';
import { normalizeWebhook, verifySignature } from '@kapso/whatsapp-cloud-api/server';
import { APP_SECRET, control, readLedger, setStage, until, type Stage } from './helpers.ts';

const PHONE = { phoneNumberId: '1000200030', to: '+15551234501' };

describe('sandbox and the client of Kapso', () => {
  let stage: Stage;
  let client: WhatsAppClient;

  before(async () => {
    stage = await setStage({
      behaviour: { checkTemplates: true, numbers: { 1000200030: { wabaId: '42' } } },
    });
    client = new WhatsAppClient({
      accessToken: 'token',
      baseUrl: stage.sandbox.url,
      graphVersion: 'v25.0',
    });
  });

  after(() => stage.end());

  /** Each webhook so far, verified over its raw bytes and read by the client's own helpers. */
  function received() {
    return stage.receiver.posts.map((post) => {
      const rawBody = Buffer.from(post.raw, 'latin1');
      assert.ok(verifySignature({ appSecret: APP_SECRET, rawBody, signatureHeader: post.signature }));
      return normalizeWebhook(JSON.parse(rawBody.toString('utf8')));
    });
  }

  async function expectRead(wamid: string): Promise<void> {
    const told = () =>
      received()
        .flatMap(({ statuses }) => statuses)
        .filter(({ id }) => id === wamid);
    await until('three receipts', () => told().length === 3);
    assert.deepEqual(
      told().map(({ status, recipientId }) => [status, recipientId]),
      [
        ['sent', '15551234501'],
        ['delivered', '15551234501'],
        ['read', '15551234501'],
      ],
    );
  }

  it('text › sent › answered with an id, whose receipts it can read', async () => {
    const { contacts, messages } = await client.messages.sendText({ ...PHONE, body: 'Grüße 👋' });
    assert.deepEqual(contacts, [{ input: PHONE.to, waId: '15551234501' }]);
    await expectRead(messages[0]?.id ?? '');
  });

  it('image › uploaded, sent, looked up, downloaded, deleted › the same bytes', async () => {
    const bytes = new Uint8Array([137, 80, 78, 71, 13, 10]);
    // Its `type` is the kind of the message, where Meta's reference has the MIME type; the file itself tells that.
    const file = new Blob([bytes], { type: 'image/png' });
    const { id } = await client.media.upload({ ...PHONE, type: 'image', file, fileName: 'a.png' });
    const { messages } = await client.messages.sendImage({ ...PHONE, image: { id, caption: 'Look' } });
    await expectRead(messages[0]?.id ?? '');
    const described = await client.media.get({ mediaId: id });
    assert.deepEqual([described.mimeType, Number(described.fileSize)], ['image/png', bytes.length]);
    // Without `auth` it sends the token to Meta's own hosts only.
    const downloaded = await client.media.download({ mediaId: id, as: 'arrayBuffer', auth: 'always' });
    assert.ok(downloaded instanceof ArrayBuffer);
    assert.deepEqual(new Uint8Array(downloaded), bytes);
    await client.media.delete({ mediaId: id });
    await assert.rejects(client.media.get({ mediaId: id }), GraphApiError);
  });

  it('template › sent with parameters › accepted; with too few › an error that it can name', async () => {
    const template = (...texts: readonly string[]) => ({
      name: 'order_update',
      language: { code: 'en_US' },
      components: [
        { type: 'body' as const, parameters: texts.map((text) => ({ type: 'text' as const, text })) },
      ],
    });
    const { messages } = await client.messages.sendTemplate({ ...PHONE, template: template('Asha', 'A-1') });
    assert.equal(messages[0]?.messageStatus, 'accepted');
    await expectRead(messages[0].id);
    await assert.rejects(client.messages.sendTemplate({ ...PHONE, template: template('Asha') }), (error) => {
      assert.ok(error instanceof GraphApiError);
      assert.deepEqual([error.code, error.httpStatus, error.isTemplateError()], [132000, 400, true]);
      return true;
    });
  });

  it('interactive buttons › sent and tapped › the answer has the id that was sent, and refers to it', async () => {
    const { messages } = await client.messages.sendInteractiveButtons({
      ...PHONE,
      bodyText: 'Do you come?',
      footerText: 'Your shop',
      buttons: [
        { id: 'yes', title: 'Yes' },
        { id: 'no', title: 'No' },
      ],
    });
    const wamid = messages[0]?.id ?? '';
    const { body } = await control<{ wamid: string }>(stage.sandbox, 'POST /tap', {
      wamid,
      buttonIndex: 1,
      name: 'Äsha',
    });
    const tapped = received().find((webhook) => webhook.messages.some(({ id }) => id === body.wamid));
    const [message] = tapped?.messages ?? [];
    assert.equal(tapped?.phoneNumberId, PHONE.phoneNumberId);
    assert.equal(tapped.contacts[0]?.profile?.name, 'Äsha');
    assert.deepEqual(
      [message?.from, message?.context?.id, message?.kapso?.direction],
      ['15551234501', wamid, 'inbound'],
    );
    assert.deepEqual(message?.interactive, { type: 'button_reply', buttonReply: { id: 'no', title: 'No' } });
  });

  it('failure › scripted › the code and details in the status', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { nextFailures: [{ code: 131049, details: 'enough' }] });
    const { messages } = await client.messages.sendText({ ...PHONE, body: 'hi' });
    const failed = () =>
      received()
        .flatMap(({ statuses }) => statuses)
        .find(({ id }) => id === messages[0]?.id);
    await until('the failure', () => failed() !== undefined);
    assert.equal(failed()?.status, 'failed');
    const [error] = failed()?.errors ?? [];
    assert.deepEqual([error?.['code'], error?.['errorData']], [131049, { details: 'enough' }]);
  });

  it('expired token › any call › an error that asks for a new one', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { expiredTokens: true });
    await assert.rejects(client.messages.sendText({ ...PHONE, body: 'hi' }), (error) => {
      assert.ok(error instanceof GraphApiError);
      assert.deepEqual([error.isAuthError(), error.requiresTokenRefresh()], [true, true]);
      return true;
    });
    await control(stage.sandbox, 'PUT /behaviour', { expiredTokens: [] });
  });

  it('templates › created, listed, deleted › as it expects', async () => {
    const created = await client.templates.create({
      businessAccountId: '42',
      name: 'sale',
      language: 'en_US',
      category: 'MARKETING',
      components: [{ type: 'BODY', text: 'All shoes at half price this week.' }],
    });
    assert.equal(created.status, 'PENDING');
    const { data, paging } = await client.templates.list({ businessAccountId: '42', limit: 2 });
    assert.deepEqual([data.length, typeof paging.cursors.after], [2, 'string']);
    const { success } = await client.templates.delete({ businessAccountId: '42', name: 'sale' });
    assert.equal(success, true);
  });

  it('every call above › in the ledger › with the number that it went to', async () => {
    const { items } = await readLedger(stage.sandbox);
    assert.ok(items.length >= 6);
    assert.ok(items.every(({ phoneNumberId }) => phoneNumberId === PHONE.phoneNumberId));
  });
});
