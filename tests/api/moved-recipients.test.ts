import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import { contactOf } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import {
  setRecipientsStage,
  tomorrow,
  twoDaysMs,
  undeliverable,
  type RecipientsStage,
} from '../support/recipients-stage.ts';

const minuteMs = 60_000;

describe('a person who moves to the number of another contact of theirs', function () {
  this.timeout(60_000);
  const api = useMessagingApi('moved-recipients');
  let stage: RecipientsStage;
  let old: string;
  let next: string;
  let contactId: string;

  const ago = (minutes: number) => ({ atMs: Date.now() - minutes * minuteMs });
  const idOf = async (phone: string) => (await contactOf(stage.user, phone))?.id ?? '';
  const later = { aheadMs: twoDaysMs };
  const text = { type: 'text', body: 'Until six.' };
  const answer = async () => {
    const body = { contactId, channelId: stage.user.channelId, content: text };
    return stage.user.call<{ id: string; code?: string }>('/api/messages', { method: 'POST', body });
  };

  /** WhatsApp says that the person has moved to the number; both contacts stay, linked. */
  const move = () =>
    api().api.core.contacts.follow(
      scopeOf(new Types.ObjectId(stage.user.clientId)),
      {
        reason: 'number-changed',
        from: { phoneNumber: old, whatsappId: old.slice(1) },
        to: { phoneNumber: next, whatsappId: next.slice(1) },
      },
      { at: new Date(ago(1).atMs) },
    );

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
    [old, next] = [phoneEndingIn('01'), phoneEndingIn('02')];
    await stage.write({ from: old }, 'hi', ago(100));
    await stage.write({ from: next }, 'hi', ago(2));
    contactId = await idOf(old);
  });

  it('a held template, a scheduled one and an answer › leave to the new number, and the timeline says so', async () => {
    const ids = [
      (await stage.user.send({ contactId })).id,
      (await stage.user.send({ contactId, sendAt: tomorrow() })).id,
    ];
    const { body: answered } = await answer();
    await move();
    assert.notEqual(await idOf(next), contactId, 'both contacts stay');
    await stage.dispatch(answered.id);
    for (const id of ids) await stage.dispatch(id, later);
    assert.deepEqual(stage.called, [next, next, next]);
    assert.equal((await stage.user.getMessage(answered.id)).to, next);
    const { body } = await stage.user.call<{ entries: { kind: string; text: string }[] }>(
      `/api/messages/${answered.id}/timeline`,
    );
    const change = body.entries.find(({ kind }) => kind === 'recipient');
    assert.match(change?.text ?? '', new RegExp(`from \\${old} to \\${next}`));
  });

  it('a new template and a new answer to the contact that lost its number › go to the new one', async () => {
    await move();
    const { body } = await answer();
    await stage.dispatch(body.id);
    const { id } = await stage.user.send({ contactId });
    await stage.dispatch(id);
    assert.deepEqual(stage.called, [next, next]);
  });

  it('failed at the old number › the retry goes to the new one', async () => {
    const { id } = await stage.user.send({ contactId });
    stage.answers.push(undeliverable);
    await stage.dispatch(id);
    await move();
    const { status, body } = await stage.user.call<{ id: string }>(`/api/messages/${id}/retry`, {
      method: 'POST',
      body: {},
    });
    assert.equal(status, 201);
    await stage.dispatch(body.id);
    assert.deepEqual(stage.called, [old, next]);
  });

  it('STOP from the new number › cancels what waits for the contact that lost its number', async () => {
    const { id } = await stage.user.send({ contactId, sendAt: tomorrow() });
    await move();
    await stage.write({ from: next }, 'STOP');
    assert.equal((await stage.user.getMessage(id)).status, 'canceled');
    assert.equal((await stage.user.trySend({ contactId })).status, 409);
    assert.deepEqual(stage.called, []);
  });

  it('the new number had opted out with an earlier contact › canceled', async () => {
    const { id } = await stage.user.send({ contactId });
    await api()
      .collection('address_stops')
      .insertOne({
        clientId: new Types.ObjectId(stage.user.clientId),
        ...{ key: `tel:${next}`, kind: 'opted-out', at: new Date(), contactId: new Types.ObjectId() },
      });
    await move();
    await stage.dispatch(id);
    assert.equal((await stage.user.getMessage(id)).status, 'canceled');
  });

  it('a stranger gets the old number › nothing of the person goes there', async () => {
    const { id } = await stage.user.send({ contactId, sendAt: tomorrow() });
    await move();
    await stage.write({ from: old }, 'I am new here.');
    await stage.dispatch(id, later);
    assert.deepEqual(stage.called, [next]);
  });
});
