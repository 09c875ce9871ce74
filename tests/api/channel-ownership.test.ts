import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { newId, newSecret } from '../../src/platform/ids.ts';
import { knownFields } from '../../src/whatsapp/known-words.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { changeOf, envelopeOf, postSigned, textOf } from '../support/meta.ts';
import {
  connect,
  startStrictSandbox,
  viewOf,
  type CreatedChannel,
  type MetaNumber,
  type StrictSandbox,
} from '../support/ownership-stage.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { changedBetween, storedOf } from '../support/tenant-data.ts';

const secret = 'the app secret of these tests';
const person = '4915199000001';
const seconds = '1795430000';

/** A number, and the provider's id of a message that was sent by it. */
type Subject = Pick<MetaNumber, 'phoneNumberId' | 'wabaId'> & { readonly providerId: string };

/** Every webhook field that Meta documents, about one number and account. */
function bodiesAbout({
  phoneNumberId,
  wabaId,
  providerId,
}: Subject): Readonly<Record<string, readonly object[]>> {
  const metadata = { display_phone_number: '15550001000', phone_number_id: phoneNumberId };
  // Later than the check at connecting, whose limit would count otherwise.
  const time = Math.floor(Date.now() / 1_000) + 60;
  const account = (field: string, value: object) => ({
    object: 'whatsapp_business_account',
    entry: [{ id: wabaId, time, changes: [{ field, value }] }],
  });
  const ofNumber = (field: string, value: object) =>
    account(field, { messaging_product: 'whatsapp', metadata, ...value });
  const preference = {
    wa_id: person,
    category: 'marketing_messages',
    value: 'stop',
    timestamp: 1_795_430_000,
  };
  const template = {
    message_template_id: 4711,
    message_template_name: 'hello_world',
    message_template_language: 'en_US',
  };
  const echo = { from: '15550001000', to: person, id: `wamid.${newSecret(9)}`, timestamp: seconds };
  return {
    'messages with a message': [textOf(phoneNumberId, phoneEndingIn('34'), 'STOP', `wamid.${newSecret(9)}`)],
    'messages with statuses': ['delivered', 'read', 'failed'].map((status) =>
      envelopeOf(changeOf(phoneNumberId, { statuses: [{ id: providerId, status, timestamp: seconds }] })),
    ),
    'messages with an error': [
      envelopeOf(changeOf(phoneNumberId, { errors: [{ code: 131000, title: 'x' }] })),
    ],
    user_preferences: [
      ofNumber('user_preferences', { user_preferences: [preference] }),
      account('user_preferences', { user_preferences: [{ ...preference, wa_id: '4915199000002' }] }),
    ],
    user_id_update: [
      ofNumber('user_id_update', {
        user_id_update: [{ wa_id: person, user_id: { previous: 'DE.1', current: 'DE.2' }, timestamp: 1 }],
      }),
    ],
    message_template_status_update: ['PAUSED', 'APPROVED', 'DISABLED'].map((event) =>
      account('message_template_status_update', { ...template, event, reason: null }),
    ),
    message_template_quality_update: [
      account('message_template_quality_update', { ...template, new_quality_score: 'RED' }),
    ],
    template_category_update: [
      account('template_category_update', { ...template, new_category: 'MARKETING' }),
    ],
    message_template_components_update: [account('message_template_components_update', template)],
    phone_number_quality_update: [
      account('phone_number_quality_update', {
        ...{ display_phone_number: '15550001000', event: 'THROUGHPUT_UPGRADE' },
        max_daily_conversations_per_business: 'TIER_10K',
      }),
    ],
    business_capability_update: [
      account('business_capability_update', { max_daily_conversations_per_business: 250 }),
    ],
    account_update: [
      account('account_update', {
        event: 'ACCOUNT_RESTRICTION',
        restriction_info: [
          { restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING', expiration: 1_895_430_000 },
        ],
      }),
      account('account_update', { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } }),
      account('account_update', { event: 'ACCOUNT_DELETED' }),
      account('account_update', { event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SPAM' } }),
      account('account_update', { event: 'PARTNER_REMOVED' }),
    ],
    account_alerts: [
      account('account_alerts', { alert_info: { alert_severity: 'CRITICAL', alert_type: 'x' } }),
    ],
    account_review_update: [account('account_review_update', { decision: 'REJECTED' })],
    phone_number_name_update: [
      account('phone_number_name_update', {
        ...{ display_phone_number: '15550001000', decision: 'APPROVED', requested_verified_name: 'New' },
      }),
    ],
    security: [account('security', { display_phone_number: '15550001000', event: 'PIN_CHANGED' })],
    smb_message_echoes: [
      ofNumber('smb_message_echoes', { message_echoes: [{ ...echo, type: 'text', text: { body: 'Hi' } }] }),
    ],
    smb_app_state_sync: [
      ofNumber('smb_app_state_sync', {
        state_sync: [{ type: 'contact', contact: { full_name: 'Ana', phone_number: person }, action: 'add' }],
      }),
    ],
    history: [
      ofNumber('history', {
        history: [
          {
            metadata: { phase: 0, chunk_order: 1, progress: 100 },
            threads: [{ id: person, messages: [{ ...echo, type: 'text', text: { body: 'Old' } }] }],
          },
        ],
      }),
    ],
    calls: [
      ofNumber('calls', {
        calls: [{ id: 'wacid.1', from: person, to: '15550001000', event: 'connect', timestamp: seconds }],
      }),
    ],
    group_lifecycle_update: [
      ofNumber('group_lifecycle_update', { groups: [{ group_id: 'g', type: 'create' }] }),
    ],
    flows: [account('flows', { event: 'FLOW_STATUS_CHANGE', flow_id: '1' })],
    payment_configuration_update: [account('payment_configuration_update', { configuration_name: 'x' })],
    partner_solutions: [account('partner_solutions', { event: 'SOLUTION_CREATED', solution_id: '1' })],
    automatic_events: [ofNumber('automatic_events', { automatic_events: [{ id: 'x', event_name: 'Lead' }] })],
    business_username_update: [account('business_username_update', { username: 'x', status: 'approved' })],
    message_echoes: [
      ofNumber('message_echoes', { message_echoes: [{ ...echo, type: 'text', text: { body: 'Hi' } }] }),
    ],
    group_participants_update: [
      ofNumber('group_participants_update', {
        groups: [{ group_id: 'g', type: 'group_participants_add', added_participants: [{ wa_id: person }] }],
      }),
    ],
    group_settings_update: [
      ofNumber('group_settings_update', {
        groups: [{ group_id: 'g', type: 'group_settings_update', group_subject: { text: 'New' } }],
      }),
    ],
    group_status_update: [
      ofNumber('group_status_update', { groups: [{ group_id: 'g', type: 'group_suspend' }] }),
    ],
    account_settings_update: [
      account('account_settings_update', { phone_number_id: phoneNumberId, type: 'phone_number_settings' }),
    ],
    business_status_update: [
      account('business_status_update', { business_id: 'b', event: 'PARTNER_STATUS_CHANGE' }),
    ],
    template_correct_category_detection: [
      account('template_correct_category_detection', {
        ...{ ...template, category: 'UTILITY', correct_category: 'MARKETING' },
      }),
    ],
    messaging_handovers: [
      ofNumber('messaging_handovers', { sender: { wa_id: person }, control_passed: { metadata: 'x' } }),
    ],
    standby: [
      ofNumber('standby', { messages: [{ ...echo, from: person, type: 'text', text: { body: 'Hi' } }] }),
    ],
    tracking_events: [ofNumber('tracking_events', { events: [{ event_name: 'lead', tracking_data: {} }] })],
  };
}

describe('two businesses and one number', function () {
  this.timeout(120_000);
  const env: Record<string, string> = { WHATSAPP_APP_SECRETS: secret };
  let meta: StrictSandbox;
  before(async () => {
    meta = await startStrictSandbox();
    env['WHATSAPP_API_URL'] = meta.url;
  });
  const api = useApi('channel_ownership', { env });
  let processor: TestProcessor;
  let number: MetaNumber & Subject;
  let owner: CrmUser;
  let early: CrmUser;
  let late: CrmUser;
  /** The channels of the number: claimed before the owner came, owned, and claimed after. */
  let claimed: CreatedChannel;
  let owned: CreatedChannel;
  let claimedLater: CreatedChannel;

  before(async () => {
    processor = await startTestProcessor(api());
    [owner, early, late] = await Promise.all([api().signUp(), api().signUp(), api().signUp()]);
  });
  beforeEach(async () => {
    await api().collection('webhook_events').deleteMany({});
    number = { ...(await meta.addNumber()), providerId: `wamid.${newSecret(9)}` };
    const stolen = { accessToken: newSecret() };
    claimed = await connect(early, number, stolen);
    owned = await connect(owner, number);
    claimedLater = await connect(late, number, stolen);
    await Promise.all([
      addLeftovers(early, claimed),
      addLeftovers(owner, owned),
      addLeftovers(late, claimedLater),
    ]);
  });
  afterEach(() => {
    assert.deepEqual(processor.probe.takeViolations(), []);
  });
  after(async () => {
    await processor.close();
    await meta.stop();
  });

  const clientOf = ({ clientId }: CrmUser) => new Types.ObjectId(clientId);
  const dataOf = (user: CrmUser) => storedOf(api(), clientOf(user));

  /** What an event could change: a template of the same name, and a sent message with the provider's same id. */
  async function addLeftovers(user: CrmUser, { id }: CreatedChannel): Promise<void> {
    const clientId = clientOf(user);
    const channelId = new Types.ObjectId(id);
    const templates = api().collection('templates');
    const template = await templates.findOne({ clientId, name: 'hello_world' });
    await templates.insertOne({ ...template, _id: newId(), channelId });
    const { id: sentId } = await user.send({ to: phoneEndingIn('01'), channelId: user.channelId });
    const messages = api().collection<mongo.Document & { _id: Types.ObjectId }>('messages');
    const source = await messages.findOne({ _id: new Types.ObjectId(sentId) });
    // A copy has no workflow, so receipts are applied directly.
    await messages.insertOne({
      ...{ ...source, _id: newId(), channelId, status: 'sent', providerMessageId: number.providerId },
      dispatch: { attempt: 1, isCalling: false, attempts: [] },
    });
  }

  async function post(body: object): Promise<void> {
    const answer = await postSigned(`${api().url}/webhook/incoming`, body, secret);
    assert.equal(answer.status, 200, answer.text);
    await processor.drain();
  }

  it('claimed with a token that the provider refuses › unverified, and the owner is connected all the same', async () => {
    for (const [user, channel] of [
      [early, claimed],
      [late, claimedLater],
    ] as const) {
      const { ownership, verification, messagingLimit, throughput, portfolioId } = await viewOf(
        user,
        channel,
      );
      assert.deepEqual([ownership.state, ownership.reason], ['unverified', 'number-refused']);
      assert.match(String(ownership.detail), /refuses the access token for the number .* \(100\)/);
      assert.deepEqual([verification, messagingLimit, throughput, portfolioId], [null, null, null, null]);
    }
    const { ownership, messagingLimit } = await viewOf(owner, owned);
    assert.deepEqual([ownership.state, ownership.reason, ownership.detail], ['verified', null, null]);
    assert.equal(messagingLimit, 2_000);
  });

  /** The fields that change something today; the others are stored and have no effect on anybody. */
  const effective = [
    'messages with a message',
    'messages with statuses',
    'user_preferences',
    'message_template_status_update',
    'message_template_quality_update',
    'template_category_update',
    'message_template_components_update',
    'phone_number_quality_update',
    'business_capability_update',
    'account_update',
  ];

  it('every field that the product knows › is tried below', () => {
    const tried = Object.keys(bodiesAbout({ phoneNumberId: '', wabaId: '', providerId: '' })).map((name) =>
      name.replace(/ .*/, ''),
    );
    // `errors` comes without a number or account of its own: in `messages`, which is tried with an error.
    assert.deepEqual(new Set([...tried, 'errors']), knownFields);
  });

  for (const field of Object.keys(bodiesAbout({ phoneNumberId: '', wabaId: '', providerId: '' }))) {
    it(`${field} › the claimants get nothing and nothing of theirs changes; the owner gets everything`, async () => {
      const users = [early, late, owner];
      const before = await Promise.all(users.map(dataOf));
      for (const body of bodiesAbout(number)[field] ?? []) await post(body);
      const after = await Promise.all(users.map(dataOf));
      const [ofEarly, ofLate, ofOwner] = users.map((_user, index) =>
        changedBetween(before[index] ?? {}, after[index] ?? {}),
      );
      assert.deepEqual([ofEarly, ofLate], [[], []]);
      if (effective.includes(field)) assert.notDeepEqual(ofOwner, []);
      const open = await api()
        .collection('webhook_events')
        .countDocuments({ status: { $ne: 'done' } });
      assert.equal(open, 0, 'every event found its owner');
    });
  }

  it('a claim of the account with a number of one’s own › account events do not reach it', async () => {
    const own = await meta.addNumber();
    const channel = await connect(late, { ...own, wabaId: number.wabaId });
    // The token may not list the account's numbers; the number names the account that it is in.
    assert.equal(channel.ownership.reason, 'not-in-account');
    await meta.allow(number.wabaId, [number.accessToken, own.accessToken]);
    const { body } = await late.call<CreatedChannel>(`/api/channels/${channel.id}/verify`, {
      method: 'POST',
    });
    assert.equal(body.ownership.reason, 'not-in-account');
    const before = await dataOf(late);
    for (const [field, bodies] of Object.entries(bodiesAbout(number)))
      if (!field.startsWith('messages')) for (const event of bodies) await post(event);
    assert.deepEqual(changedBetween(before, await dataOf(late)), []);
  });

  it('claimed, and owned by nobody › its events go to nobody, and wait for an owner', async () => {
    const subject = { ...(await meta.addNumber()), providerId: `wamid.${newSecret(9)}` };
    await connect(early, subject, { accessToken: newSecret() });
    const before = await dataOf(early);
    for (const body of Object.values(bodiesAbout(subject)).flat()) await post(body);
    assert.deepEqual(changedBetween(before, await dataOf(early)), []);
    const waiting = await api()
      .collection('webhook_events')
      .countDocuments({ status: { $nin: ['done', 'dead'] } });
    assert.ok(waiting > 15, `${waiting} events wait`);
  });

  describe('the claimant’s own webhook address', () => {
    const postTo = async ({ webhookUrl }: CreatedChannel, body: object): Promise<void> => {
      const { pathname } = new URL(webhookUrl);
      const answer = await call(`${api().url}${pathname}`, { method: 'POST', json: body });
      assert.equal(answer.status, 200, answer.text);
      await processor.drain();
    };

    it('every field › changes nothing of the owner', async () => {
      const before = await dataOf(owner);
      for (const bodies of Object.values(bodiesAbout(number)))
        for (const body of bodies) await postTo(claimed, body);
      assert.deepEqual(changedBetween(before, await dataOf(owner)), []);
    });

    it('events of the account › change nothing of the claimant either', async () => {
      const before = await dataOf(early);
      const ofAccount = Object.values(bodiesAbout(number))
        .flat()
        .filter((body) => !JSON.stringify(body).includes('phone_number_id'));
      assert.ok(ofAccount.length > 15);
      for (const body of ofAccount) await postTo(claimed, body);
      assert.deepEqual(changedBetween(before, await dataOf(early)), []);
    });

    it('a message › is the claimant’s own, as anything else that it makes up', async () => {
      const wamid = `wamid.${newSecret(9)}`;
      await postTo(claimed, textOf(number.phoneNumberId, phoneEndingIn('35'), 'Hello', wamid));
      const stored = await api().collection('messages').find({ providerMessageId: wamid }).toArray();
      assert.deepEqual(
        stored.map(({ clientId, channelId }) => [String(clientId), String(channelId)]),
        [[early.clientId, claimed.id]],
      );
    });
  });

  it('sends, retries and templates of an unverified channel › 409 that says what is missing', async () => {
    const refused = await early.trySend({ to: phoneEndingIn('01'), channelId: claimed.id });
    const problem = refused.body as unknown as { code: string; detail: string };
    assert.deepEqual([refused.status, problem.code], [409, 'channel-unverified']);
    assert.match(problem.detail, /Check the id, or give the channel a token with access to the number/);
    const template = await early.call<{ code: string }>('/api/templates', {
      method: 'POST',
      body: {
        ...{ channelId: claimed.id, name: 'mine', language: 'en', category: 'utility' },
        components: [{ type: 'BODY', text: 'Hello there.' }],
      },
    });
    const sync = await early.call<{ code: string }>('/api/templates/sync', {
      method: 'POST',
      body: { channelId: claimed.id },
    });
    assert.deepEqual(
      [template, sync].map(({ status, body }) => `${status} ${body.code}`),
      ['409 channel-unverified', '409 channel-unverified'],
    );
    const sent = await owner.send({ to: phoneEndingIn('01'), channelId: owned.id });
    assert.equal(sent.channelId, owned.id);
  });
});
