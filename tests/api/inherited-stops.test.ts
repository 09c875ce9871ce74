import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newId } from '../../src/platform/ids.ts';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import { contactOf, historyOf } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import {
  setRecipientsStage,
  tomorrow,
  twoDaysMs,
  type RecipientsStage,
} from '../support/recipients-stage.ts';

const minuteMs = 60_000;
const fromUserId = 'US.13491208655302741918';

describe('a contact that becomes opted out by what the person said elsewhere', function () {
  this.timeout(60_000);
  const api = useMessagingApi('inherited-stops');
  let stage: RecipientsStage;
  let phone: string;

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
    phone = phoneEndingIn('01');
  });

  const scope = (): ClientScope => scopeOf(new Types.ObjectId(stage.user.clientId));
  const ago = (minutes: number) => ({ atMs: Date.now() - minutes * minuteMs });
  const statusOf = async (id: string) => (await stage.user.getMessage(id)).status;
  const schedule = async (contactId: string) => (await stage.user.send({ contactId, sendAt: tomorrow() })).id;
  const answerLater = async (contactId: string) => {
    const sendAt = new Date(Date.now() + 30 * minuteMs).toISOString();
    const body = {
      ...{ contactId, channelId: stage.user.channelId, sendAt },
      content: { type: 'text', body: 'Until six.' },
    };
    return stage.user.call<{ id: string }>('/api/messages', { method: 'POST', body });
  };

  it('STOP from a user id, then the number proves to be the same person › scheduled messages and answers are canceled at once, with a proof', async () => {
    await stage.write({ from: phone }, 'hi', ago(9));
    const contactId = (await contactOf(stage.user, phone))?.id ?? '';
    const ids = [await schedule(contactId), (await answerLater(contactId)).body.id];
    await stage.write({ fromUserId }, 'STOP', ago(8));
    await stage.fireTimers();
    assert.deepEqual(await Promise.all(ids.map(statusOf)), ['scheduled', 'scheduled'], 'nobody knows yet');
    await stage.write({ from: phone, fromUserId }, 'yes', ago(7));
    assert.equal(await stage.fireTimers(), 1);
    assert.deepEqual(await Promise.all(ids.map(statusOf)), ['canceled', 'canceled']);
    const { entries } = await historyOf(stage.user, contactId);
    assert.deepEqual(entries[0]?.proof?.canceledMessageIds.toSorted(), ids.toSorted());
    assert.equal(await stage.fireTimers(), 0);
  });

  it('an opt-out that a user recorded elsewhere, then the link › canceled', async () => {
    const { id, contactId } = await stage.user.send({ to: phone, sendAt: tomorrow() });
    const { body } = await stage.user.call<{ id: string }>('/api/contacts', {
      method: 'POST',
      body: { businessScopedUserId: fromUserId },
    });
    await stage.correct(body.id, { optInStatus: 'opted-out', consent: { source: 'call' } });
    await stage.write({ from: phone, fromUserId }, 'yes');
    await stage.fireTimers();
    assert.equal(await statusOf(id), 'canceled');
    assert.equal((await historyOf(stage.user, contactId)).optInStatus, 'opted-out');
  });

  it('marketing turned off elsewhere, then the link › only marketing is canceled', async () => {
    const { id, contactId } = await stage.user.send({ to: phone, sendAt: tomorrow() });
    const other = await schedule(contactId);
    await api()
      .collection('messages')
      .updateOne({ _id: new Types.ObjectId(other) }, { $set: { category: 'marketing' } });
    const { contacts, consent } = api().api.core;
    const person = { businessScopedUserId: fromUserId };
    const { _id } = await contacts.recognise(scope(), { identity: person, at: new Date() });
    const said = { source: 'whatsapp', at: new Date(), eventId: 'preference:1', from: person };
    await consent.stopMarketing(scope(), _id, said);
    await stage.write({ from: phone, fromUserId }, 'yes');
    await stage.fireTimers();
    assert.deepEqual([await statusOf(id), await statusOf(other)], ['scheduled', 'canceled']);
  });

  it('corrected to a number that a deleted contact had stopped › canceled', async () => {
    const stopped = phoneEndingIn('02');
    const { body } = await stage.user.call<{ id: string }>('/api/contacts', {
      method: 'POST',
      body: { phoneNumber: stopped, optInStatus: 'opted-out', consent: { source: 'call' } },
    });
    await stage.user.call(`/api/contacts/${body.id}`, { method: 'DELETE' });
    const { id, contactId } = await stage.user.send({ to: phone, sendAt: tomorrow() });
    await stage.correct(contactId, { phoneNumber: stopped });
    await stage.fireTimers();
    assert.equal(await statusOf(id), 'canceled');
  });

  it('an answer to an address that had opted out, then the link to another STOP › stays, unless that STOP is later', async () => {
    for (const [stoppedAgo, expected] of [
      [20, 'scheduled'],
      [-0.5, 'canceled'],
    ] as const) {
      const [at, userId] = [phoneEndingIn('04'), `US.${newId().toHexString()}`];
      await stage.write({ from: at }, 'STOP', ago(30));
      await stage.correct((await contactOf(stage.user, at))?.id ?? '', { phoneNumber: phoneEndingIn('03') });
      await stage.write({ from: at }, 'How do I get an invoice?', ago(8));
      const { status, body } = await answerLater((await contactOf(stage.user, at))?.id ?? '');
      assert.equal(status, 201);
      await stage.write({ fromUserId: userId }, 'STOP', ago(stoppedAgo));
      await stage.write({ from: at, fromUserId: userId }, 'please', ago(7));
      assert.equal((await contactOf(stage.user, at))?.optInStatus, 'opted-out');
      await stage.fireTimers();
      assert.equal(await statusOf(body.id), expected);
    }
  });

  it('opted in again before the timer fires › nothing is canceled', async () => {
    const { id, contactId } = await stage.user.send({ to: phone, sendAt: tomorrow() });
    await stage.write({ fromUserId }, 'STOP', ago(9));
    await stage.write({ from: phone, fromUserId }, 'yes', ago(8));
    await stage.correct(contactId, { optInStatus: 'opted-in', consent: { source: 'call' } });
    assert.equal(await stage.fireTimers(), 1);
    assert.equal(await statusOf(id), 'scheduled');
    await stage.dispatch(id, { aheadMs: twoDaysMs });
    assert.deepEqual(stage.called, [phone]);
  });

  it('a message is in a call while the link is learnt › the timer is repeated until the call is over', async () => {
    const { id } = await stage.user.send({ to: phone });
    await stage.write({ fromUserId }, 'STOP', ago(9));
    stage.onCall(async () => {
      await stage.write({ from: phone, fromUserId }, 'yes', ago(8));
      await stage.fireTimers();
      const [timer] = await api().collection('timers').find(scope()).toArray();
      assert.ok(timer?.['attemptAt'] instanceof Date, 'still armed');
      assert.equal(timer['lastError'], 'StopUnderWay');
    });
    await stage.dispatch(id);
    await api()
      .collection('timers')
      .updateMany(scope(), { $set: { attemptAt: new Date() } });
    assert.equal(await stage.fireTimers(), 1);
    const person = await contactOf(stage.user, phone);
    const { entries } = await historyOf(stage.user, person?.id ?? '');
    assert.deepEqual(entries[0]?.proof?.mayHaveLeftMessageIds, [id]);
  });
});
