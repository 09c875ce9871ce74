import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { consentLogSize } from '../../src/people/contacts/consent.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import type { ConsentEntry, ContactRecord } from '../../src/people/contacts/store/model.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { useApi } from '../support/api.ts';
import {
  appSecret,
  contactOf,
  countStatuses,
  historyOf,
  makeWaiting,
  newWamid,
  postEvent,
  secondsFromNow,
  spoken,
  type Spoken,
} from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { waitFor } from '../support/wait.ts';

describe('api › consent by words', function () {
  this.timeout(60_000);
  const api = useApi('consent', { env: { WHATSAPP_APP_SECRETS: appSecret } });
  let processor: TestProcessor;
  let user: CrmUser;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    await api().collection('webhook_events').deleteMany({});
  });
  afterEach(() => assert.deepEqual(processor.probe.takeViolations(), []));
  after(() => processor.close());

  const messages = () => api().collection<MessageDoc>('messages');
  const hear = async (from: string, text: string, said: Spoken = {}) => {
    await postEvent(api(), spoken(user, from, text, said));
    await processor.drain();
  };
  const read = async (contactId: string): Promise<ContactView> =>
    (await user.call<ContactView>(`/api/contacts/${contactId}`)).body;
  const event = () => api().collection('webhook_events').findOne({});

  it('STOP with 300 waiting messages › all canceled with a proof; no other contact’s is touched; further sends are refused', async () => {
    const phone = phoneEndingIn('01');
    const { contactId, ids } = await makeWaiting(api(), user, { to: phone, count: 300 });
    const other = await makeWaiting(api(), user, { to: phoneEndingIn('02'), count: 20 });
    const stranger = await api().signUp();
    const foreign = await makeWaiting(api(), stranger, { to: phone, count: 20 });
    const sent = await makeWaiting(api(), user, { to: phone, count: 3, changes: { status: 'sent' } });

    const wamid = newWamid();
    await hear(phone, ' Stop! ', { wamid });

    assert.deepEqual(await countStatuses(api(), ids), { canceled: 300 });
    assert.deepEqual(await countStatuses(api(), [...other.ids, ...foreign.ids]), { scheduled: 40 });
    assert.deepEqual(await countStatuses(api(), sent.ids), { sent: 3 });
    const history = await historyOf(user, contactId);
    assert.equal(history.optInStatus, 'opted-out');
    const [entry, ...more] = history.entries;
    assert.equal(more.length, 0);
    assert.deepEqual(
      {
        status: entry?.status,
        source: entry?.source,
        wording: entry?.wording,
        eventId: entry?.eventId,
        by: entry?.by,
      },
      { status: 'opted-out', source: 'keyword', wording: ' Stop! ', eventId: wamid, by: null },
    );
    assert.equal(entry?.proof?.canceledCount, 300);
    assert.deepEqual(entry.proof.canceledMessageIds, ids.map((id) => id.toHexString()).toSorted());
    assert.deepEqual(entry.proof.mayHaveLeftMessageIds, []);
    assert.ok(entry.proof.storedAt <= entry.proof.acknowledgedAt);
    const canceled = await user.getMessage(ids[0]?.toHexString() ?? '');
    assert.deepEqual(canceled.statusHistory.at(-1)?.raw, { reason: 'opted-out' });
    const refused = await user.trySend({ to: phone });
    assert.deepEqual(
      [refused.status, (refused.body as unknown as { code: string }).code],
      [409, 'contact-opted-out'],
    );
    assert.equal((await read(other.contactId)).optInStatus, 'unknown');
    assert.equal((await contactOf(stranger, phone))?.optInStatus, 'unknown');
    const workflow = api().temporal.workflow.getHandle(`message:${ids[0]?.toHexString()}`);
    await waitFor('its workflow is told', async () => {
      const { events } = await workflow.fetchHistory();
      return events?.some((one) => Boolean(one.workflowExecutionCancelRequestedEventAttributes)) === true;
    });
  });

  it('STOP during a call › the rest is canceled at once, and the proof is stored with the call’s outcome', async () => {
    const phone = phoneEndingIn('01');
    const { contactId, ids } = await makeWaiting(api(), user, { to: phone, count: 10 });
    const [left, given] = ids;
    const calling = { status: 'sending', 'dispatch.isCalling': true } as const;
    await messages().updateMany(
      { _id: { $in: [left, given].map((id) => id ?? assert.fail()) } },
      { $set: calling },
    );

    await hear(phone, 'stop');
    assert.deepEqual(await countStatuses(api(), ids), { sending: 2, canceled: 8 });
    assert.equal((await event())?.['status'], 'parked');
    const early = await historyOf(user, contactId);
    assert.deepEqual([early.optInStatus, early.entries[0]?.proof], ['opted-out', null]);

    // One is sent; the other is refused with a transient error.
    const end = { 'dispatch.isCalling': false };
    await messages().updateOne({ _id: left ?? assert.fail() }, { $set: { ...end, status: 'sent' } });
    await messages().updateOne({ _id: given ?? assert.fail() }, { $set: end });
    await waitFor('the event is done', async () => {
      await processor.drain();
      return (await event())?.['status'] === 'done';
    });
    assert.deepEqual(await countStatuses(api(), ids), { sent: 1, canceled: 9 });
    const { entries } = await historyOf(user, contactId);
    assert.equal(entries.length, 1);
    assert.deepEqual(
      [entries[0]?.proof?.canceledCount, entries[0]?.proof?.mayHaveLeftMessageIds],
      [9, [left?.toHexString()]],
    );
  });

  it('the same words in any order, each several times › the same result; one entry and one proof for each', async () => {
    const said = [
      { text: 'STOP', wamid: newWamid(), timestamp: secondsFromNow(-50) },
      { text: 'START', wamid: newWamid(), timestamp: secondsFromNow(-40) },
      { text: 'stop', wamid: newWamid(), timestamp: secondsFromNow(-30) },
      { text: 'Start', wamid: newWamid(), timestamp: secondsFromNow(-20) },
    ] as const;
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2, 1, 0],
      [2, 0, 3, 3, 1, 2],
    ];
    for (const order of orders) {
      const phone = phoneEndingIn('01');
      for (const index of order) {
        const { text, wamid, timestamp } = said[index] ?? assert.fail();
        await hear(phone, text, { wamid: `${wamid}.${phone}`, timestamp });
      }
      const contact = await contactOf(user, phone);
      const history = await historyOf(user, contact?.id ?? '');
      assert.equal(history.optInStatus, 'opted-in', String(order));
      assert.equal(history.entries.length, 4, String(order));
      const actions = { 'target.id': new Types.ObjectId(contact?.id), action: 'contact.opted-out' };
      const proofs = await api().collection('audit_events').find(actions).toArray();
      assert.equal(new Set(proofs.map(({ after }) => after.eventId)).size, proofs.length, String(order));
    }
  });

  it('START after STOP › sends are accepted again; an older STOP that arrives late cancels nothing', async () => {
    const phone = phoneEndingIn('01');
    await hear(phone, 'stop', { timestamp: secondsFromNow(-30) });
    await hear(phone, 'start', { timestamp: secondsFromNow(-20) });
    const { contactId, ids } = await makeWaiting(api(), user, { to: phone, count: 3 });
    await hear(phone, 'stop', { timestamp: secondsFromNow(-25) });
    assert.equal((await read(contactId)).optInStatus, 'opted-in');
    assert.deepEqual(await countStatuses(api(), ids), { scheduled: 3 });
    await hear(phone, 'stop');
    assert.deepEqual(await countStatuses(api(), ids), { canceled: 3 });
  });

  it('one entry more than the history holds › the oldest of the middle is dropped; its text and proof stay in the audit', async () => {
    const phone = phoneEndingIn('01');
    const { contactId } = await makeWaiting(api(), user, { to: phone, count: 1 });
    const wamid = newWamid();
    await hear(phone, 'stop', { wamid, timestamp: secondsFromNow(-60) });
    const _id = new Types.ObjectId(contactId);
    const contacts = api().collection<ContactRecord>('contacts');
    const { consentLog: [stop] = [] } = (await contacts.findOne({ _id })) ?? {};
    assert.ok(stop !== undefined);
    // The stop as the first word of the middle, among words of long ago.
    const old = { ...stop, status: 'opted-in', at: new Date(0) } as const;
    const words: readonly ConsentEntry[] = Array.from({ length: consentLogSize.all - 1 }, (_, n) => ({
      ...old,
      eventId: `old.${n}`,
    }));
    const consentLog = words.toSpliced(consentLogSize.first, 0, stop);
    await contacts.updateOne({ _id }, { $set: { consentLog } });
    await hear(phone, 'start');

    const { entries, entriesLeftOut, optInStatus } = await historyOf(user, contactId);
    assert.deepEqual([entries.length, entriesLeftOut, optInStatus], [consentLogSize.all, 1, 'opted-in']);
    assert.equal(entries.at(-1)?.wording, 'start');
    assert.ok(!entries.some(({ eventId }) => eventId === wamid), 'the stop is still in the history');
    const audited = await api().collection('audit_events').find({ 'target.id': _id }).toArray();
    assert.ok(audited.some(({ after }) => after['consent']?.eventId === wamid && after['consent'].wording));
    const [proof] = audited.filter(({ action }) => action === 'contact.opted-out');
    assert.deepEqual([proof?.['after'].eventId, proof?.['after'].canceledCount], [wamid, 1]);
  });

  it('a sentence with the word in it › a message like any other', async () => {
    const phone = phoneEndingIn('01');
    await hear(phone, 'Please stop calling me at night');
    const contact = await contactOf(user, phone);
    assert.equal(contact?.optInStatus, 'unknown');
    assert.deepEqual((await historyOf(user, contact?.id ?? '')).entries, []);
  });

  it('a tap on a button › counts by its label and by its payload', async () => {
    const taps: readonly object[] = [
      { type: 'button', button: { text: 'No more of this', payload: 'STOP' } },
      { type: 'button', button: { text: 'Stop', payload: 'x' } },
      {
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: 'stop', title: 'Enough' } },
      },
    ];
    for (const message of taps) {
      const phone = phoneEndingIn('01');
      await hear(phone, '', { message });
      assert.equal((await contactOf(user, phone))?.optInStatus, 'opted-out', JSON.stringify(message));
    }
  });

  it('the client’s own words › take effect within two seconds, for this client only', async () => {
    const path = `/api/clients/${user.clientId}/sending-policy`;
    const body = { stopWords: { de: ['Schluss'] }, startWords: { de: ['weiter'] } };
    assert.equal((await user.call(path, { method: 'PATCH', body })).status, 200);
    const phone = phoneEndingIn('01');
    await hear(phone, 'SCHLUSS.', { timestamp: secondsFromNow(-10) });
    const contactId = (await contactOf(user, phone))?.id ?? '';
    assert.equal((await read(contactId)).optInStatus, 'opted-out');
    await hear(phone, 'weiter!');
    assert.equal((await read(contactId)).optInStatus, 'opted-in');
    user = await api().signUp();
    await hear(phone, 'Schluss');
    assert.equal((await contactOf(user, phone))?.optInStatus, 'unknown');
  });

  it('an opt-out by a colleague › the same cancellation and proof, through the contact and through its lead', async () => {
    const said = { optInStatus: 'opted-out', consent: { source: 'phone', wording: 'No more, please.' } };
    for (const through of ['contacts', 'leads'] as const) {
      const phone = phoneEndingIn('01');
      const { contactId, ids } = await makeWaiting(api(), user, { to: phone, count: 5 });
      const lead = await api()
        .collection('leads')
        .findOne({ contactId: new Types.ObjectId(contactId) });
      const id = through === 'contacts' ? contactId : lead?._id.toHexString();
      const answer = await user.call(`/api/${through}/${id}`, { method: 'PATCH', body: said });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.deepEqual(await countStatuses(api(), ids), { canceled: 5 });
      const { entries } = await historyOf(user, contactId);
      const [entry] = entries;
      assert.deepEqual([entries.length, entry?.source, entry?.by], [1, 'phone', user.userId]);
      assert.equal(entry?.proof?.canceledCount, 5);
    }
  });

  it('the block list › set, seen, filtered and audited; repeated, no change', async () => {
    const { contactId } = await makeWaiting(api(), user, { to: phoneEndingIn('01'), count: 1 });
    await makeWaiting(api(), user, { to: phoneEndingIn('02'), count: 1 });
    const block = (isBlocked: boolean) =>
      user.call<ContactView>(`/api/contacts/${contactId}`, { method: 'PATCH', body: { isBlocked } });
    const listed = async (isBlocked: boolean) => {
      const { body } = await user.call<{ items: ContactView[] }>(`/api/contacts?isBlocked=${isBlocked}`);
      return body.items.map(({ id }) => id);
    };
    const blocked = await block(true);
    assert.deepEqual([blocked.status, blocked.body.isBlocked], [200, true]);
    assert.ok(blocked.body.blockedAt !== null);
    assert.equal((await block(true)).headers.get('etag'), blocked.headers.get('etag'));
    assert.deepEqual(await listed(true), [contactId]);
    assert.equal((await listed(false)).length, 1);
    const free = await block(false);
    assert.deepEqual([free.body.isBlocked, free.body.blockedAt], [false, null]);
    assert.deepEqual([await listed(true), (await listed(false)).length], [[], 2]);
    const events = await api()
      .collection('audit_events')
      .find({ 'target.id': new Types.ObjectId(contactId), 'after.isBlocked': { $exists: true } })
      .sort({ _id: 1 })
      .toArray();
    assert.deepEqual(
      events.map(({ after }) => after.isBlocked),
      [true, false],
    );
  });
});
