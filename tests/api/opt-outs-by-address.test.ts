import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import type { MessageActivityDeps } from '../../activities/messages.ts';
import { contactOf, historyOf, newWamid } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import {
  setRecipientsStage,
  tomorrow,
  twoDaysMs,
  type RecipientsStage,
} from '../support/recipients-stage.ts';

const secondMs = 1_000;
const byText = (a: string, b: string): number => (a < b ? -1 : 1);

describe('opt-out of an address', function () {
  this.timeout(60_000);
  const api = useMessagingApi('opt-outs-by-address');
  let stage: RecipientsStage;
  let old: string;
  let right: string;

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
    [old, right] = [phoneEndingIn('01'), phoneEndingIn('02')];
  });

  const later = { aheadMs: twoDaysMs };
  const scope = (): ClientScope => scopeOf(new Types.ObjectId(stage.user.clientId));
  const statusOf = async (id: string) => (await stage.user.getMessage(id)).status;
  const refusalOf = async (to: string): Promise<string> => {
    const { status, body } = await stage.user.trySend({ to });
    return `${status} ${(body as { code?: string }).code ?? ''}`.trim();
  };
  const optIn = { optInStatus: 'opted-in', consent: { source: 'phone' } };
  const create = async (body: object) =>
    (await stage.user.call<ContactView>('/api/contacts', { method: 'POST', body })).body.id;

  it('scheduled, corrected, STOP from the old number › canceled with a proof; nothing is ever sent to the old number', async () => {
    const { id, contactId } = await stage.user.send({ to: old, sendAt: tomorrow() });
    await stage.correct(contactId, { phoneNumber: right });
    const other = await stage.user.send({ contactId, sendAt: tomorrow() });
    await stage.write({ from: old }, 'STOP');
    assert.equal(await statusOf(id), 'canceled');
    const stopped = await contactOf(stage.user, old);
    assert.ok(stopped !== undefined && stopped.id !== contactId, 'the old number has a contact of its own');
    const { entries } = await historyOf(stage.user, stopped.id);
    assert.deepEqual(entries[0]?.proof?.canceledMessageIds, [id]);
    await stage.dispatch(id, later);
    await stage.dispatch(other.id, later);
    assert.deepEqual(stage.called, [right], 'the message for the corrected number leaves');
    assert.equal(await refusalOf(old), '409 contact-opted-out');
  });

  it('corrected, then STOP from the corrected number › canceled, whichever number it was accepted for', async () => {
    const { id, contactId } = await stage.user.send({ to: old, sendAt: tomorrow() });
    await stage.correct(contactId, { phoneNumber: right });
    await stage.write({ from: right }, 'STOP');
    assert.equal(await statusOf(id), 'canceled');
  });

  it('called at the corrected number and put off, then STOP from the old one › canceled', async () => {
    const { id, contactId } = await stage.user.send({ to: old });
    await stage.correct(contactId, { phoneNumber: right });
    stage.answers.push({ kind: 'not-reached', reason: 'no route' });
    assert.equal(await stage.dispatch(id), 'again');
    await stage.write({ from: old }, 'STOP');
    assert.equal(await statusOf(id), 'canceled');
    assert.deepEqual(stage.called, [right]);
  });

  it('STOP, then the number is corrected › a new contact with the old number gets nothing until START', async () => {
    const { contactId } = await stage.user.send({ to: old });
    await stage.write({ from: old }, 'STOP', { atMs: Date.now() - 60 * secondMs });
    await stage.correct(contactId, { phoneNumber: right, whatsappId: null });
    assert.equal(await refusalOf(old), '409 contact-opted-out');
    assert.equal(await refusalOf(right), '409 contact-opted-out');
    await stage.write({ from: old }, 'START');
    assert.equal(await refusalOf(old), '201');
    assert.equal(await refusalOf(right), '409 contact-opted-out');
  });

  it('STOP, corrected, corrected back after a START elsewhere › the old number stays opted out', async () => {
    const { contactId } = await stage.user.send({ to: old });
    await stage.write({ from: old }, 'STOP', { atMs: Date.now() - 60 * secondMs });
    await stage.correct(contactId, { phoneNumber: right, whatsappId: null });
    await stage.write({ from: right }, 'START');
    assert.equal(await refusalOf(right), '201');
    await stage.correct(contactId, { phoneNumber: old, whatsappId: null });
    assert.equal(await refusalOf(old), '409 contact-opted-out');
    await stage.correct(contactId, optIn);
    assert.equal(await refusalOf(old), '201', 'a user has recorded a new consent');
  });

  it('opted out, deleted and created again › still opted out; a new consent lifts it', async () => {
    const optedOut = { optInStatus: 'opted-out', consent: { source: 'phone' } };
    const first = await create({ phoneNumber: old, ...optedOut });
    const { status } = await stage.user.call(`/api/contacts/${first}`, { method: 'DELETE' });
    assert.equal(status, 204);
    assert.equal(await refusalOf(old), '409 contact-opted-out');
    assert.equal(await contactOf(stage.user, old), undefined, 'a refused send creates no contact');
    await create({ phoneNumber: old });
    const again = await contactOf(stage.user, old);
    assert.equal(again?.optInStatus, 'opted-out');
    await stage.correct(again.id, optIn);
    assert.equal(await refusalOf(old), '201');
    assert.deepEqual(
      await api()
        .collection('address_stops')
        .find({ key: `tel:${old}`, kind: 'opted-out' })
        .toArray(),
      [],
    );
  });

  it('marketing turned off, then deleted › remembered without any number', async () => {
    const deleted = await create({ phoneNumber: old });
    const eventId = `preference:${old.slice(1)}:stop:1`;
    const said = { source: 'whatsapp', at: new Date(), eventId };
    await api().api.core.consent.stopMarketing(scope(), new Types.ObjectId(deleted), said);
    assert.equal((await stage.user.call(`/api/contacts/${deleted}`, { method: 'DELETE' })).status, 204);
    const remembered = await api().collection('remembered_opt_outs').find(scope()).toArray();
    assert.equal(remembered.length, 1);
    assert.ok(!JSON.stringify(remembered).includes(old.slice(1)), JSON.stringify(remembered));
    assert.equal((await create({ phoneNumber: old })) === deleted, false);
    const again = await contactOf(stage.user, old);
    assert.equal(again?.marketingStopped, true);
  });

  it('STOP, then deleted › what events told is kept without any number, and still counts', async () => {
    const { contactId } = await stage.user.send({ to: old });
    await stage.write({ from: old }, 'STOP');
    await api().collection('remembered_opt_outs').deleteMany(scope());
    const kept = await api()
      .collection('address_stops')
      .find({ ...scope(), kind: 'facts' })
      .toArray();
    assert.equal(kept.length, 1, JSON.stringify(kept));
    assert.ok(!JSON.stringify(kept).includes(old.slice(1)), JSON.stringify(kept));
    assert.ok(contactId !== undefined);
    assert.equal(await refusalOf(old), '409 contact-opted-out');
  });

  it('START that was written before the STOP and arrives after it › lifts nothing', async () => {
    const { contactId } = await stage.user.send({ to: old });
    await stage.write({ from: old }, 'STOP', { atMs: Date.now() - 30 * secondMs });
    await stage.correct(contactId, { phoneNumber: right, whatsappId: null });
    await stage.write({ from: old }, 'START', { atMs: Date.now() - 40 * secondMs });
    assert.equal(await refusalOf(old), '409 contact-opted-out');
  });

  it('marketing turned off, then the number is corrected › a marketing message to the old number is still refused', async () => {
    const { contactId } = await stage.user.send({ to: old });
    const { consent, facts } = api().api.core;
    const said = { source: 'whatsapp', at: new Date(), eventId: 'preference:1' };
    await consent.stopMarketing(scope(), new Types.ObjectId(contactId), said);
    await stage.correct(contactId, { phoneNumber: right });
    const { contactId: fresh } = await stage.user.send({ to: old });
    const person = await facts.readPerson(scope(), { contactId: new Types.ObjectId(fresh), to: old });
    assert.deepEqual(
      [person?.consent.hasStoppedMarketing, person?.consent.hasAddressOptedOut],
      [true, false],
    );
  });

  describe('while the claim is held', () => {
    const afterClaim =
      (meanwhile: () => Promise<unknown>) =>
      ({ messages }: MessageActivityDeps): Partial<MessageActivityDeps> => ({
        messages: {
          ...messages,
          async claim(...args) {
            const claim = await messages.claim(...args);
            await meanwhile();
            return claim;
          },
        },
      });
    const afterRead =
      (meanwhile: () => Promise<unknown>) =>
      ({ facts }: MessageActivityDeps): Partial<MessageActivityDeps> => ({
        facts: {
          ...facts,
          async readFresh(...args) {
            const read = await facts.readFresh(...args);
            await meanwhile();
            return read;
          },
        },
      });

    it('STOP before the last read › no call, and the message is canceled', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      const stop = () => assert.rejects(stage.write({ from: old }, 'STOP'), /being handed to the provider/);
      assert.equal(await stage.dispatch(id, { changes: afterClaim(stop) }), 'again');
      await stage.dispatch(id);
      assert.deepEqual([await statusOf(id), stage.called], ['canceled', []]);
      assert.equal((await historyOf(stage.user, contactId)).optInStatus, 'opted-out');
    });

    it('STOP from a number that the contact has just lost, after the last read › not acknowledged before the call is over', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      let outcome = '';
      const wamid = newWamid();
      const stop = async () => {
        await stage.correct(contactId, { phoneNumber: right });
        await stage
          .write({ from: old }, 'STOP', { wamid })
          .catch((error: unknown) => (outcome = String(error)));
      };
      await stage.dispatch(id, { changes: afterRead(stop) });
      assert.match(outcome, /1 messages are being handed to the provider/);
      const stopped = await contactOf(stage.user, old);
      const { entries } = await historyOf(stage.user, stopped?.id ?? '');
      assert.equal(entries[0]?.proof, null, 'the call was made before the acknowledgement');
      await stage.write({ from: old }, 'STOP', { wamid });
      const again = await historyOf(stage.user, stopped?.id ?? '');
      assert.deepEqual(again.entries[0]?.proof?.mayHaveLeftMessageIds, [id]);
    });

    it('blocked before the last read › no call, and the message is canceled', async () => {
      const { id, contactId } = await stage.user.send({ to: old });
      const block = () => stage.correct(contactId, { isBlocked: true });
      assert.equal(await stage.dispatch(id, { changes: afterClaim(block) }), 'again');
      await stage.dispatch(id);
      assert.deepEqual([await statusOf(id), stage.called], ['canceled', []]);
    });

    it('the database is away at the last read › no call, the claim is returned, and the next attempt calls', async () => {
      const { id } = await stage.user.send({ to: old });
      let isAway = true;
      const changes = ({ facts }: MessageActivityDeps): Partial<MessageActivityDeps> => ({
        facts: {
          ...facts,
          readFresh: (...args) =>
            isAway ? Promise.reject(new Error('no primary')) : facts.readFresh(...args),
        },
      });
      assert.equal(await stage.dispatch(id, { changes }), 'again');
      const { dispatch, status } = await stage.stored(id);
      assert.deepEqual([status, dispatch.isCalling, stage.called], ['sending', false, []]);
      isAway = false;
      await stage.dispatch(id, { changes });
      assert.deepEqual([await statusOf(id), stage.called], ['sent', [old]]);
    });
  });

  describe('with two contacts, whose numbers were stored in two spellings', () => {
    const [canonical, older] = ['+525512345678', '+5215512345678'];

    async function twoContacts(): Promise<readonly [string, string]> {
      const first = await create({ phoneNumber: canonical });
      const second = await create({ phoneNumber: phoneEndingIn('03') });
      const asOnceStored = { phoneNumber: older, identityKeys: [`tel:${older}`] };
      const _id = new Types.ObjectId(second);
      await api()
        .collection('contacts')
        .updateOne({ _id }, { $set: asOnceStored, $unset: { searchTokens: 1 } });
      return [first, second];
    }

    it('STOP › opts out both and cancels the messages of both, each with a proof; START opts both in again', async () => {
      const [first, second] = await twoContacts();
      const ids = [first, second].map((contactId) => stage.user.send({ contactId, sendAt: tomorrow() }));
      const canceled = (await Promise.all(ids)).map(({ id }) => id).toSorted(byText);
      await stage.write({ from: canonical }, 'STOP', { atMs: Date.now() - 60 * secondMs });
      for (const contactId of [first, second]) {
        const history = await historyOf(stage.user, contactId);
        assert.equal(history.optInStatus, 'opted-out');
        assert.deepEqual(history.entries[0]?.proof?.canceledMessageIds, canceled);
      }
      await stage.write({ from: canonical }, 'START');
      for (const contactId of [first, second])
        assert.equal((await historyOf(stage.user, contactId)).optInStatus, 'opted-in');
    });

    it('one is blocked or opted out by hand › the other gets nothing either', async () => {
      const [first, second] = await twoContacts();
      const { id } = await stage.user.send({ contactId: second, sendAt: tomorrow() });
      await stage.correct(first, { isBlocked: true });
      await stage.dispatch(id, later);
      assert.equal(await statusOf(id), 'canceled');
      await stage.correct(first, { isBlocked: false });
      const next = await stage.user.send({ contactId: second, sendAt: tomorrow() });
      await stage.correct(first, { optInStatus: 'opted-out', consent: { source: 'phone' } });
      assert.equal(await statusOf(next.id), 'canceled');
      assert.deepEqual(stage.called, []);
    });
  });

  it('STOP of another business’s contact with the same number › concerns only that business', async () => {
    const { id } = await stage.user.send({ to: old });
    const others = await setRecipientsStage(api());
    await others.user.send({ to: old });
    await others.write({ from: old }, 'STOP');
    await stage.dispatch(id);
    assert.deepEqual(stage.called, [old]);
  });
});
