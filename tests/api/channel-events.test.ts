import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { AuditEventDoc } from '../../src/audit/model.ts';
import type { ChannelEventView } from '../../src/channels/events/schemas.ts';
import type { ChannelView } from '../../src/channels/schemas.ts';
import { createUnknownWordRepository } from '../../src/webhooks/unknown-words/repository.ts';
import { listUnknownWords } from '../../src/webhooks/unknown-words/command.ts';
import { addColleague } from '../support/colleagues.ts';
import { useApi } from '../support/api.ts';
import { appSecret, postEvent } from '../support/consent.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

const dayMs = 24 * 60 * 60 * 1_000;

describe('api › events of a channel', function () {
  this.timeout(60_000);
  const api = useApi('channel-events', { env: { WHATSAPP_APP_SECRETS: appSecret } });
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

  const nowSeconds = () => Math.floor(Date.now() / 1_000);
  const accountEvent = (field: string, value: object, { owner = user, time = nowSeconds() } = {}) => ({
    object: 'whatsapp_business_account',
    entry: [{ id: `sandbox-${owner.clientId}`, time, changes: [{ field, value }] }],
  });
  const report = async (...bodies: readonly object[]) => {
    for (const body of bodies) await postEvent(api(), body);
    await processor.drain();
  };
  const eventsOf = async (owner = user, query = ''): Promise<ChannelEventView[]> => {
    const path = `/api/channels/${owner.channelId}/events${query}`;
    const { status, body } = await owner.call<{ items: ChannelEventView[] }>(path);
    assert.equal(status, 200);
    return body.items;
  };
  const channelOf = async (owner = user) =>
    (await owner.call<ChannelView>(`/api/channels/${owner.channelId}`)).body;
  const statusesOfIntake = async () =>
    (await api().collection('webhook_events').find({}).toArray()).map((event) => event['status']);

  it('WhatsApp schedules the disabling of the account › on the channel with its date, and in the audit', async () => {
    const inTwoDays = new Date(Math.floor((Date.now() + 2 * dayMs) / dayMs) * dayMs);
    const words = inTwoDays.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' });
    const value = {
      event: 'DISABLED_UPDATE',
      ban_info: { waba_ban_state: 'SCHEDULE_FOR_DISABLE', waba_ban_date: words },
    };
    const time = nowSeconds() - 60;
    await report(accountEvent('account_update', value, { time }));
    const { notices, state } = await channelOf();
    const [notice] = notices;
    assert.deepEqual(
      { ...notice, id: null, state },
      {
        id: null,
        field: 'account_update',
        word: 'DISABLED_UPDATE',
        severity: 'critical',
        effectiveAt: inTwoDays.toISOString(),
        at: new Date(time * 1_000).toISOString(),
        state: 'active',
      },
    );
    const [event] = await eventsOf();
    assert.deepEqual(event?.details, [
      { name: 'event', value: 'DISABLED_UPDATE' },
      { name: 'ban_info.waba_ban_state', value: 'SCHEDULE_FOR_DISABLE' },
      { name: 'ban_info.waba_ban_date', value: words },
    ]);
    const audited = await api()
      .collection<AuditEventDoc>('audit_events')
      .findOne({ 'target.id': new Types.ObjectId(user.channelId), action: 'channel.event-reported' });
    assert.deepEqual(
      { actor: audited?.actor, eventId: audited?.after?.['eventId'] },
      { actor: { type: 'provider' }, eventId: event?.id },
    );
    const listed = await user.call<{ items: ChannelView[] }>('/api/channels');
    assert.deepEqual(listed.body.items[0]?.notices, notices);
  });

  it('a violation, a decision, a name, a PIN, a capability, an alert, a word of tomorrow › all listed, newest first', async () => {
    const known = [
      ['account_update', { event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SPAM' } }],
      ['account_update', { event: 'PARTNER_REMOVED', waba_info: { waba_id: '1' } }],
      ['account_update', { event: 'VOLUME_BASED_PRICING_TIER_UPDATE', volume_tier_info: { tier: '0:1' } }],
      ['account_update', { event: 'A_WORD_OF_TOMORROW' }],
      ['account_review_update', { decision: 'REJECTED' }],
      ['account_alerts', { alert_info: { alert_type: 'OBA', alert_severity: 'CRITICAL' } }],
      ['phone_number_name_update', { decision: 'REJECTED', rejection_reason: 'NAME_NOT_CONSISTENT' }],
      ['security', { event: 'PIN_CHANGED', requester: '7' }],
      ['business_capability_update', { max_phone_numbers_per_business: 25 }],
      ['business_username_update', { username: 'doe', status: 'approved' }],
      ['payment_configuration_update', { configuration_name: 'x' }],
      ['partner_solutions', { event: 'SOLUTION_CREATED', solution_id: '1' }],
      ['flows', { event: 'FLOW_STATUS_CHANGE', new_status: 'BLOCKED' }],
      ['message_template_status_update', { message_template_name: 'none', event: 'FLAGGED', reason: 'x' }],
      ['a_field_of_tomorrow', { anything: [1, '2', null, true] }],
    ] as const;
    const start = nowSeconds() - 600;
    await report(
      ...known.map(([field, value], index) => accountEvent(field, value, { time: start + index })),
    );
    const events = await eventsOf();
    assert.deepEqual(
      events.map(({ field }) => field),
      known.map(([field]) => field).toReversed(),
    );
    assert.deepEqual(
      events[0]?.details.map(({ name }) => name),
      ['anything[0]', 'anything[1]', 'anything[2]', 'anything[3]'],
    );
    assert.equal((await channelOf()).notices.length, 5);
    assert.deepEqual(new Set(await statusesOfIntake()), new Set(['done']));
    const [newest, second] = await eventsOf(user, '?limit=2');
    assert.deepEqual([newest?.id, second?.id], [events[0]?.id, events[1]?.id]);
  });

  it('an error of the account or the application › an event of the number', async () => {
    const error = { code: 131000, title: 'Something went wrong', error_data: { details: 'Really' } };
    await report(envelopeOf(changeOf(user.phoneNumberId, { errors: [error] })));
    const [event] = await eventsOf();
    assert.deepEqual(
      [event?.field, event?.word, event?.severity, event?.details.at(-1)],
      ['errors', '131000', 'warning', { name: 'error_data.details', value: 'Really' }],
    );
  });

  it('the same event five times, also at once › one event and one audit entry', async () => {
    const body = accountEvent('security', { event: 'PIN_CHANGED' });
    for (let round = 0; round < 5; round += 1) await postEvent(api(), body);
    await Promise.all([processor.drain(), processor.drain()]);
    await processor.drain();
    assert.equal((await eventsOf()).length, 1);
    const target = { 'target.id': new Types.ObjectId(user.channelId), action: 'channel.event-reported' };
    assert.equal(await api().collection('audit_events').countDocuments(target), 1);
  });

  it('a body with 1,200 events, taken by two workers › each in the audit once, and the newest 1,000 are kept', async () => {
    const changes = Array.from({ length: 1_200 }, (_, index) => ({
      field: `field_${index}`,
      value: { a: 1 },
    }));
    const entry = [{ id: `sandbox-${user.clientId}`, time: nowSeconds(), changes }];
    const other = await startTestProcessor(api(), { leaseMs: 50 });
    try {
      await postEvent(api(), { object: 'whatsapp_business_account', entry });
      await Promise.all([processor.drain(), other.drain()]);
      await processor.drain();
      assert.deepEqual(other.probe.takeViolations(), []);
    } finally {
      await other.close();
    }
    const ofChannel = { channelId: new Types.ObjectId(user.channelId) };
    assert.equal(await api().collection('channel_events').countDocuments(ofChannel), 1_000);
    const target = { 'target.id': ofChannel.channelId, action: 'channel.event-reported' };
    assert.equal(await api().collection('audit_events').countDocuments(target), 1_200);
    assert.deepEqual(new Set(await statusesOfIntake()), new Set(['done']));
  });

  it('another business, and an account that nobody has › nothing of it, and nothing waits', async () => {
    const other = await api().signUp();
    await report(
      accountEvent('security', { event: 'PIN_CHANGED' }, { owner: other }),
      accountEvent('security', { event: 'PIN_CHANGED' }, { owner: { ...user, clientId: 'nobody' } }),
    );
    assert.deepEqual(await eventsOf(), []);
    assert.equal((await eventsOf(other)).length, 1);
    assert.deepEqual(await statusesOfIntake(), ['done', 'done']);
    const foreign = await other.call(`/api/channels/${user.channelId}/events`);
    assert.equal(foreign.status, 404);
  });

  it('an agent › 403: the events of an account are for admins', async () => {
    const agent = await addColleague(api(), user, 'agent');
    const path = `${api().url}/api/channels/${user.channelId}/events`;
    const answer = await fetch(path, { headers: { authorization: `Bearer ${agent.token}` } });
    assert.equal(answer.status, 403);
  });

  it('a time in the future › the time of receipt', async () => {
    await report(accountEvent('security', { event: 'PIN_CHANGED' }, { time: nowSeconds() + 86_400 }));
    const [event] = await eventsOf();
    assert.equal(event?.at, event?.createdAt);
  });

  it('names that the product does not know › counted, logged once, listed for operators', async () => {
    api().log.lines();
    await report(
      accountEvent('a_field_of_next_week', {}),
      accountEvent('a_field_of_next_week', { a: 1 }),
      accountEvent('account_update', { event: 'A_WORD_OF_NEXT_WEEK' }),
      accountEvent('+49 151 123 is no name', {}),
    );
    const lines: string[] = [];
    const words = createUnknownWordRepository(api().connection);
    await listUnknownWords({ words, print: (line) => lines.push(line) });
    const listed = lines.map((line) => line.split(/\s+/).slice(0, 2).join(' '));
    for (const name of ['field a_field_of_next_week', 'account-event A_WORD_OF_NEXT_WEEK', 'field other'])
      assert.ok(listed.includes(name), `${name} in ${listed.join(', ')}`);
    const logged = api()
      .log.lines()
      .filter(({ word }) => word === 'a_field_of_next_week');
    assert.equal(logged.length, 1);
    const counted = (await processor.metrics.render())
      .split('\n')
      .filter((line) => line.startsWith('crm_webhook_reports_total'));
    assert.ok(
      counted.some((line) => line.includes('field="other"')),
      counted.join('\n'),
    );
    assert.ok(!counted.some((line) => line.includes('next_week')));
  });
});
