import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import type { ChannelDoc } from '../../src/channels/store/model.ts';
import { createChannelPauses } from '../../src/channels/pauses.ts';
import { createChannelRepository } from '../../src/channels/store/repository.ts';
import type { Refusal } from '../../src/channels/rules.ts';
import type { ChannelView } from '../../src/channels/schemas.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { HealthAnswer, Sender } from '../../src/whatsapp/gateway.ts';
import type { AccountItem } from '../../src/whatsapp/number-events.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { captureLog, type CapturedLog } from '../support/logger.ts';
import { useWorkerCore } from '../support/worker-core.ts';

const minuteMs = 60_000;
const refusal: Refusal = {
  class: 'sender',
  code: '131042',
  reason: 'There is a payment problem, 131042. Add a payment method.',
};

describe('pauses of channels by the provider', function () {
  this.timeout(60_000);
  const api = useApi('channel-pauses');
  const worker = useWorkerCore(api);
  let user: CrmUser;
  let answer: HealthAnswer;
  let asked: Sender[];
  let clock: ReturnType<typeof createFixedClock>;
  let log: CapturedLog;

  beforeEach(async () => {
    // Health checks left by earlier tests must not be due in this one.
    await api()
      .collection('channels')
      .updateMany({}, { $unset: { pause: '' } });
    user = await api().signUp();
    answer = { kind: 'available' };
    asked = [];
    log = captureLog();
    clock = createFixedClock(new Date(Math.floor(Date.now() / 1_000) * 1_000));
  });

  /** As in a worker, with a provider that answers as the test says. */
  const pauses = () =>
    createChannelPauses({
      channels: createChannelRepository(worker().mongo),
      directory: worker().channels,
      gateway: {
        checkHealth(sender) {
          asked.push(sender);
          return Promise.resolve(answer);
        },
      },
      audit: worker().audit,
      openings: worker().openings,
      clock,
      logger: log.logger,
    });
  const scope = () => scopeOf(new Types.ObjectId(user.clientId));
  const channelId = () => new Types.ObjectId(user.channelId);
  const refuse = (changes: Partial<Refusal> = {}) =>
    pauses().pauseByProvider(scope(), channelId(), { ...refusal, ...changes });
  const view = async (): Promise<ChannelView> => {
    const { status, body } = await user.call<ChannelView>(`/api/channels/${user.channelId}`);
    assert.equal(status, 200);
    return body;
  };
  const set = (update: mongo.UpdateFilter<ChannelDoc>) =>
    api().collection<ChannelDoc>('channels').updateOne({ _id: channelId() }, update);
  const auditActions = async (): Promise<string[]> => {
    const events = await api()
      .collection('audit_events')
      .find({ 'target.id': channelId() })
      .sort({ _id: 1 })
      .toArray();
    return events.map(
      ({ action, actor }) => `${String(action)} by ${String((actor as mongo.Document)['type'])}`,
    );
  };
  const openings = () => api().collection('gate_openings').find({ channelId: channelId() }).toArray();
  const inMinutes = (minutes: number) => new Date(clock.now().getTime() + minutes * minuteMs).toISOString();
  const request = async (what: 'pause' | 'resume'): Promise<ChannelView> => {
    const { status, body } = await user.call<ChannelView>(`/api/channels/${user.channelId}/${what}`, {
      method: 'POST',
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  it('paused and resumed › each is logged once, with client, channel, class and code', async () => {
    await refuse();
    await refuse({ code: '131031' });
    clock.advance(minuteMs);
    await pauses().checkDue();
    const shown = log
      .lines()
      .map(({ level, message, clientId, channelId: of, code }) => ({ level, message, clientId, of, code }));
    const ofChannel = { clientId: user.clientId, of: user.channelId };
    assert.deepEqual(shown, [
      { level: 'warn', message: 'channel stopped by the product', ...ofChannel, code: '131042' },
      { level: 'info', message: 'channel can send again', ...ofChannel, code: null },
    ]);
  });

  describe('a refused call', () => {
    it('an active channel › paused with the reason, shown and audited', async () => {
      await refuse();
      const { state, stateReason, pause } = await view();
      assert.deepEqual([state, stateReason], ['paused', refusal.reason]);
      const since = clock.now().toISOString();
      assert.deepEqual(pause, {
        ...{ class: 'sender', code: '131042', since, until: null, nextCheckAt: inMinutes(1), relapses: 0 },
      });
      assert.deepEqual(await auditActions(), ['channel.paused-by-provider by system']);
      assert.deepEqual(await openings(), []);
    });

    it('a second one, even at the same moment › the first reason stays, one audit event', async () => {
      await Promise.all([refuse(), refuse(), refuse()]);
      await refuse({ class: 'credentials', code: '190', reason: 'Another' });
      const { stateReason, pause } = await view();
      assert.deepEqual([stateReason, pause?.code], [refusal.reason, '131042']);
      assert.equal((await auditActions()).length, 1);
    });

    it('a channel that a person has paused, or that is disconnected › stays as it is', async () => {
      await request('pause');
      await refuse();
      assert.deepEqual([(await view()).pause, (await view()).stateReason], [null, 'Paused by an admin.']);
      await set({ $set: { state: 'disconnected' } });
      await refuse();
      assert.equal((await view()).state, 'disconnected');
      assert.deepEqual(await auditActions(), ['channel.paused by user']);
    });
  });

  describe('health checks', () => {
    it('before its time › nobody is asked', async () => {
      await refuse();
      clock.advance(minuteMs - 1);
      assert.equal(await pauses().checkDue(), 0);
      assert.deepEqual(asked, []);
    });

    it('available › active again, audited, with an opening for waiting messages in the same transaction', async () => {
      await refuse();
      clock.advance(minuteMs);
      assert.equal(await pauses().checkDue(), 1);
      assert.deepEqual([asked.length, asked[0]?.phoneNumberId], [1, user.phoneNumberId]);
      const { state, stateReason, pause } = await view();
      assert.deepEqual({ state, stateReason, pause }, { state: 'active', stateReason: null, pause: null });
      assert.equal((await auditActions()).at(-1), 'channel.resumed-by-provider by system');
      const [opening, ...others] = await openings();
      assert.deepEqual([opening?.['gate'], String(opening?.['clientId'])], ['channel', user.clientId]);
      assert.deepEqual(others, []);
      clock.advance(60 * minuteMs);
      assert.equal(await pauses().checkDue(), 0);
    });

    it('the opening cannot be stored › the channel stays paused', async () => {
      await refuse();
      clock.advance(minuteMs);
      const failing = createChannelPauses({
        ...{ channels: createChannelRepository(worker().mongo), directory: worker().channels },
        ...{ gateway: { checkHealth: () => Promise.resolve(answer) }, audit: worker().audit, clock },
        openings: { opened: () => Promise.reject(new Error('the disk is full')) },
        logger: log.logger,
      });
      await assert.rejects(failing.checkDue(), /disk is full/);
      assert.equal((await view()).state, 'paused');
      assert.deepEqual(await auditActions(), ['channel.paused-by-provider by system']);
      // The next round succeeds.
      clock.advance(2 * minuteMs);
      assert.equal(await pauses().checkDue(), 1);
      assert.deepEqual([(await view()).state, (await openings()).length], ['active', 1]);
    });

    it('refused for lost access › a number check is due, which decides about the ownership; once', async () => {
      await refuse({ class: 'credentials', code: '190' });
      clock.advance(minuteMs);
      answer = { kind: 'refused', error: { code: 190, httpStatus: 401, title: '', detail: '' } };
      const look = async () =>
        (await api().collection<ChannelDoc>('channels').findOne({ _id: channelId() }))?.look?.at;
      assert.equal(await look(), undefined);
      await pauses().checkDue();
      assert.deepEqual(await look(), clock.now());
      await set({ $set: { 'ownership.refusedSince': clock.now() }, $unset: { look: '' } });
      clock.advance(2 * minuteMs);
      await pauses().checkDue();
      assert.equal(await look(), undefined);
      answer = { kind: 'away', reason: 'ECONNREFUSED' };
      await set({ $unset: { 'ownership.refusedSince': '' } });
      clock.advance(4 * minuteMs);
      await pauses().checkDue();
      assert.equal(await look(), undefined);
    });

    it('two rounds at once, in two workers › the provider is asked once', async () => {
      await refuse();
      clock.advance(minuteMs);
      const rounds = await Promise.all([pauses().checkDue(), pauses().checkDue(), pauses().checkDue()]);
      assert.equal(
        rounds.reduce((sum, checked) => sum + checked, 0),
        1,
      );
      assert.equal(asked.length, 1);
      assert.equal((await openings()).length, 1);
    });

    for (const given of [
      { kind: 'blocked' },
      { kind: 'silent' },
      { kind: 'away', reason: 'no answer' },
      { kind: 'refused', error: { code: 190, title: 'No', detail: '' } },
    ] as const) {
      it(`${given.kind} › paused still, and checked ever more rarely, to a quarter of an hour`, async () => {
        answer = given;
        await refuse();
        for (const minutes of [2, 4, 8, 15, 15]) {
          clock.advance(Date.parse((await view()).pause?.nextCheckAt ?? '') - clock.now().getTime());
          assert.equal(await pauses().checkDue(), 1);
          assert.equal((await view()).pause?.nextCheckAt, inMinutes(minutes));
          assert.equal(await pauses().checkDue(), 0);
        }
        assert.equal((await view()).state, 'paused');
        assert.deepEqual(await auditActions(), ['channel.paused-by-provider by system']);
        assert.deepEqual(await openings(), []);
      });
    }

    it('available each time, and calls are refused again › waits 1, 2, 4 … 60 minutes, until a person resumes it', async () => {
      for (const [relapses, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
        await refuse();
        const { stateReason, pause } = await view();
        assert.deepEqual([pause?.relapses, pause?.nextCheckAt], [relapses, inMinutes(minutes)]);
        assert.equal(stateReason?.includes(`(${relapses} in a row)`), relapses > 0);
        clock.advance(minutes * minuteMs - 1);
        assert.equal(await pauses().checkDue(), 0);
        clock.advance(1);
        assert.equal(await pauses().checkDue(), 1);
        assert.deepEqual([(await view()).state, (await view()).stateReason], ['active', null]);
      }
      assert.equal(asked.length, 8);
      await refuse();
      await request('resume');
      await refuse();
      assert.deepEqual(
        [(await view()).pause?.relapses, (await view()).pause?.nextCheckAt],
        [0, inMinutes(1)],
      );
    });

    it('well for an hour, then refused › checked in a minute again', async () => {
      for (const relapses of [0, 1]) {
        await refuse();
        assert.equal((await view()).pause?.relapses, relapses);
        clock.advance(2 * minuteMs);
        assert.equal(await pauses().checkDue(), 1);
      }
      clock.advance(60 * minuteMs);
      await refuse();
      assert.deepEqual(
        [(await view()).pause?.relapses, (await view()).pause?.nextCheckAt],
        [0, inMinutes(1)],
      );
    });

    it('a false “available” followed by “blocked” › checked after its long interval each time', async () => {
      for (let times = 0; times < 5; times += 1) {
        await refuse();
        clock.advance(2 ** times * minuteMs);
        assert.equal(await pauses().checkDue(), 1);
      }
      answer = { kind: 'blocked' };
      await refuse();
      for (let checks = 0; checks < 2; checks += 1) {
        assert.equal((await view()).pause?.nextCheckAt, inMinutes(32));
        clock.advance(32 * minuteMs);
        assert.equal(await pauses().checkDue(), 1);
      }
      assert.equal((await view()).state, 'paused');
    });

    it('a pause with an end › no check before it, one right at its end', async () => {
      const until = new Date(clock.now().getTime() + 60 * minuteMs);
      await refuse({ until });
      assert.equal((await view()).pause?.until, until.toISOString());
      clock.advance(60 * minuteMs - 1);
      assert.equal(await pauses().checkDue(), 0);
      clock.advance(1);
      assert.equal(await pauses().checkDue(), 1);
      assert.equal((await view()).state, 'active');
    });
  });

  describe('a person', () => {
    it('a new access token › the check is due now; the call that works resumes it', async () => {
      await refuse({ class: 'credentials', code: '190' });
      answer = { kind: 'silent' };
      const accessToken = newSecret();
      const patched = await user.call<ChannelView>(`/api/channels/${user.channelId}`, {
        ...{ method: 'PATCH', body: { accessToken } },
      });
      assert.equal(patched.status, 200);
      assert.ok(Date.parse(patched.body.pause?.nextCheckAt ?? '') <= Date.now());
      clock.advance(10_000);
      assert.equal(await pauses().checkDue(), 1);
      assert.equal(asked[0]?.accessToken, accessToken);
      assert.equal((await view()).state, 'active');
    });

    it('a new access token while the account is the reason › the check stays where it is', async () => {
      await refuse();
      const { pause } = await view();
      const body = { accessToken: newSecret() };
      await user.call(`/api/channels/${user.channelId}`, { method: 'PATCH', body });
      assert.deepEqual((await view()).pause, pause);
    });

    it('pauses what the provider has paused › it is not checked any more, and stays', async () => {
      await refuse();
      assert.deepEqual(
        [(await request('pause')).pause, (await view()).stateReason],
        [null, 'Paused by an admin.'],
      );
      clock.advance(60 * minuteMs);
      assert.equal(await pauses().checkDue(), 0);
      assert.equal((await view()).state, 'paused');
    });

    it('resumes a channel that the provider has paused › active, with an opening; the next refusal pauses it again', async () => {
      await refuse();
      const { state, stateReason, pause } = await request('resume');
      assert.deepEqual([state, stateReason, pause], ['active', null, null]);
      assert.equal((await openings()).length, 1);
      await refuse({ code: '368' });
      assert.equal((await view()).pause?.code, '368');
    });

    it('resumes an active one › nothing opens', async () => {
      await request('resume');
      assert.deepEqual([await openings(), await auditActions()], [[], []]);
    });
  });

  describe('account events of the provider', () => {
    const apply = async (event: AccountItem['event'], atMs: number | null = null) => {
      const channel = await worker().channels.findFresh(scope(), channelId());
      assert.ok(channel);
      await pauses().applyAccountItem({ kind: 'account', wabaId: channel.wabaId, atMs, event }, [channel]);
    };

    it('its limit › stored and shown; repeated, no change; without limit, cleared', async () => {
      await apply({ type: 'messaging-limit', limit: 2_000 });
      await apply({ type: 'messaging-limit', limit: 2_000 });
      assert.equal((await view()).messagingLimit, 2_000);
      assert.deepEqual(await auditActions(), ['channel.account-messaging-limit by system']);
      await apply({ type: 'messaging-limit', limit: null });
      assert.equal((await view()).messagingLimit, null);
    });

    it('a number event › a new lookup, no change of the channel', async () => {
      const stored = () => api().collection<ChannelDoc>('channels').findOne({ _id: channelId() });
      const before = await stored();
      await apply({ type: 'number-changed' });
      const after = await stored();
      assert.deepEqual([after?.look, after?.version], [{ at: clock.now(), tries: 0 }, before?.version]);
      assert.deepEqual(await auditActions(), []);
    });

    it('a limit older than the known one › ignored as late', async () => {
      await apply({ type: 'messaging-limit', limit: 1_000 }, 2_000);
      await apply({ type: 'messaging-limit', limit: 10_000 }, 1_000);
      assert.equal((await view()).messagingLimit, 1_000);
      await apply({ type: 'messaging-limit', limit: 100_000 }, 3_000);
      assert.equal((await view()).messagingLimit, 100_000);
    });

    it('blocked › paused until then, with the reason', async () => {
      const until = new Date(clock.now().getTime() + 60 * minuteMs);
      await apply({ type: 'blocked', word: 'RESTRICTED_BIZ_INITIATED', until });
      const { state, stateReason, pause } = await view();
      assert.equal(state, 'paused');
      assert.match(stateReason ?? '', /RESTRICTED_BIZ_INITIATED/);
      assert.deepEqual([pause?.code, pause?.until], ['RESTRICTED_BIZ_INITIATED', until.toISOString()]);
      await apply({ type: 'blocked', word: 'DISABLED' });
      assert.equal((await view()).pause?.code, 'RESTRICTED_BIZ_INITIATED');
    });

    it('restricted to answers › active, shown and audited; reinstated or resumed › removed, with an opening for waiting messages', async () => {
      const until = new Date(clock.now().getTime() + 60 * minuteMs);
      const code = 'RESTRICTED_BIZ_INITIATED_MESSAGING';
      const restrict = () => apply({ type: 'restricted', word: code, until });
      await restrict();
      await restrict();
      const { state, pause, restriction } = await view();
      assert.deepEqual([state, pause], ['active', null]);
      const since = clock.now().toISOString();
      assert.deepEqual(restriction, { code, since, until: until.toISOString() });
      assert.deepEqual(await auditActions(), ['channel.account-restricted by system']);
      assert.deepEqual(await openings(), []);
      await apply({ type: 'reinstated', word: 'DISABLED_UPDATE' });
      assert.equal((await view()).restriction, null);
      assert.deepEqual(
        (await openings()).map(({ gate }) => String(gate)),
        ['channel'],
      );
      await restrict();
      assert.equal((await request('resume')).restriction, null);
      assert.equal((await openings()).length, 2);
    });

    it('reinstated › checked now, and its health decides', async () => {
      await apply({ type: 'blocked', word: 'X', until: new Date(clock.now().getTime() + 60 * minuteMs) });
      answer = { kind: 'blocked' };
      await apply({ type: 'reinstated', word: 'ACCOUNT_UPDATE' });
      assert.deepEqual((await view()).pause?.nextCheckAt, clock.now().toISOString());
      assert.equal(await pauses().checkDue(), 1);
      assert.equal((await view()).state, 'paused');
      answer = { kind: 'available' };
      await apply({ type: 'reinstated', word: 'ACCOUNT_UPDATE' });
      assert.equal(await pauses().checkDue(), 1);
      assert.equal((await view()).state, 'active');
    });

    it('reinstated, of an active channel › nothing changes', async () => {
      await apply({ type: 'reinstated', word: 'ACCOUNT_UPDATE' });
      assert.deepEqual(await auditActions(), []);
    });
  });
});
