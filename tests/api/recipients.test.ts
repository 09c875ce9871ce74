import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { TimelineView } from '../../src/sending/messages/actions/schemas.ts';
import type { MessageView } from '../../src/sending/messages/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import {
  setRecipientsStage,
  tomorrow,
  tooFast,
  twoDaysMs,
  undeliverable,
  type RecipientsStage,
} from '../support/recipients-stage.ts';

describe('recipient of a message', function () {
  this.timeout(60_000);
  const api = useMessagingApi('recipients');
  let stage: RecipientsStage;
  let old: string;
  let right: string;

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
    [old, right] = [phoneEndingIn('01'), phoneEndingIn('02')];
  });

  const later = { aheadMs: twoDaysMs };
  const timelineOf = async (id: string): Promise<TimelineView> =>
    (await stage.user.call<TimelineView>(`/api/messages/${id}/timeline`)).body;
  const recipientsIn = ({ entries }: TimelineView) =>
    entries.filter(({ kind }) => kind === 'recipient').map(({ text, by }) => ({ text, by }));

  describe('whose number is corrected', () => {
    it('scheduled to a contact › the corrected number is called; the message and its timeline say so', async () => {
      const { id, contactId } = await stage.user.send({ to: old, sendAt: tomorrow() });
      assert.equal(await stage.correct(contactId, { phoneNumber: right }), 200);
      assert.equal((await stage.user.getMessage(id)).to, old);
      await stage.dispatch(id, later);
      assert.deepEqual(stage.called, [right]);
      const sent = await stage.user.getMessage(id);
      assert.deepEqual({ to: sent.to, status: sent.status }, { to: right, status: 'sent' });
      const text = `recipient changed from ${old} to ${right} (contact corrected by a user)`;
      assert.deepEqual(recipientsIn(await timelineOf(id)), [{ text, by: stage.user.userId }]);
    });

    it('the person wrote from the old number › a message to a number goes to that number, and one to the contact to the right one', async () => {
      await stage.write({ from: old }, 'Hi');
      const first = await stage.user.send({ to: old });
      await stage.correct(first.contactId, { phoneNumber: right });
      const { body } = await stage.user.call<ContactView>(`/api/contacts/${first.contactId}`);
      assert.deepEqual([body.phoneNumber, body.whatsappId], [right, null]);
      const toOld = await stage.user.send({ to: old });
      const toContact = await stage.user.send({ contactId: first.contactId });
      await stage.dispatch(toOld.id);
      await stage.dispatch(toContact.id);
      assert.deepEqual(stage.called, [old, right]);
    });

    it('the person writes again from the old number › the answer goes there', async () => {
      await stage.write({ from: old }, 'Hi');
      const { contactId } = await stage.user.send({ to: old });
      await stage.correct(contactId, { phoneNumber: right });
      await stage.write({ from: old }, 'Are you there?');
      const { body } = await stage.user.call<{ items: MessageView[] }>('/api/messages');
      const written = body.items.find(({ direction }) => direction === 'inbound');
      const answer = await stage.user.send({ contactId: written?.contactId ?? assert.fail() });
      await stage.dispatch(answer.id);
      assert.deepEqual(stage.called, [old]);
    });

    it('the same request again › the same answer, with the number at acceptance', async () => {
      const body = { to: old, sendAt: tomorrow() };
      const first = await stage.user.send(body, 'key-1');
      await stage.correct(first.contactId, { phoneNumber: right });
      await stage.dispatch(first.id, later);
      assert.deepEqual(await stage.user.send(body, 'key-1'), first);
    });

    it('held behind a paused channel › the corrected number is called when it opens', async () => {
      const path = `/api/channels/${stage.user.channelId}`;
      await stage.user.call(`${path}/pause`, { method: 'POST' });
      const { id, contactId } = await stage.user.send({ to: old });
      const held = await stage.dispatch(id);
      assert.ok(held !== 'again' && held.kind === 'held', JSON.stringify(held));
      await stage.correct(contactId, { phoneNumber: right });
      await stage.user.call(`${path}/resume`, { method: 'POST' });
      await stage.dispatch(id);
      assert.deepEqual(stage.called, [right]);
    });

    it('refused for now, then corrected › the next call of the same message goes to the corrected number', async () => {
      stage.answers.push(tooFast);
      const { id, contactId } = await stage.user.send({ to: old });
      assert.equal(await stage.dispatch(id), 'again');
      await stage.correct(contactId, { phoneNumber: right });
      await stage.dispatch(id);
      assert.deepEqual(stage.called, [old, right]);
      await stage.correct(contactId, { phoneNumber: old });
      assert.equal((await stage.user.getMessage(id)).to, right, 'the number that was called');
    });

    it('failed with 131026, corrected and retried › the retry is accepted for and calls the corrected number', async () => {
      stage.answers.push(undeliverable);
      const { id, contactId } = await stage.user.send({ to: old });
      await stage.dispatch(id);
      await stage.correct(contactId, { phoneNumber: right });
      const { status, body } = await stage.user.call<MessageView>(`/api/messages/${id}/retry`, {
        method: 'POST',
        body: {},
      });
      assert.deepEqual({ status, to: body.to }, { status: 201, to: right });
      await stage.dispatch(body.id);
      assert.deepEqual(stage.called, [old, right]);
      assert.deepEqual(recipientsIn(await timelineOf(body.id)), []);
    });

    it('retried automatically after a failed receipt › the corrected number', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      await stage.dispatch(id);
      await stage.correct(contactId, { phoneNumber: right });
      const failure = { code: '131000', class: 'retry', title: '', detail: '', advice: '' };
      const receipt = {
        word: 'failed',
        status: 'failed',
        providerMessageId: 'x',
        timestampMs: Date.now(),
        failure,
      } as const;
      const { core } = api().api;
      const { clientId, _id } = await stage.stored(id);
      await core.messages.applyReceipts({ clientId } as never, _id, [receipt]);
      await core.effects.afterReceipts({ clientId } as never, _id, [receipt]);
      const retry = await api().collection<MessageDoc>('messages').findOne({ retryOf: _id });
      assert.equal(retry?.to, right);
      await stage.dispatch(retry._id.toHexString(), later);
      assert.deepEqual(stage.called, [old, right]);
    });

    it('131026 at the corrected number › marks that number; the old mark is gone', async () => {
      stage.answers.push(undeliverable, undeliverable);
      const { id, contactId } = await stage.user.send({ to: old });
      const result = await stage.dispatch(id);
      assert.ok(result !== 'again' && result.kind === 'dispatched' && result.outcome.kind === 'rejected');
      const { core } = api().api;
      const { clientId } = await stage.stored(id);
      const followUp = async (of: string) => {
        const { failure, _id } = await stage.stored(of);
        assert.ok(failure !== undefined);
        await core.effects.afterFailure({ clientId } as never, _id, failure);
      };
      const isSuspect = async () =>
        (await stage.user.call<{ numberSuspect: unknown }>(`/api/contacts/${contactId}`)).body
          .numberSuspect !== null;
      await followUp(id);
      assert.ok(await isSuspect());
      const second = await stage.user.send({ contactId });
      await stage.correct(contactId, { phoneNumber: right });
      assert.ok(!(await isSuspect()));
      await stage.dispatch(second.id);
      await followUp(second.id);
      assert.ok(await isSuspect(), 'the second failure concerns the corrected number');
      assert.deepEqual(stage.called, [old, right]);
    });

    it('while the message waits for its permit › the corrected number', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      const changes = (deps: { messages: object }) => ({
        messages: Object.assign(Object.create(deps.messages), deps.messages, {
          claim: async (...args: Parameters<typeof core.messages.claim>) => {
            await stage.correct(contactId, { phoneNumber: right });
            return core.messages.claim(...args);
          },
        }),
      });
      const { core } = api().api;
      assert.equal(await stage.dispatch(id, { changes: changes as never }), 'again');
      assert.deepEqual(stage.called, [], 'the claim was returned without a call');
      await stage.dispatch(id);
      assert.deepEqual(stage.called, [right]);
      const { dispatch, waits } = await stage.stored(id);
      assert.deepEqual(
        dispatch.attempts.map(({ number, outcome }) => ({ number, outcome })),
        [{ number: 1, outcome: 'accepted' }],
        'a claim without a call is no attempt',
      );
      assert.deepEqual(
        waits?.map(({ reason }) => reason),
        ['the recipient changed right before the call'],
      );
    });

    it('in another spelling of the same number › no change of the recipient', async () => {
      const { id, contactId } = await stage.user.send({ to: '+5215512345678' });
      await stage.correct(contactId, { phoneNumber: '+525512345678' });
      await stage.dispatch(id);
      assert.equal((await stage.stored(id)).readdressed, undefined);
      assert.deepEqual(stage.called, ['+525512345678']);
    });
  });

  describe('who has no address any more', () => {
    it('the number was removed, a user id is known › called by the user id', async () => {
      const { id, contactId } = await stage.user.send({ to: old, sendAt: tomorrow() });
      await stage.correct(contactId, { phoneNumber: null, businessScopedUserId: 'US.1' });
      await stage.dispatch(id, later);
      assert.deepEqual(stage.called, ['US.1']);
      const { to, recipientUserId } = await stage.user.getMessage(id);
      assert.deepEqual({ to, recipientUserId }, { to: null, recipientUserId: 'US.1' });
    });

    it('neither number nor user id › failed as contact-unreachable, no call; a retry is refused until there is one', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      const contacts = api().collection('contacts');
      const _id = new Types.ObjectId(contactId);
      await contacts.updateOne({ _id }, { $unset: { phoneNumber: '' }, $set: { identityKeys: ['x'] } });
      await stage.dispatch(id);
      const failed = await stage.user.getMessage(id);
      assert.deepEqual([failed.status, failed.failure?.code], ['failed', 'contact-unreachable']);
      const retry = () =>
        stage.user.call<{ code?: string }>(`/api/messages/${id}/retry`, { method: 'POST', body: {} });
      const refused = await retry();
      assert.deepEqual([refused.status, refused.body.code], [409, 'contact-unreachable']);
      await stage.correct(contactId, { phoneNumber: right });
      assert.equal((await retry()).status, 201);
      assert.deepEqual(stage.called, []);
    });

    it('deleted › failed as contact-deleted, no call', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      await api()
        .collection('contacts')
        .deleteOne({ _id: new Types.ObjectId(contactId) });
      await stage.dispatch(id);
      const failed = await stage.user.getMessage(id);
      assert.deepEqual([failed.status, failed.failure?.code], ['failed', 'contact-deleted']);
      assert.deepEqual(stage.called, []);
    });
  });
});
