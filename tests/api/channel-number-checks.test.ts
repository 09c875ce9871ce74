import assert from 'node:assert/strict';
import { captureLog } from '../support/logger.ts';
import { Types, type mongo } from 'mongoose';
import { createNumberChecks } from '../../src/channels/number-checks.ts';
import type { ChannelView } from '../../src/channels/schemas.ts';
import type { ChannelDoc } from '../../src/channels/store/model.ts';
import { createChannelRepository } from '../../src/channels/store/repository.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newId, newSecret } from '../../src/platform/ids.ts';
import type {
  AccountAnswer,
  MembershipAnswer,
  NumberAnswer,
  ProviderNumber,
} from '../../src/whatsapp/gateway.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const minuteMs = 60_000;
const busy = { code: 80007, httpStatus: 400, title: '', detail: '' };

describe('number checks', function () {
  this.timeout(60_000);
  const api = useApi('channel-number-checks');
  const worker = useWorkerCore(api);
  let user: CrmUser;
  let number: NumberAnswer;
  let account: AccountAnswer;
  let membership: MembershipAnswer;
  let asked: ProviderNumber[];
  let clock: ReturnType<typeof createFixedClock>;

  beforeEach(async () => {
    // Channels of earlier tests must not be due in this one.
    await api()
      .collection('channels')
      .updateMany({}, { $unset: { look: '' } });
    user = await api().signUp();
    number = {
      kind: 'described',
      number: { displayNumber: '+1 555-000-1000', messagingLimit: 2_000, throughput: 1_000 },
    };
    account = { kind: 'described', portfolioId: '4711' };
    membership = { kind: 'described', isMember: true };
    asked = [];
    clock = createFixedClock(new Date(Date.now() + 1_000));
  });

  /** As a worker has it, with a provider that answers what the test says. */
  const checks = () =>
    createNumberChecks({
      logger: captureLog().logger,
      channels: createChannelRepository(worker().mongo),
      directory: worker().channels,
      gateway: {
        describeNumber(given) {
          asked.push(given);
          return Promise.resolve(number);
        },
        describeAccount: () => Promise.resolve(account),
        findInAccount: () => Promise.resolve(membership),
      },
      audit: worker().audit,
      openings: worker().openings,
      clock,
    });

  async function connect(fields: object = {}): Promise<ChannelView> {
    const { status, body } = await user.call<ChannelView>('/api/channels', {
      method: 'POST',
      body: {
        displayNumber: '+15550001000',
        phoneNumberId: newId().toHexString(),
        wabaId: newId().toHexString(),
        accessToken: newSecret(),
        ...fields,
      },
    });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  }
  const view = async ({ id }: ChannelView): Promise<ChannelView> =>
    (await user.call<ChannelView>(`/api/channels/${id}`)).body;
  const stored = (id: string) =>
    api()
      .collection<ChannelDoc>('channels')
      .findOne({ _id: new Types.ObjectId(id) });
  async function minutesToNextCheck({ id }: ChannelView): Promise<number> {
    const at = (await stored(id))?.look?.at;
    return at === undefined ? Number.NaN : (at.getTime() - clock.now().getTime()) / minuteMs;
  }
  const limitsOf = ({ portfolioId, messagingLimit, throughput, sendsPerSecond }: ChannelView) => [
    ...[portfolioId, messagingLimit, throughput, sendsPerSecond],
  ];
  const audited = (id: string): Promise<mongo.Document[]> =>
    api()
      .collection('audit_events')
      .find({ 'target.id': new Types.ObjectId(id) })
      .sort({ _id: 1 })
      .toArray();
  it('a number that was connected just now › known after one check, without a person asking', async () => {
    const channel = await connect();
    assert.deepEqual(limitsOf(channel), [null, null, null, 80]);
    assert.equal(await checks().checkDue(), 1);
    assert.deepEqual([asked[0]?.phoneNumberId, asked[0]?.wabaId], [channel.phoneNumberId, channel.wabaId]);
    assert.deepEqual(limitsOf(await view(channel)), ['4711', 2_000, 1_000, 1_000]);
    assert.equal(await minutesToNextCheck(channel), 24 * 60);
    const events = await audited(channel.id);
    assert.deepEqual(
      events.map(({ action }) => String(action)),
      ['channel.created', 'channel.ownership-proved'],
    );
    assert.equal(events[1]?.['after']?.portfolioId, '4711');
    assert.equal(await checks().checkDue(), 0);
  });

  it('a lower rate of a person › stays', async () => {
    const channel = await connect({ sendsPerSecond: 20 });
    await checks().checkDue();
    assert.deepEqual(limitsOf(await view(channel)), ['4711', 2_000, 1_000, 20]);
  });

  it('the provider is away › connected all the same; asked again after 1, 2 minutes, then known', async () => {
    number = { kind: 'away', reason: 'ECONNREFUSED' };
    const channel = await connect();
    assert.equal(await checks().checkDue(), 1);
    assert.deepEqual(limitsOf(await view(channel)), [null, null, null, 80]);
    clock.advance(minuteMs - 1);
    assert.equal(await checks().checkDue(), 0);
    clock.advance(1);
    assert.equal(await checks().checkDue(), 1);
    clock.advance(2 * minuteMs);
    number = { kind: 'described', number: { displayNumber: '+1', messagingLimit: 250 } };
    account = { kind: 'refused', error: busy };
    assert.equal(await checks().checkDue(), 1);
    assert.deepEqual(limitsOf(await view(channel)), [null, 250, null, 80]);
    account = { kind: 'described', portfolioId: '4711' };
    clock.advance(4 * minuteMs);
    assert.equal(await checks().checkDue(), 1);
    assert.deepEqual(limitsOf(await view(channel)), ['4711', 250, null, 80]);
    assert.equal(await minutesToNextCheck(channel), 24 * 60);
  });

  it('refused for good › not asked again, until there is a new access token', async () => {
    number = { kind: 'refused', error: { code: 190, httpStatus: 401, title: '', detail: '' } };
    const channel = await connect();
    assert.equal(await checks().checkDue(), 1);
    assert.equal((await view(channel)).state, 'active');
    clock.advance(24 * 60 * minuteMs);
    assert.equal(await checks().checkDue(), 0);
    const body = { accessToken: newSecret() };
    await user.call(`/api/channels/${channel.id}`, { method: 'PATCH', body });
    number = { kind: 'described', number: { displayNumber: '+1' } };
    assert.equal(await checks().checkDue(), 1);
    assert.equal(asked[1]?.accessToken, body.accessToken);
    assert.equal((await view(channel)).portfolioId, '4711');
  });

  it('two rounds at once, in two workers › asked once', async () => {
    await connect();
    const rounds = await Promise.all([checks().checkDue(), checks().checkDue(), checks().checkDue()]);
    assert.equal(
      rounds.reduce((sum, checked) => sum + checked, 0),
      1,
    );
  });

  it('requested again during a check › checked once more', async () => {
    const channel = await connect();
    const channels = createChannelRepository(worker().mongo);
    const scope = { clientId: new Types.ObjectId(user.clientId) };
    const late = createNumberChecks({
      logger: captureLog().logger,
      ...{
        channels,
        directory: worker().channels,
        audit: worker().audit,
        openings: worker().openings,
        clock,
      },
      gateway: {
        async describeNumber() {
          await channels.requestNumberCheck(scope, new Types.ObjectId(channel.id), clock.now());
          return number;
        },
        describeAccount: () => Promise.resolve(account),
        findInAccount: () => Promise.resolve(membership),
      },
    });
    assert.equal(await late.checkDue(), 1);
    assert.equal(await checks().checkDue(), 1);
  });
});
