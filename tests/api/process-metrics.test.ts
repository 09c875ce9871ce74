import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { freePort } from '../../scripts/servers/ports.ts';
import { createDependencyWatch } from '../../src/app/dependencies.ts';
import { createCrmMetrics } from '../../src/app/instruments.ts';
import { observeLoops } from '../../src/app/loops.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { captureLog } from '../support/logger.ts';
import { postSigned } from '../support/meta.ts';
import { readMetric, readSeries } from '../support/metrics.ts';
import { waitFor } from '../support/wait.ts';

describe('api › metrics of processes', function () {
  this.timeout(60_000);
  let api: TestApi;
  let user: CrmUser;
  let page: () => Promise<string>;

  before(async () => {
    const port = await freePort(null, assert.fail);
    api = await startTestApi('process-metrics', { env: { METRICS_PORT: String(port) } });
    page = async () => (await call(`http://127.0.0.1:${port}/metrics`)).text;
    user = await api.signUp();
  });
  after(() => api?.close());

  it('requests › are counted by route, status and problem, and timed; other paths share one label', async () => {
    const before = await page();
    const count = (text: string, labels: string) => readSeries(text, `crm_http_requests_total{${labels}}`);
    const list = 'method="GET",route="/api/messages",status="200",code="none"';
    const refused = 'method="GET",route="/api/messages/:id",status="401",code="none"';
    const nowhere = 'method="GET",route="none",status="404",code="none"';
    await user.call('/api/messages');
    await call(`${api.url}/api/messages/${new Types.ObjectId().toHexString()}`);
    await call(`${api.url}/of/nobody/${user.clientId}`);
    await postSigned(`${api.url}/webhook/incoming`, {}, 'a wrong secret');
    const after = await page();
    for (const labels of [list, refused, nowhere])
      assert.equal(count(after, labels) - count(before, labels), 1, labels);
    assert.equal(count(after, 'method="POST",route="/webhook/incoming",status="401",code="none"'), 1);
    const timed = 'crm_http_request_seconds_count{method="GET",route="/api/messages"}';
    assert.ok(readSeries(after, timed) >= 1);
    assert.ok(!after.includes(user.clientId), 'no path as it was sent');
  });

  it('failures of every route › exist with 0 before the first, so that an alert sees it', async () => {
    const text = await page();
    for (const route of ['/api/messages', '/webhook/incoming', '/readyz'])
      for (const code of ['internal', 'dependency-away', 'overloaded'])
        assert.match(
          text,
          new RegExp(`^crm_http_requests_total\\{.*route="${route}".*code="${code}".*\\} 0$`, 'm'),
        );
  });

  it('a loop that fails › its failures in a row, until a round succeeds', async () => {
    const metrics = createCrmMetrics('worker');
    const clock = createFixedClock(new Date('2026-11-28T03:00:00Z'));
    const observer = observeLoops(metrics, clock);
    const failed = () => readMetric(metrics, 'crm_loop_failed_rounds{loop="sweep"}');
    observer.started('sweep');
    assert.equal(await failed(), 0);
    observer.roundEnded('sweep', 'failed');
    clock.advance(30_000);
    observer.roundEnded('sweep', 'failed');
    assert.equal(await failed(), 2);
    observer.roundEnded('sweep', 'done');
    assert.equal(await failed(), 0);
    const ended = await readMetric(metrics, 'crm_loop_round_ended_timestamp_seconds{loop="sweep"}');
    assert.equal(ended, Date.parse('2026-11-28T03:00:30Z') / 1_000);
  });

  it('the API › measures its loop of mails and its dependencies without a request', async () => {
    const dependencies = ['mongo', 'temporal', 'migrations'];
    const text = await waitFor(
      'a round',
      async () => {
        const seen = await page();
        const isUp = (name: string) => readSeries(seen, `crm_dependency_up{dependency="${name}"}`) === 1;
        return dependencies.every(isUp) && seen;
      },
      { timeoutMs: 40_000 },
    );
    assert.ok(readSeries(text, 'crm_loop_round_ended_timestamp_seconds{loop="mail"}') > 1_700_000_000);
  });

  it('MongoDB away › the gauge is 0, the migrations that nobody can read are not reported; logged once', async () => {
    const metrics = createCrmMetrics('api');
    const log = captureLog();
    let isAway = false;
    const ping = async () => {
      if (isAway) throw new Error('no answer');
    };
    const check = (name: string, needs?: string) => ({
      ...{ name, advice: 'x', check: ping },
      ...(needs === undefined ? {} : { needs }),
    });
    const watch = createDependencyWatch({
      checks: [check('mongo'), check('migrations', 'mongo')],
      metrics,
      logger: log.logger,
    });
    const up = async () => [
      await readMetric(metrics, 'crm_dependency_up{dependency="mongo"}'),
      await readMetric(metrics, 'crm_dependency_up{dependency="migrations"}'),
    ];
    await watch();
    assert.deepEqual(await up(), [1, 1]);
    isAway = true;
    await watch();
    await watch();
    assert.deepEqual(await up(), [0, 1]);
    isAway = false;
    await watch();
    assert.deepEqual(await up(), [1, 1]);
    assert.deepEqual(
      log.lines().map(({ message, dependency }) => [message, dependency]),
      [
        ['dependency is away', 'mongo'],
        ['dependency is back', 'mongo'],
      ],
    );
  });
});
