import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import type { ChannelView } from '../../src/channels/schemas.ts';
import type { ChannelDoc } from '../../src/channels/store/model.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { postSigned, textOf } from '../support/meta.ts';
import {
  checksOf,
  connect,
  startStrictSandbox,
  tryConnect,
  viewOf,
  type MetaNumber,
  type StrictSandbox,
} from '../support/ownership-stage.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const secret = 'the app secret of these tests';
const hourMs = 3_600_000;

describe('claims of a number', function () {
  this.timeout(120_000);
  const env: Record<string, string> = { WHATSAPP_APP_SECRETS: secret };
  let meta: StrictSandbox;
  before(async () => {
    meta = await startStrictSandbox();
    env['WHATSAPP_API_URL'] = meta.url;
  });
  const api = useApi('channel_claims', { env });
  const worker = useWorkerCore(api);
  let processor: TestProcessor;
  let number: MetaNumber;
  let first: CrmUser;
  let second: CrmUser;
  let clock: ReturnType<typeof createFixedClock>;
  let checks: ReturnType<typeof checksOf>;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    // Checks that earlier tests have left must not be due in this one.
    await channels().updateMany({}, { $unset: { look: '' } });
    await api().collection('webhook_events').deleteMany({});
    number = await meta.addNumber();
    [first, second] = await Promise.all([api().signUp(), api().signUp()]);
    clock = createFixedClock(new Date(Date.now() + 1_000));
    checks = checksOf(worker(), { url: meta.url, clock });
  });
  afterEach(async () => {
    assert.deepEqual(processor.probe.takeViolations(), []);
    await checks.close();
    await meta.behave({ expiredTokens: [], nextErrors: [] });
  });
  after(async () => {
    await processor.close();
    await meta.stop();
  });

  const channels = () => api().collection<ChannelDoc>('channels');
  const ownershipOf = async (user: CrmUser, channel: Pick<ChannelView, 'id'>) => {
    const { ownership } = await viewOf(user, channel);
    return ownership.reason ?? ownership.state;
  };
  const actionsOn = async ({ id }: Pick<ChannelView, 'id'>): Promise<string[]> =>
    (await api().auditOf(id)).map(
      ({ action, actor }) => `${String(action)} by ${String((actor as mongo.Document)['type'])}`,
    );
  /** A token of one’s own for the number: the account has let this business in as well. */
  async function sharedWith(): Promise<MetaNumber> {
    const accessToken = newSecret();
    await meta.allow(number.wabaId, [number.accessToken, accessToken]);
    return { ...number, accessToken };
  }
  const verify = (user: CrmUser, { id }: Pick<ChannelView, 'id'>) =>
    user.call<ChannelView>(`/api/channels/${id}/verify`, { method: 'POST' });
  const patch = (user: CrmUser, { id }: Pick<ChannelView, 'id'>, body: object) =>
    user.call<ChannelView>(`/api/channels/${id}`, { method: 'PATCH', body });
  async function receive(text: string): Promise<void> {
    const body = textOf(number.phoneNumberId, phoneEndingIn('34'), text, `wamid.${newSecret(9)}`);
    assert.equal((await postSigned(`${api().url}/webhook/incoming`, body, secret)).status, 200);
    await processor.drain();
  }
  const inboundOf = ({ clientId }: CrmUser): Promise<number> =>
    api()
      .collection('messages')
      .countDocuments({ clientId: new Types.ObjectId(clientId), direction: 'inbound' });
  /** The API and the workers cache channels for a second. */
  const cachesExpire = () => new Promise((resolve) => setTimeout(resolve, 1_100));

  describe('another business owns the number', () => {
    it('its token is refused › the claimant takes it over; the other sees why, and its events stop', async () => {
      const lost = await connect(first, number);
      await receive('before');
      const rightful = { ...number, accessToken: newSecret() };
      await meta.allow(number.wabaId, [rightful.accessToken]);
      const taken = await connect(second, rightful);
      assert.equal(taken.ownership.state, 'verified');
      const { ownership, state, verification, messagingLimit } = await viewOf(first, lost);
      assert.deepEqual([ownership.state, ownership.reason], ['unverified', 'taken-over']);
      assert.match(String(ownership.detail), /^Another business has proved .* \(100\)\.$/);
      assert.ok(!JSON.stringify(ownership).includes(second.clientId));
      assert.deepEqual([state, verification, messagingLimit], ['active', null, null]);
      assert.equal((await actionsOn(lost)).at(-1), 'channel.ownership-lost by system');
      await cachesExpire();
      await receive('after');
      assert.deepEqual([await inboundOf(first), await inboundOf(second)], [1, 1]);
      const refused = await first.trySend({ to: phoneEndingIn('01'), channelId: lost.id });
      assert.equal(refused.status, 409);
    });

    it('both prove it › 409 without a name; the first keeps it, and nothing of the second is stored', async () => {
      const kept = await connect(first, number);
      const refused = await tryConnect(second, await sharedWith());
      assert.deepEqual([refused.status, refused.body.code], [409, 'already-exists']);
      assert.match(
        String(refused.body.detail),
        /connected already, and the access token of that channel works/,
      );
      assert.ok(!JSON.stringify(refused.body).includes(first.clientId));
      assert.equal(await ownershipOf(first, kept), 'verified');
      assert.equal(await channels().countDocuments({ phoneNumberId: number.phoneNumberId }), 1);
    });

    it('both prove it, and the claim was stored before › unverified, and yours once the other is gone', async () => {
      const claimed = await connect(second, { ...number, accessToken: newSecret() });
      const kept = await connect(first, number);
      const { accessToken } = await sharedWith();
      assert.equal((await patch(second, claimed, { accessToken })).body.ownership.reason, 'held-by-another');
      assert.equal((await verify(second, claimed)).body.ownership.reason, 'held-by-another');
      assert.equal((await first.call(`/api/channels/${kept.id}`, { method: 'DELETE' })).status, 204);
      assert.equal((await verify(second, claimed)).body.ownership.state, 'verified');
      assert.equal((await actionsOn(claimed)).at(-1), 'channel.verified by user');
    });

    it('it cannot be asked now › undecided: the claim waits, and the next check decides', async () => {
      await connect(first, number);
      const rightful = await sharedWith();
      // The sandbox counts the management calls of the account: two are left for the claimant, none for the owner.
      await meta.behave({ managementCallsPerHour: 6 });
      const waiting = await connect(second, rightful);
      assert.equal(waiting.ownership.reason, 'provider-away');
      await meta.behave({ managementCallsPerHour: null });
      await meta.allow(number.wabaId, [rightful.accessToken]);
      clock.advance(hourMs);
      await api().collection('management_limits').deleteMany({});
      assert.equal(await checks.checkDue(), 1);
      assert.equal(await ownershipOf(second, waiting), 'verified');
      assert.equal((await actionsOn(waiting)).at(-1), 'channel.ownership-proved by system');
    });

    it('stored by the previous version during an update › reserves the number, but yields to a proof', async () => {
      const old = await connect(first, { ...number, accessToken: newSecret() });
      await channels().updateOne({ _id: new Types.ObjectId(old.id) }, { $unset: { ownership: '' } });
      const { ownership } = await connect(second, number);
      assert.equal(ownership.state, 'verified');
      assert.equal(await ownershipOf(first, old), 'not-checked');
    });
  });

  describe('at the same moment', () => {
    it('ten businesses with a proof each › one owner, nine times 409', async () => {
      const users = await Promise.all(Array.from({ length: 10 }, () => api().signUp()));
      const answers = await Promise.all(users.map((user) => tryConnect(user, number)));
      const owners = answers.filter(({ body }) => body.ownership?.state === 'verified');
      assert.equal(owners.length, 1);
      const stored = await channels()
        .find({ phoneNumberId: number.phoneNumberId, 'ownership.state': 'verified' })
        .toArray();
      assert.equal(stored.length, 1);
      for (const { status, body } of answers)
        assert.ok(
          status === 409 || body.ownership.state === 'verified' || body.ownership.reason === 'provider-away',
        );
    });

    it('claims that prove themselves at once, in the API and two workers › one owner', async () => {
      const users = await Promise.all(Array.from({ length: 4 }, () => api().signUp()));
      const claimed = await Promise.all(
        users.map((user) => connect(user, { ...number, accessToken: newSecret() })),
      );
      const tokens = users.map(() => newSecret());
      await meta.allow(number.wabaId, tokens);
      await Promise.all([
        ...users.map((user, index) =>
          patch(user, claimed[index] ?? { id: '' }, { accessToken: tokens[index] }),
        ),
        checks.checkDue(),
        checks.checkDue(),
      ]);
      const states = await Promise.all(
        users.map((user, index) => ownershipOf(user, claimed[index] ?? { id: '' })),
      );
      assert.equal(states.filter((state) => state === 'verified').length, 1, states.join());
    });
  });

  describe('a token that loses its access', () => {
    it('refused for 72 hours › unverified, audited; a new token › verified again, and held messages go', async () => {
      const channel = await connect(first, number);
      await meta.allow(number.wabaId, []);
      clock.advance(24 * hourMs);
      assert.equal(await checks.checkDue(), 1);
      const { ownership } = await viewOf(first, channel);
      assert.equal(ownership.state, 'verified');
      assert.equal(Date.parse(String(ownership.endsAt)), clock.now().getTime() + 72 * hourMs);
      for (const hours of [24, 24, 24]) {
        clock.advance(hours * hourMs);
        assert.equal(await checks.checkDue(), 1);
      }
      assert.equal(await ownershipOf(first, channel), 'number-refused');
      assert.equal((await actionsOn(channel)).at(-1), 'channel.ownership-lost by system');
      assert.equal(await checks.checkDue(), 0);
      const accessToken = newSecret();
      await meta.allow(number.wabaId, [accessToken]);
      assert.equal((await patch(first, channel, { accessToken })).body.ownership.state, 'verified');
      const openings = await api()
        .collection('gate_openings')
        .find({ channelId: new Types.ObjectId(channel.id), gate: 'channel' })
        .toArray();
      assert.equal(openings.length, 1);
    });

    it('the provider is busy or away for a month › stays verified', async () => {
      const channel = await connect(first, number);
      await meta.behave({ managementCallsPerHour: 0 });
      for (let day = 0; day < 30; day += 1) {
        clock.advance(24 * hourMs);
        await checks.checkDue();
      }
      await meta.behave({ managementCallsPerHour: null });
      assert.equal(await ownershipOf(first, channel), 'verified');
      assert.equal((await viewOf(first, channel)).ownership.endsAt, null);
    });

    it('proved every day › no change and no audit event, only the time', async () => {
      const channel = await connect(first, number);
      const before = await first.call(`/api/channels/${channel.id}`);
      clock.advance(24 * hourMs);
      assert.equal(await checks.checkDue(), 1);
      const after = await first.call<ChannelView>(`/api/channels/${channel.id}`);
      assert.equal(after.headers.get('etag'), before.headers.get('etag'));
      assert.equal(after.body.ownership.checkedAt, clock.now().toISOString());
      assert.deepEqual(await actionsOn(channel), ['channel.created by user']);
    });
  });

  describe('a new token', () => {
    it('refused › unverified at once; the right one › verified', async () => {
      const channel = await connect(first, number);
      const wrong = await patch(first, channel, { accessToken: newSecret() });
      assert.deepEqual([wrong.status, wrong.body.ownership.reason], [200, 'number-refused']);
      const right = await patch(first, channel, { accessToken: number.accessToken });
      assert.equal(right.body.ownership.state, 'verified');
    });

    it('the provider is busy › still verified, until the check refuses it', async () => {
      const channel = await connect(first, number);
      const { accessToken } = await sharedWith();
      await meta.behave({ managementCallsPerHour: 0 });
      const kept = await patch(first, channel, { accessToken });
      assert.equal(kept.body.ownership.state, 'verified');
      await meta.behave({ managementCallsPerHour: null });
      await meta.allow(number.wabaId, [number.accessToken]);
      await api().collection('management_limits').deleteMany({});
      clock.advance(hourMs);
      assert.equal(await checks.checkDue(), 1);
      assert.equal(await ownershipOf(first, channel), 'number-refused');
    });

    it('the ids › cannot be changed', async () => {
      const channel = await connect(first, number);
      for (const body of [{ phoneNumberId: '1' }, { wabaId: '1' }, { ownership: { state: 'verified' } }])
        assert.equal((await patch(first, channel, body)).status, 400);
    });
  });

  describe('the provider is away at connecting', () => {
    it('connected, unverified; events wait, and arrive once the check has proved it', async () => {
      await meta.behave({ managementCallsPerHour: 0 });
      const channel = await connect(first, number);
      assert.equal(channel.ownership.reason, 'provider-away');
      assert.match(String(channel.ownership.detail), /asked again soon/);
      const refused = await first.trySend({ to: phoneEndingIn('01'), channelId: channel.id });
      assert.equal((refused.body as unknown as { code: string }).code, 'channel-unverified');
      await receive('early');
      assert.equal(await inboundOf(first), 0);
      await meta.behave({ managementCallsPerHour: null });
      await api().collection('management_limits').deleteMany({});
      assert.equal(await checks.checkDue(), 1);
      assert.equal(await ownershipOf(first, channel), 'verified');
      await cachesExpire();
      await processor.drain();
      assert.equal(await inboundOf(first), 1);
    });
  });

  it('the sandbox channel of a new business › verified from the start, and sends', async () => {
    const channel = await viewOf(first, { id: first.channelId });
    assert.equal(channel.ownership.state, 'verified');
    assert.equal((await first.send({ to: phoneEndingIn('01') })).channelId, first.channelId);
  });
});
