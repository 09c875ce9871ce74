import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { useApi } from '../support/api.ts';
import {
  appSecret,
  contactOf,
  countStatuses,
  historyOf,
  makeWaiting,
  postEvent,
  secondsFromNow,
  spoken,
} from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { statusesOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

describe('api › WhatsApp’s marketing preference', function () {
  this.timeout(60_000);
  const api = useApi('preferences', { env: { WHATSAPP_APP_SECRETS: appSecret } });
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

  interface Switched {
    readonly value: unknown;
    readonly at: string;
    readonly category?: string;
    /** Names only the account. */
    readonly wabaId?: string;
  }

  const switched = (phone: string, { value, at, category = 'marketing_messages', wabaId }: Switched) => ({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: wabaId ?? 'of-nobody',
        time: 1,
        changes: [
          {
            field: 'user_preferences',
            value: {
              messaging_product: 'whatsapp',
              ...(wabaId === undefined ? { metadata: { phone_number_id: user.phoneNumberId } } : {}),
              user_preferences: [
                { wa_id: phone.slice(1), category, value, detail: 'By the person', timestamp: Number(at) },
              ],
            },
          },
        ],
      },
    ],
  });
  const hear = async (body: object) => {
    await postEvent(api(), body);
    await processor.drain();
  };
  const lastEvent = async () => {
    const event = await api()
      .collection('webhook_events')
      .findOne({}, { sort: { _id: -1 } });
    return [event?.['status'], event?.['lastError']];
  };

  it('stop › waiting marketing messages are canceled, others are not; an unknown person becomes a contact', async () => {
    const phone = phoneEndingIn('01');
    const ads = await makeWaiting(api(), user, { to: phone, count: 4, changes: { category: 'marketing' } });
    const orders = await makeWaiting(api(), user, { to: phone, count: 4, changes: { category: 'utility' } });
    const at = secondsFromNow(-10);
    await hear(switched(phone, { value: 'stop', at }));
    assert.deepEqual(await countStatuses(api(), ads.ids), { canceled: 4 });
    assert.deepEqual(await countStatuses(api(), orders.ids), { scheduled: 4 });
    const history = await historyOf(user, ads.contactId);
    assert.deepEqual([history.optInStatus, history.marketingStopped], ['unknown', true]);
    assert.equal(history.marketingStoppedAt, new Date(Number(at) * 1_000).toISOString());
    const [entry] = history.entries;
    assert.deepEqual(
      {
        status: entry?.status,
        source: entry?.source,
        wording: entry?.wording,
        canceledCount: entry?.proof?.canceledCount,
      },
      { status: 'marketing-stopped', source: 'whatsapp', wording: 'By the person', canceledCount: 4 },
    );

    const unheard = phoneEndingIn('02');
    await hear(switched(unheard, { value: 'stop', at }));
    const made = await contactOf(user, unheard);
    assert.deepEqual([made?.marketingStopped, made?.whatsappId], [true, unheard.slice(1)]);
  });

  it('resume › clears the preference, never a STOP; out of order and repeated, the later one counts', async () => {
    const phone = phoneEndingIn('01');
    await hear(spoken(user, phone, 'STOP', { timestamp: secondsFromNow(-60) }));
    const stop = switched(phone, { value: 'stop', at: secondsFromNow(-50) });
    const resume = switched(phone, { value: 'resume', at: secondsFromNow(-40) });
    for (const body of [resume, stop, stop, resume]) await hear(body);
    const contact = await contactOf(user, phone);
    assert.deepEqual(
      {
        optInStatus: contact?.optInStatus,
        marketingStopped: contact?.marketingStopped,
        marketingStoppedAt: contact?.marketingStoppedAt,
      },
      { optInStatus: 'opted-out', marketingStopped: false, marketingStoppedAt: null },
    );
    assert.equal((await historyOf(user, contact?.id ?? '')).entries.length, 3);
  });

  it('an event that names only the account › every client with a number in it; other categories are ignored', async () => {
    const channel = await api()
      .collection('channels')
      .findOne({ clientId: new Types.ObjectId(user.clientId) });
    const wabaId = String(channel?.['wabaId']);
    const phone = phoneEndingIn('01');
    const at = secondsFromNow(-10);
    await hear(switched(phone, { value: 'stop', at, wabaId, category: 'calls' }));
    assert.deepEqual([await contactOf(user, phone), await lastEvent()], [undefined, ['done', undefined]]);
    const sharing = await api().signUp();
    await api()
      .collection('channels')
      .updateOne({ clientId: new Types.ObjectId(sharing.clientId) }, { $set: { wabaId } });
    await hear(switched(phone, { value: 'stop', at, wabaId }));
    for (const who of [user, sharing]) assert.equal((await contactOf(who, phone))?.marketingStopped, true);
  });

  it('STOP in capitals › has its effect; an unknown value › no effect, no dead letter, and listed for operators', async () => {
    const [shouting, unheard] = [phoneEndingIn('01'), phoneEndingIn('02')];
    await hear(switched(shouting, { value: 'STOP', at: secondsFromNow(-10) }));
    assert.equal((await contactOf(user, shouting))?.marketingStopped, true);
    for (const value of [null, '', 5, 'pause_for_a_week']) {
      await hear(switched(unheard, { value, at: secondsFromNow(-10) }));
      assert.deepEqual(await lastEvent(), ['done', undefined], JSON.stringify(value));
    }
    assert.equal(await contactOf(user, unheard), undefined);
    const word = { kind: 'preference', word: 'pause_for_a_week' };
    assert.equal(await api().collection('unknown_webhook_words').countDocuments(word), 1);
  });

  const bare = (phone: string, preference: object) => {
    const body = switched(phone, { value: 'stop', at: '0' });
    const [change] = body.entry[0]?.changes ?? [];
    assert.ok(change !== undefined);
    const value = { ...change.value, contacts: [{ wa_id: phone.slice(1) }], user_preferences: [preference] };
    return { ...body, entry: [{ ...body.entry[0], changes: [{ ...change, value }] }] };
  };

  it('stop with neither person, category nor time › no marketing to the person of contacts, from its arrival', async () => {
    const phone = phoneEndingIn('01');
    const ads = await makeWaiting(api(), user, { to: phone, count: 2, changes: { category: 'marketing' } });
    const before = Date.now();
    await hear(bare(phone, { value: 'stop' }));
    assert.deepEqual(await lastEvent(), ['done', undefined]);
    assert.deepEqual(await countStatuses(api(), ads.ids), { canceled: 2 });
    const stoppedAt = (await contactOf(user, phone))?.marketingStoppedAt ?? '';
    assert.ok(Date.parse(stoppedAt) >= before - 1_000 && Date.parse(stoppedAt) <= Date.now(), stoppedAt);
    await hear(bare(phone, { value: 'resume' }));
    assert.equal((await lastEvent())[0], 'dead');
    assert.equal((await contactOf(user, phone))?.marketingStopped, true);
    await hear(switched(phone, { value: 'resume', at: secondsFromNow(1) }));
    assert.equal((await contactOf(user, phone))?.marketingStopped, false);
  });

  it('an unknown account › kept and retried; an invalid person › a dead letter', async () => {
    const at = secondsFromNow(-10);
    await hear(switched(phoneEndingIn('01'), { value: 'stop', at, wabaId: 'unheard' }));
    assert.equal((await lastEvent())[0], 'parked');
    await hear(switched('+12', { value: 'stop', at }));
    assert.equal((await lastEvent())[0], 'dead');
  });

  it('131050 in a receipt › the same as the preference, and the message has failed', async () => {
    const phone = phoneEndingIn('01');
    const changes = { status: 'sent', category: 'marketing', providerMessageId: `wamid.${phone}` } as const;
    const { contactId, ids } = await makeWaiting(api(), user, { to: phone, count: 1, changes });
    const later = await makeWaiting(api(), user, { to: phone, count: 2, changes: { category: 'marketing' } });
    const errors = [{ code: 131_050, title: 'User has stopped marketing messages' }];
    const status = { id: changes.providerMessageId, status: 'failed', timestamp: secondsFromNow(-5), errors };
    // Without a running workflow the receipt is applied directly.
    await api().temporal.workflow.getHandle(`message:${ids[0]?.toHexString()}`).terminate();
    const body = statusesOf(user.phoneNumberId, [status]);
    await hear(body);
    await hear(body);
    const message = await api()
      .collection<MessageDoc>('messages')
      .findOne({ _id: ids[0] ?? assert.fail() });
    assert.deepEqual([message?.status, message?.failure?.code], ['failed', '131050']);
    assert.deepEqual(await countStatuses(api(), later.ids), { canceled: 2 });
    const history = await historyOf(user, contactId);
    assert.deepEqual([history.marketingStopped, history.entries.length], [true, 1]);
  });
});
