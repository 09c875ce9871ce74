import assert from 'node:assert/strict';
import mongoose, { Types, type mongo } from 'mongoose';
import { freePort } from '../../scripts/servers/ports.ts';
import { createMeasure } from '../../src/app/measure.ts';
import { createCrmMetrics, type CrmMetrics } from '../../src/app/instruments.ts';
import { createMessageMeasures } from '../../src/sending/messages/store/measures.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { createFixedClock, systemClock } from '../../src/platform/clock.ts';
import { maxCounted } from '../../src/platform/metrics.ts';
import { newId } from '../../src/platform/ids.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { buildMessage } from '../support/messages.ts';
import { postSigned, statusesOf } from '../support/meta.ts';
import { readMetric, readSeries } from '../support/metrics.ts';
import { crossingFiltersOfMeasure, watchWire } from '../support/wire-probe.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

const secret = 'the app secret of this test';
const minuteMs = 60_000;
const ago = (ms: number): Date => new Date(systemClock.now().getTime() - ms);

describe('api › metrics', function () {
  this.timeout(60_000);
  let api: TestApi;
  let processor: TestProcessor;
  let user: CrmUser;
  let page: () => Promise<string>;

  before(async () => {
    const port = await freePort(null, assert.fail);
    api = await startTestApi('metrics', {
      env: { METRICS_PORT: String(port), WHATSAPP_APP_SECRETS: secret },
    });
    page = async () => (await call(`http://127.0.0.1:${port}/metrics`)).text;
    processor = await startTestProcessor(api);
    user = await api.signUp();
  });
  after(async () => {
    await processor?.close();
    await api?.close();
  });

  const messages = () => api.collection<MessageDoc & mongo.Document>('messages');

  it('the page of the API › Prometheus’ text, with the API’s metrics and without the worker’s', async () => {
    const text = await page();
    assert.match(text, /^# TYPE crm_messages_accepted_total counter$/m);
    assert.match(text, /^nodejs_eventloop_lag_seconds\{process="api"\}/m);
    assert.ok(!text.includes('crm_worker_running'));
    assert.equal((await call(`${api.url}/metrics`)).status, 404, 'not on the public port');
  });

  it('a send, repeated with its key › is accepted once; a refused one is not', async () => {
    const series = 'crm_messages_accepted_total{kind="template",priority="3"}';
    const earlier = readSeries(await page(), series);
    await user.send({ to: phoneEndingIn('01') }, 'one');
    const to = phoneEndingIn('01');
    await user.send({ to }, 'two');
    await user.trySend({ to }, 'two');
    await user.trySend({ templateName: 'of nobody', to: phoneEndingIn('01') });
    assert.equal(readSeries(await page(), series), earlier + 2);
  });

  it('receipts › are counted by status, with their delay and failure class; unmatched ones are not', async () => {
    const { id } = await user.send({ to: phoneEndingIn('01') });
    const _id = new Types.ObjectId(id);
    await messages().updateOne({ _id }, { $set: { status: 'sent', providerMessageId: 'wamid.metrics' } });
    await api.temporal.workflow.getHandle(`message:${id}`).terminate();
    const timestamp = String(Math.floor(ago(20_000).getTime() / 1_000));
    const statuses = [
      { id: 'wamid.metrics', status: 'delivered', timestamp },
      { id: 'wamid.metrics', status: 'a-new-word', timestamp },
      { id: 'wamid.metrics', status: 'failed', timestamp, errors: [{ code: 131_026, title: 'x' }] },
    ];
    for (const ids of [statuses, [{ id: 'wamid.of-nobody', status: 'read' }]]) {
      const body = statusesOf(user.phoneNumberId, ids);
      const answer = await postSigned(`${api.url}/webhook/incoming`, body, secret);
      assert.equal(answer.status, 200);
    }
    assert.equal(readSeries(await page(), 'crm_webhook_events_stored_total'), 2);
    await processor.drain();
    for (const [series, count] of [
      ['crm_receipts_total{word="delivered"}', 1],
      ['crm_receipts_total{word="failed"}', 1],
      ['crm_receipts_total{word="other"}', 1],
      ['crm_receipts_total{word="read"}', 0],
      ['crm_receipt_failures_total{class="message",code="131026"}', 1],
      ['crm_receipt_delay_seconds_bucket{le="10",word="delivered"}', 0],
      ['crm_receipt_delay_seconds_bucket{le="60",word="delivered"}', 1],
      ['crm_webhook_events_processed_total{verdict="done"}', 1],
    ] as const) {
      assert.equal(await readMetric(processor.metrics, series), count, series);
    }
  });

  describe('database gauges', () => {
    let metrics: CrmMetrics;
    let measure: ReturnType<typeof createMeasure>;
    let isWorkerRunning = true;

    beforeEach(async () => {
      await messages().deleteMany({});
      await api.collection('webhook_events').deleteMany({});
      metrics = createCrmMetrics('worker');
      measure = createMeasure({
        mongo: api.connection,
        metrics,
        clock: systemClock,
        isWorkerRunning: () => isWorkerRunning,
      });
    });

    async function expectMeasured(expected: Readonly<Record<string, number>>): Promise<void> {
      await measure.measureOnce();
      const text = await metrics.render();
      for (const [series, value] of Object.entries(expected)) {
        const read = readSeries(text, series);
        // Ages go on while the test runs.
        assert.ok(read >= value && read < value + 30, `${series} is ${read}, not ${value}`);
        if (!series.includes('age')) assert.equal(read, value, series);
      }
    }

    it('waiting messages › by status with the oldest; messages that are not due or held do not count', async () => {
      const old = ago(10 * minuteMs);
      const waiting = { gate: 'quiet-hours', reason: 'quiet hours', since: old } as const;
      await messages().insertMany([
        buildMessage({ timestamp: ago(minuteMs) }),
        buildMessage({ timestamp: old }),
        buildMessage({ timestamp: old, status: 'sending' }),
        buildMessage({ timestamp: ago(60 * minuteMs), sendAt: ago(5 * minuteMs), status: 'scheduled' }),
        buildMessage({ timestamp: old, sendAt: ago(-minuteMs), status: 'scheduled' }),
        buildMessage({ timestamp: old, waiting }),
        buildMessage({ timestamp: old, status: 'sending', waiting }),
        buildMessage({ timestamp: old, status: 'read' }),
      ]);
      await expectMeasured({
        'crm_messages_waiting{status="queued"}': 2,
        'crm_messages_waiting{status="sending"}': 1,
        'crm_messages_waiting{status="scheduled"}': 1,
        'crm_messages_oldest_waiting_age_seconds{status="queued"}': 600,
        'crm_messages_oldest_waiting_age_seconds{status="scheduled"}': 300,
        'crm_messages_held{gate="quiet-hours"}': 2,
      });
      await messages().deleteMany({});
      await expectMeasured({
        'crm_messages_waiting{status="queued"}': 0,
        'crm_messages_held{gate="quiet-hours"}': 0,
      });
    });

    it('stuck messages behind many that are not due › still counted', async () => {
      const waiting = { gate: 'quiet-hours', reason: 'quiet hours', since: ago(minuteMs) } as const;
      const hour = 60 * minuteMs;
      const many = (changes: Partial<MessageDoc>) =>
        Array.from({ length: 3 }, () => buildMessage({ timestamp: ago(2 * hour), ...changes }));
      await messages().insertMany([
        ...many({ status: 'scheduled', sendAt: ago(-hour) }),
        ...many({ status: 'queued', waiting }),
        buildMessage({ timestamp: ago(2 * hour), status: 'scheduled', sendAt: ago(5 * minuteMs) }),
        buildMessage({ timestamp: ago(10 * minuteMs) }),
        buildMessage({ timestamp: ago(hour), waiting: { ...waiting, gate: 'template' } }),
        buildMessage({ timestamp: ago(hour), waiting: { ...waiting, gate: 'rate' }, status: 'sending' }),
      ]);
      const groups = await createMessageMeasures(api.connection).findWaitingAcrossClients({
        now: systemClock.now(),
        limit: 2,
      });
      const seen = groups.map(({ status, gate, count }) => [status ?? gate, count]);
      assert.deepEqual(Object.fromEntries(seen), {
        ...{ scheduled: 1, queued: 1, sending: 1 },
        ...{ 'quiet-hours': 2, template: 1 },
      });
      await expectMeasured({
        'crm_messages_oldest_waiting_age_seconds{status="scheduled"}': 300,
        'crm_messages_oldest_waiting_age_seconds{status="queued"}': 600,
        'crm_messages_oldest_held_age_seconds{gate="template"}': 3_600,
      });
    });

    it('unknown messages › by the category of their template, of all clients', async () => {
      const other = await api.signUp();
      const left = (owner: CrmUser, minutes: number, changes: Partial<MessageDoc> = {}) =>
        buildMessage({
          clientId: new Types.ObjectId(owner.clientId),
          channelId: new Types.ObjectId(owner.channelId),
          status: 'unknown',
          dispatch: { attempt: 1, isCalling: false, attempts: [], startedAt: ago(minutes * minuteMs) },
          ...changes,
        });
      const { templateName: _name, ...text } = left(user, 7, {
        messageType: 'text',
        content: { text: 'Hi' },
      });
      await messages().insertMany([
        left(user, 5),
        left(other, 15),
        left(other, 1, { templateName: 'deleted' }),
        text,
      ]);
      const template = await api.collection('templates').findOne({ name: 'hello_world' });
      const category = String(template?.['category']);
      await expectMeasured({
        [`crm_messages_unknown{category="${category}"}`]: 2,
        [`crm_client_messages_oldest_unknown_age_seconds{client="${other.clientId}",category="${category}"}`]: 900,
        [`crm_client_messages_oldest_unknown_age_seconds{client="${user.clientId}",category="${category}"}`]: 300,
        'crm_messages_unknown{category="other"}': 1,
        'crm_messages_unknown{category="service"}': 1,
        [`crm_client_messages_oldest_unknown_age_seconds{client="${user.clientId}",category="service"}`]: 420,
      });
    });

    it('sent and without any receipt › counted from ten minutes after the call', async () => {
      const sent = (minutes: number, words: readonly string[] = []) =>
        buildMessage({
          timestamp: ago(minutes * minuteMs),
          status: 'sent',
          dispatch: { attempt: 1, isCalling: false, attempts: [], startedAt: ago(minutes * minuteMs) },
          statusHistory: [
            { key: 'sent:1', status: 'sent', timestamp: ago(minuteMs), raw: {} },
            ...words.map((word) => ({ key: word, status: word, timestamp: ago(0), raw: { word } })),
          ],
        });
      const mine = sent(11);
      await messages().insertMany([mine, sent(30, ['sent']), sent(5), sent(90)]);
      await expectMeasured({
        [`crm_client_messages_without_receipt{client="${mine.clientId.toHexString()}"}`]: 1,
      });
    });

    it('the intake › pending with the oldest, parked, dead; the unmatched among the parked', async () => {
      const event = (status: string, changes: object = {}) => ({
        ...{ receivedAt: ago(4 * minuteMs), body: '{}', status, attempts: 0, ...changes },
        ...(status === 'dead' ? {} : { nextAttemptAt: ago(0) }),
      });
      await api
        .collection('webhook_events')
        .insertMany([
          event('pending'),
          event('pending', { receivedAt: ago(minuteMs) }),
          event('parked', { lastError: 'unmatched: no message of this channel has this id' }),
          event('parked', { lastError: 'failed: MongoNetworkError' }),
          event('dead', { lastError: 'invalid: the body is not JSON' }),
        ]);
      await expectMeasured({
        'crm_webhook_events{status="pending"}': 2,
        'crm_webhook_events{status="parked"}': 2,
        'crm_webhook_events{status="dead"}': 1,
        crm_receipts_unmatched: 1,
        crm_webhook_events_oldest_pending_age_seconds: 240,
      });
    });

    it('a paused channel › counted, and so is a stopped worker', async () => {
      assert.equal(
        (await user.call(`/api/channels/${user.channelId}/pause`, { method: 'POST' })).status,
        200,
      );
      await expectMeasured({
        'crm_channels_paused{by="person",class="none"}': 1,
        crm_worker_running: 1,
      });
      await user.call(`/api/channels/${user.channelId}/resume`, { method: 'POST' });
      isWorkerRunning = false;
      await expectMeasured({ 'crm_channels_paused{by="person",class="none"}': 0, crm_worker_running: 0 });
    });

    it('messages that wait and are held › the oldest of each client, however many the first one has', async () => {
      const [first, second] = [newId(), newId()];
      const held = { gate: 'template', reason: 'paused', since: ago(0) } as const;
      const of = (clientId: Types.ObjectId, minutes: number, changes: Partial<MessageDoc> = {}) =>
        buildMessage({ clientId, timestamp: ago(minutes * minuteMs), ...changes });
      await messages().insertMany([
        ...Array.from({ length: maxCounted + 1 }, () => of(first, 20)),
        of(second, 10),
        of(second, 60, { status: 'scheduled', sendAt: ago(5 * minuteMs) }),
        of(first, 30, { waiting: held }),
        of(second, 40, { waiting: held, status: 'scheduled', sendAt: ago(8 * minuteMs) }),
        of(newId(), 0),
      ]);
      const series = (client: Types.ObjectId, label: string) => `{client="${client.toHexString()}",${label}}`;
      await expectMeasured({
        [`crm_client_messages_oldest_waiting_age_seconds${series(first, 'status="queued"')}`]: 1_200,
        [`crm_client_messages_oldest_waiting_age_seconds${series(second, 'status="queued"')}`]: 600,
        [`crm_client_messages_oldest_waiting_age_seconds${series(second, 'status="scheduled"')}`]: 300,
        [`crm_client_messages_oldest_held_age_seconds${series(first, 'gate="template"')}`]: 1_800,
        [`crm_client_messages_oldest_held_age_seconds${series(second, 'gate="template"')}`]: 480,
      });
      const page = await metrics.render();
      assert.equal(
        page.match(/^crm_client_messages_oldest_waiting/gm)?.length,
        3,
        'none for a fresh message',
      );
    });

    it('messages that failed › by client, class and code; unknown codes together', async () => {
      const [first, second] = [newId(), newId()];
      const failed = (clientId: Types.ObjectId, code: string, minutes = 5) =>
        buildMessage({
          ...{ clientId, status: 'failed', timestamp: ago(minutes * minuteMs) },
          failure: {
            ...{ code, class: 'message', title: 'x', detail: 'x', advice: 'x', at: ago(0) },
          },
        });
      await messages().insertMany([
        ...[failed(first, '130497'), failed(first, '130497'), failed(first, '130497', 90)],
        ...[failed(second, '130497'), failed(second, '999001'), failed(second, '999002')],
      ]);
      const series = (client: Types.ObjectId, code: string) =>
        `crm_client_messages_failed{client="${client.toHexString()}",class="message",code="${code}"}`;
      await expectMeasured({
        [series(first, '130497')]: 2,
        [series(second, '130497')]: 1,
        [series(second, 'other')]: 2,
      });
    });

    it('channels that the provider paused › by client, class and code, the latest pause first', async () => {
      const [first, second] = [newId(), newId()];
      const pausedOf = (clientId: Types.ObjectId, code: string, number: string) => ({
        ...{ clientId, state: 'paused', phoneNumberId: number, webhookKeyHash: number },
        ownership: { state: 'verified' },
        pause: { class: 'credentials', code, since: ago(0), checks: 0, nextCheckAt: ago(-minuteMs) },
      });
      await api
        .collection('channels')
        .insertMany([
          pausedOf(first, '190', 'm1'),
          pausedOf(first, '190', 'm2'),
          pausedOf(second, '190', 'm3'),
          pausedOf(second, 'ACCOUNT_DELETED', 'm4'),
        ]);
      const series = (client: Types.ObjectId, code: string) =>
        `crm_client_channels_paused{client="${client.toHexString()}",class="credentials",code="${code}"}`;
      await expectMeasured({
        [series(first, '190')]: 2,
        [series(second, '190')]: 1,
        [series(second, 'other')]: 1,
      });
      await api.collection('channels').deleteMany({ clientId: { $in: [first, second] } });
      await expectMeasured({ [series(first, '190')]: 0 });
    });

    it('mails › new and failing ones, and the age of the oldest that nobody has tried', async () => {
      const mails = api.collection('outbox_mails');
      await mails.deleteMany({});
      const mail = (
        attempts: number,
        minutes: number,
        changes: object = { nextAttemptAt: ago(-minuteMs) },
      ) => ({
        ...{ order: { kind: 'invitation' }, attempts, createdAt: ago(minutes * minuteMs), ...changes },
      });
      await mails.insertMany([mail(0, 3), mail(0, 1), mail(4, 50), mail(9, 900, { failedAt: ago(0) })]);
      await expectMeasured({
        'crm_mails_waiting{state="new"}': 2,
        'crm_mails_waiting{state="failing"}': 1,
        crm_mails_oldest_new_age_seconds: 180,
      });
      await mails.deleteMany({});
    });

    it('numbers whose events wait › counted, however many events one of them has', async () => {
      const due = (source: string, minutes: number) => ({
        ...{ receivedAt: ago(minutes * minuteMs), body: '{}', status: 'pending', attempts: 0, source },
        nextAttemptAt: ago(minutes * minuteMs),
      });
      await api
        .collection('webhook_events')
        .insertMany([...Array.from({ length: 9 }, () => due('one', 9)), due('two', 2), due('three', 0)]);
      await expectMeasured({ crm_webhook_sources_late: 2 });
    });

    it('a number that nobody has proved › counted by what is missing', async () => {
      const { status } = await user.call('/api/channels', {
        method: 'POST',
        body: { displayNumber: '+15550001000', phoneNumberId: '1', wabaId: '2', accessToken: 'x' },
      });
      assert.equal(status, 201);
      await expectMeasured({ 'crm_channels_unverified{cause="provider-away"}': 1 });
    });

    it('the database does not answer › the round fails and is counted, the old values stay', async () => {
      await messages().insertOne(buildMessage({ timestamp: ago(minuteMs) }));
      await measure.measureOnce();
      const closed = await mongoose.createConnection(api.config.mongo.uri.reveal()).asPromise();
      await closed.close();
      const blind = createMeasure({
        mongo: closed,
        metrics,
        clock: systemClock,
        isWorkerRunning: () => true,
      });
      await assert.rejects(blind.measureOnce());
      assert.equal(await readMetric(metrics, 'crm_measure_failures_total'), 1);
      assert.equal(await readMetric(metrics, 'crm_messages_waiting{status="queued"}'), 1);
    });

    it('when the gauges were measured › tells the last round that succeeded, and the start until then', async () => {
      const clock = createFixedClock(new Date('2026-11-28T03:00:00Z'));
      const closed = await mongoose.createConnection(api.config.mongo.uri.reveal()).asPromise();
      await closed.close();
      const of = (mongoConnection: mongoose.Connection) =>
        createMeasure({ mongo: mongoConnection, metrics, clock, isWorkerRunning: () => true });
      const [seeing, blind] = [of(api.connection), of(closed)];
      const measuredAt = () => readMetric(metrics, 'crm_gauges_measured_timestamp_seconds');
      assert.equal(await measuredAt(), Date.parse('2026-11-28T03:00:00Z') / 1_000);
      clock.advance(minuteMs);
      await seeing.measureOnce();
      clock.advance(minuteMs);
      await assert.rejects(blind.measureOnce());
      assert.equal(await measuredAt(), Date.parse('2026-11-28T03:01:00Z') / 1_000);
    });
  });

  it('every query of a round › crosses clients only as listed, and uses an index', async () => {
    const documents = Array.from({ length: 300 }, (_value, index) =>
      buildMessage({
        clientId: index % 3 === 0 ? new Types.ObjectId(user.clientId) : newId(),
        status: (['queued', 'read', 'unknown', 'sent'] as const)[index % 4] ?? 'read',
        timestamp: ago(20 * minuteMs),
      }),
    );
    await messages().insertMany(documents);
    const seen: mongo.Document[] = [];
    const watched = await mongoose
      .createConnection(api.config.mongo.uri.reveal(), { monitorCommands: true })
      .asPromise();
    watched.getClient().on('commandStarted', ({ commandName, command }: mongo.CommandStartedEvent) => {
      if (['aggregate', 'distinct', 'find'].includes(commandName)) seen.push({ ...command });
    });
    const probe = watchWire(watched, crossingFiltersOfMeasure);
    const metrics = createCrmMetrics('worker');
    await createMeasure({
      ...{ mongo: watched, metrics, clock: systemClock, isWorkerRunning: () => true },
    }).measureOnce();
    probe.stop();
    await watched.close();
    assert.deepEqual(probe.takeViolations(), []);
    assert.ok(seen.length >= 9, `${seen.length} queries`);
    for (const { lsid: _session, $db: _db, $clusterTime: _time, readConcern: _concern, ...command } of seen) {
      const plan = await api.connection.db?.command({ explain: command, verbosity: 'queryPlanner' });
      const winning = winningPlansOf(plan).flatMap(stagesOf);
      assert.ok(winning.length > 0, JSON.stringify(plan));
      const shown = `${JSON.stringify(command)}: ${winning.join(' < ')}`;
      assert.ok(!winning.includes('COLLSCAN') && !winning.includes('SORT'), shown);
    }
  });
});

/** The plans that the server has chosen, wherever an answer to `explain` has them. */
function winningPlansOf(plan: unknown): unknown[] {
  if (typeof plan !== 'object' || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) =>
    key === 'winningPlan' ? [value] : winningPlansOf(value),
  );
}

function stagesOf(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const own = 'stage' in plan && typeof plan.stage === 'string' ? [plan.stage] : [];
  return [...own, ...Object.values(plan).flatMap(stagesOf)];
}
