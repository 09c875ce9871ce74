import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import { contactOf } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { setRecipientsStage, type RecipientsStage } from '../support/recipients-stage.ts';

const minuteMs = 60_000;

describe('answers to an address that has opted out', function () {
  this.timeout(60_000);
  const api = useMessagingApi('answers-after-opt-out');
  let stage: RecipientsStage;
  let own: string;
  let stopped: string;

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
    [own, stopped] = [phoneEndingIn('01'), phoneEndingIn('02')];
  });

  const scope = (): ClientScope => scopeOf(new Types.ObjectId(stage.user.clientId));
  const ago = (minutes: number) => ({ atMs: Date.now() - minutes * minuteMs });
  const idOf = async (phone: string) => (await contactOf(stage.user, phone))?.id ?? '';
  const text = { type: 'text', body: 'Until six.' };
  const accept = (contactId: string) =>
    stage.user.call<{ id: string; code?: string }>('/api/messages', {
      method: 'POST',
      body: { contactId, channelId: stage.user.channelId, content: text },
    });
  const answerTo = async (contactId: string): Promise<string> => {
    const { status, body } = await accept(contactId);
    return `${status} ${body.code ?? ''}`.trim();
  };
  const refused = '409 contact-opted-out';
  const moved = (from: string, to: string, minutes: number) =>
    api().api.core.contacts.follow(
      scope(),
      {
        reason: 'number-changed',
        from: { phoneNumber: from, whatsappId: from.slice(1) },
        to: { phoneNumber: to, whatsappId: to.slice(1) },
      },
      { at: new Date(ago(minutes).atMs) },
    );

  /** A contact with an open window, corrected to the number of somebody who has said STOP. */
  async function correctedToStopped(): Promise<string> {
    await stage.write({ from: stopped }, 'STOP', ago(9));
    await stage.write({ from: own }, 'hi', ago(8));
    await stage.correct(await idOf(stopped), { phoneNumber: phoneEndingIn('03') });
    const contactId = await idOf(own);
    assert.equal(await stage.correct(contactId, { phoneNumber: stopped }), 200);
    return contactId;
  }

  it('corrected to a number whose last word was STOP › refused in the window of the other number', async () => {
    assert.equal(await answerTo(await correctedToStopped()), refused);
    assert.deepEqual(stage.called, []);
  });

  it('corrected to a stopped number, then somebody writes from there › answered', async () => {
    const contactId = await correctedToStopped();
    await stage.write({ from: stopped }, 'How do I get an invoice?', ago(1));
    assert.equal(await idOf(stopped), contactId);
    const { status, body } = await accept(contactId);
    assert.equal(status, 201);
    await stage.dispatch(body.id);
    assert.deepEqual(stage.called, [stopped]);
  });

  it('accepted for the own number, then corrected to a stopped one › canceled, however it is sent', async () => {
    await stage.write({ from: own }, 'STOP', ago(9));
    await stage.write({ from: own }, 'How do I get an invoice?', ago(8));
    await stage.write({ from: stopped }, 'STOP', ago(7));
    const contactId = await idOf(own);
    const { body: answer } = await accept(contactId);
    await stage.correct(await idOf(stopped), { phoneNumber: phoneEndingIn('03') });
    await stage.correct(contactId, { phoneNumber: stopped });
    await stage.dispatch(answer.id);
    assert.equal((await stage.user.getMessage(answer.id)).status, 'canceled');
    assert.deepEqual(stage.called, []);
  });

  it('failed, then corrected to a stopped number › neither a retry nor a retry of many leaves', async () => {
    await stage.write({ from: own }, 'hi', ago(8));
    const contactId = await idOf(own);
    const { body: answer } = await accept(contactId);
    stage.answers.push({ kind: 'rejected', error: { code: 131_009, title: 'Invalid', detail: '' } });
    await stage.dispatch(answer.id);
    assert.equal((await stage.user.getMessage(answer.id)).status, 'failed');
    await stage.write({ from: stopped }, 'STOP', ago(7));
    await stage.correct(await idOf(stopped), { phoneNumber: phoneEndingIn('03') });
    await stage.correct(contactId, { phoneNumber: stopped });
    const retry = (path: string, body: object) =>
      stage.user.call<{ code?: string; skipped?: object[] }>(path, { method: 'POST', body });
    assert.equal((await retry(`/api/messages/${answer.id}/retry`, {})).body.code, 'contact-opted-out');
    assert.equal((await retry('/api/messages/retry', { status: 'failed' })).body.skipped?.length, 1);
  });

  it('sent before the STOP, retried automatically after it › canceled, and not called again', async () => {
    await stage.write({ from: own }, 'hi', ago(8));
    const { body: answer } = await accept(await idOf(own));
    await stage.dispatch(answer.id);
    await stage.write({ from: own }, 'STOP', ago(1));
    const { core } = api().api;
    const failure = { code: '131000', class: 'retry', title: '', detail: '', advice: '' } as const;
    const receipt = { word: 'failed', status: 'failed', providerMessageId: 'x', failure } as const;
    const receipts = [{ ...receipt, timestampMs: Date.now() }];
    const id = new Types.ObjectId(answer.id);
    await core.messages.applyReceipts(scope(), id, receipts);
    await core.effects.afterReceipts(scope(), id, receipts);
    const retry = await api().collection('messages').findOne({ retryOf: id });
    if (retry !== null) await stage.dispatch(String(retry._id), { aheadMs: 2 * 24 * 60 * minuteMs });
    const statuses = await api().collection('messages').distinct('status', { retryOf: id });
    assert.deepEqual([stage.called, statuses], [[own], retry === null ? [] : ['canceled']]);
  });

  it('the right number of a contact comes back › its window counts again', async () => {
    await stage.write({ from: own }, 'STOP', ago(9));
    await stage.write({ from: own }, 'How do I get an invoice?', ago(8));
    const contactId = await idOf(own);
    await stage.correct(contactId, { phoneNumber: stopped });
    assert.equal(await answerTo(contactId), refused);
    await stage.correct(contactId, { phoneNumber: own });
    assert.equal(await answerTo(contactId), '201');
  });

  it('a late message from the old number arrives after the correction › opens no window to the stopped number', async () => {
    await stage.write({ from: own, fromUserId: 'US.13491208655302741918' }, 'hi', ago(8));
    await stage.write({ from: stopped }, 'STOP', ago(7));
    await stage.correct(await idOf(stopped), { phoneNumber: phoneEndingIn('03') });
    const contactId = await idOf(own);
    await stage.correct(contactId, { phoneNumber: stopped });
    await stage.write({ from: own, fromUserId: 'US.13491208655302741918' }, 'are you there?', ago(2));
    assert.equal(await idOf(stopped), contactId);
    assert.equal(await answerTo(contactId), refused);
  });

  it('a person with STOP asks something, then moves by WhatsApp’s word › answered at the new number', async () => {
    await stage.write({ from: own }, 'STOP', ago(9));
    await stage.write({ from: own }, 'How do I get an invoice?', ago(8));
    const contactId = await idOf(own);
    await moved(own, stopped, 5);
    assert.equal(await idOf(stopped), contactId);
    assert.equal(await answerTo(contactId), '201');
  });

  it('somebody moves to a number that its owner stopped before › answered only once they write from there', async () => {
    await stage.write({ from: own }, 'hi', ago(30));
    await stage.write({ from: stopped }, 'STOP', ago(20));
    await stage.correct(await idOf(stopped), { phoneNumber: phoneEndingIn('03') });
    const contactId = await idOf(own);
    await moved(own, stopped, 10);
    assert.equal(await idOf(stopped), contactId);
    assert.equal(await answerTo(contactId), refused);
    await stage.write({ from: stopped }, 'Hello from my new number', ago(1));
    assert.equal(await answerTo(contactId), '201');
  });

  it('WhatsApp hides the number of a person with STOP › answered, because it named both before', async () => {
    const fromUserId = 'US.13491208655302741919';
    await stage.write({ from: own, fromUserId }, 'STOP', ago(9));
    await stage.write({ fromUserId }, 'How do I get an invoice?', ago(1));
    assert.equal(await answerTo(await idOf(own)), '201');
  });

  it('a user types a stopped number for a person who hides theirs › refused', async () => {
    await stage.write({ from: stopped }, 'STOP', ago(9));
    await stage.correct(await idOf(stopped), { phoneNumber: phoneEndingIn('03') });
    await stage.write({ fromUserId: 'US.13491208655302741920' }, 'hi', ago(1));
    const { body } = await stage.user.call<{ items: { id: string; businessScopedUserId: string | null }[] }>(
      '/api/contacts',
    );
    const hidden = body.items.find(({ businessScopedUserId }) => businessScopedUserId !== null)?.id ?? '';
    await stage.correct(hidden, { phoneNumber: stopped });
    assert.equal(await answerTo(hidden), refused);
  });

  it('a user records an opt-out in the open window › the conversation can be finished', async () => {
    await stage.write({ from: own }, 'Please call me.', ago(9));
    const contactId = await idOf(own);
    await stage.correct(contactId, { optInStatus: 'opted-out', consent: { source: 'call' } });
    assert.equal(await answerTo(contactId), '201');
  });
});
