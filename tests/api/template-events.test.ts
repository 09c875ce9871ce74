import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { createTemplateSyncLoop } from '../../src/templates/sync/loop.ts';
import { createTemplateSyncRepository } from '../../src/templates/store/syncs.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { postSigned } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { startTemplateProvider, type TemplateProvider } from '../support/template-provider.ts';

const secret = 'the app secret of these tests';
const hour = 3_600_000;

describe('api › template events of the provider', function () {
  this.timeout(60_000);
  let provider: TemplateProvider;
  const env: Record<string, string> = { WHATSAPP_APP_SECRETS: secret };
  before(async () => {
    provider = await startTemplateProvider();
    env['WHATSAPP_API_URL'] = provider.url;
  });
  const api = useApi('template_events', { env });
  let user: CrmUser;
  let processor: TestProcessor;
  let wabaId: string;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    const channel = await channels().findOne({ _id: new Types.ObjectId(user.channelId) });
    wabaId = String(channel?.['wabaId']);
    await api().collection('webhook_events').deleteMany({});
    await api().collection('template_syncs').deleteMany({});
    provider.templates.clear();
  });
  afterEach(() => {
    assert.deepEqual(processor.probe.takeViolations(), []);
  });
  after(async () => {
    await processor.close();
    await provider.stop();
  });

  const channels = () => api().collection('channels');
  const templates = () => api().collection('templates');
  const clientId = () => new Types.ObjectId(user.clientId);
  const stored = (name = 'order_update') => templates().findOne({ clientId: clientId(), name });
  const isWanted = async (channelId = user.channelId) =>
    (await api()
      .collection('template_syncs')
      .findOne({ channelId: new Types.ObjectId(channelId) })) !== null;

  async function say(field: string, value: object, at = Date.now(), waba = wabaId): Promise<void> {
    const entry = [{ id: waba, time: Math.floor(at / 1_000), changes: [{ field, value }] }];
    const body = { object: 'whatsapp_business_account', entry };
    const answer = await postSigned(`${api().url}/webhook/incoming`, body, secret);
    assert.equal(answer.status, 200, answer.text);
    await processor.drain();
  }
  const named = (name = 'order_update', more: object = {}) => ({
    ...{ message_template_name: name, message_template_language: 'en-US', ...more },
  });
  const status = (event: string, more: object = {}) => ({ ...named(), event, reason: null, ...more });
  const field = 'message_template_status_update';

  it('paused and approved again › stored with its reason, audited, without a synchronisation', async () => {
    const info = { title: 'FIRST_PAUSE', description: 'Low rating' };
    await say(field, status('PAUSED', { other_info: info, message_template_id: 4711 }));
    const paused = await stored();
    assert.deepEqual(
      {
        status: paused?.['status'],
        pauseReason: paused?.['pauseReason'],
        providerTemplateId: paused?.['providerTemplateId'],
      },
      { status: 'paused', pauseReason: 'FIRST_PAUSE: Low rating', providerTemplateId: '4711' },
    );
    await say(field, { event: 'APPROVED', message_template_id: '4711', reason: 'NONE' });
    const approved = await stored();
    assert.deepEqual([approved?.['status'], approved?.['pauseReason']], ['approved', undefined]);
    const events = await api()
      .collection('audit_events')
      .find({ 'target.id': approved?._id, action: 'template.reviewed' })
      .toArray();
    assert.deepEqual(
      events.map((event) => event['after'].status),
      ['paused', 'approved'],
    );
    assert.equal(await isWanted(), false);
    assert.equal(
      (await templates().findOne({ clientId: clientId(), name: 'hello_world' }))?.['status'],
      'approved',
    );
  });

  it('an older state that comes later › not applied, but synchronised', async () => {
    await say(field, status('PAUSED'));
    await say(field, status('APPROVED'), Date.now() - hour);
    const template = await stored();
    assert.deepEqual(
      [template?.['status'], template?.['needsSync'], await isWanted()],
      ['paused', true, true],
    );
  });

  it('a category that this version does not know › shown beside the last known one until it is known', async () => {
    const id = String((await stored())?.['_id']);
    const shown = async () => {
      const { body } = await user.call<Record<string, unknown>>(`/api/templates/${id}`);
      return [body['category'], body['unknownCategory']];
    };
    const announce = (new_category: string) => say('template_category_update', { ...named(), new_category });
    assert.deepEqual(await shown(), ['utility', null]);
    await announce('SERVICE');
    assert.deepEqual(await shown(), ['utility', 'SERVICE']);
    await announce('MARKETING');
    assert.deepEqual(await shown(), ['marketing', null]);
  });

  it('rating and category › stored; the provider’s category is audited, the requested one is kept', async () => {
    await say('message_template_quality_update', { ...named(), new_quality_score: 'YELLOW' });
    await say('template_category_update', {
      ...named(),
      previous_category: 'UTILITY',
      new_category: 'MARKETING',
    });
    const template = await stored();
    assert.deepEqual(
      {
        qualityScore: template?.['qualityScore'],
        category: template?.['category'],
        submittedCategory: template?.['submittedCategory'],
      },
      { qualityScore: 'yellow', category: 'marketing', submittedCategory: 'utility' },
    );
  });

  it('flagged, or other content › only synchronised', async () => {
    await say(field, status('FLAGGED'));
    const template = await stored();
    assert.deepEqual(
      [template?.['status'], template?.['needsSync'], await isWanted()],
      ['approved', true, true],
    );
    await api().collection('template_syncs').deleteMany({});
    await say('message_template_components_update', {
      ...named('hello_world'),
      message_template_element: 'x',
    });
    assert.ok(await isWanted());
  });

  it('an unknown template, or another one of the same name › synchronised', async () => {
    await say(field, { ...named('nobody'), event: 'APPROVED' });
    assert.ok(await isWanted());
    await templates().updateOne(
      { clientId: clientId(), name: 'order_update' },
      { $set: { providerTemplateId: '1' } },
    );
    await say(field, status('DELETED', { message_template_id: 2 }));
    assert.equal((await stored())?.['status'], 'approved');
  });

  it('several channels on one account, of two clients › applied to each of them', async () => {
    const first = user;
    const other = await api().signUp();
    await channels().updateMany(
      { _id: { $in: [first.channelId, other.channelId].map((id) => new Types.ObjectId(id)) } },
      { $set: { wabaId: 'shared' } },
    );
    await say(field, status('DISABLED'), Date.now(), 'shared');
    for (const { clientId: id } of [first, other]) {
      const template = await templates().findOne({ clientId: new Types.ObjectId(id), name: 'order_update' });
      assert.equal(template?.['status'], 'disabled');
    }
  });

  it('an unknown account › parked, like every unmatched event', async () => {
    await say(field, status('PAUSED'), Date.now(), 'nobody');
    const [event] = await api().collection('webhook_events').find({}).toArray();
    assert.equal(event?.['status'], 'parked');
  });

  describe('the schedule', () => {
    const clock = { offsetMs: 0, now: () => new Date(systemClock.now().getTime() + clock.offsetMs) };
    const runLoop = async (rounds = 50) => {
      const { core } = api().api;
      const loop = createTemplateSyncLoop({
        ...core,
        ...{ sync: core.templateSync, clock },
        syncs: createTemplateSyncRepository(core.mongo),
      });
      for (let round = 0; round < rounds; round += 1) {
        if ((await loop.step()) === 'idle') return;
      }
      assert.fail('the loop does not come to rest');
    };
    const row = (): Promise<mongo.WithId<mongo.Document> | null> =>
      api()
        .collection('template_syncs')
        .findOne({ channelId: new Types.ObjectId(user.channelId) });
    // The loop asks across clients, as only the worker may.
    afterEach(() => void api().takeViolations());

    beforeEach(async () => {
      clock.offsetMs = 0;
      await channels().deleteMany({ _id: { $ne: new Types.ObjectId(user.channelId) } });
    });

    it('a channel that is due › synchronised, and again after six hours', async () => {
      provider.put({ name: 'from_there' });
      await runLoop();
      assert.equal(await stored('from_there'), null, 'a new channel has its first minute');
      clock.offsetMs = 2 * 60_000;
      await runLoop();
      assert.equal((await stored('from_there'))?.['status'], 'approved');
      const asked = provider.calls.length;
      await runLoop();
      assert.equal(provider.calls.length, asked);
      const inMs = Number((await row())?.['nextSyncAt']) - clock.now().getTime();
      assert.ok(inMs > 6 * hour - 60_000 && inMs < 6.5 * hour, String(inMs));
    });

    it('requested by an event › at once; failed › again after a growing wait', async () => {
      const { templates: service } = api().api.core;
      const channelId = new Types.ObjectId(user.channelId);
      await service.wantSync(scopeOf(clientId()), channelId, 0);
      provider.answerNext(null);
      await runLoop();
      const failed = await row();
      assert.deepEqual([failed?.['failures'], failed?.['problem']], [1, 'The provider did not answer.']);
      const waitMs = Number(failed?.['nextSyncAt']) - Date.now();
      assert.ok(waitMs > 50_000 && waitMs < 70_000, String(waitMs));
      clock.offsetMs = 2 * 60_000;
      await runLoop();
      const done = await row();
      assert.deepEqual([done?.['failures'], done?.['problem']], [0, undefined]);
    });

    it('requested during a synchronisation › once more; a deleted channel › forgotten', async () => {
      const syncs = createTemplateSyncRepository(api().api.core.mongo);
      const scope = scopeOf(clientId());
      const channelId = new Types.ObjectId(user.channelId);
      const now = new Date();
      await syncs.want(scope, channelId, now);
      const lease = await syncs.leaseDueAcrossClients(now, new Date(now.getTime() + hour));
      assert.ok(lease !== null);
      assert.equal(await syncs.leaseDueAcrossClients(now, now), null);
      await syncs.want(scope, channelId, now);
      const nextSyncAt = new Date(now.getTime() + 6 * hour);
      await syncs.settle(scope, lease, { nextSyncAt, lastSyncedAt: now, failures: 0 });
      const after = await row();
      assert.deepEqual([after?.['nextSyncAt'], after?.['lastSyncedAt']], [now, now]);
      const gone = new Types.ObjectId();
      await syncs.want(scope, gone, now);
      await runLoop();
      assert.equal(await api().collection('template_syncs').findOne({ channelId: gone }), null);
    });
  });
});
