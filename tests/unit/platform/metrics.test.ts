import assert from 'node:assert/strict';
import { freePort } from '../../../scripts/servers/ports.ts';
import { createMetrics, serveMetrics, type InstrumentTable } from '../../../src/platform/metrics.ts';

const table = {
  sent: { name: 'x_sent_total', type: 'counter', help: 'Sent.', labels: ['kind'], processes: ['api'] },
  waiting: { name: 'x_waiting', type: 'gauge', help: 'Waiting.', labels: ['status'], processes: ['api'] },
  call: {
    ...{ name: 'x_call_seconds', type: 'histogram', help: 'Calls.', labels: [], processes: ['api'] },
    buckets: [1, 2],
  },
  idle: { name: 'x_idle', type: 'gauge', help: 'Of the worker.', labels: [], processes: ['worker'] },
} as const satisfies InstrumentTable;

const create = () => createMetrics(table, { process: 'api' });
const valueOf = (page: string, series: string): string | undefined =>
  page
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.split(' ')
    .at(-1);

describe('metrics', () => {
  it('each type of instrument › exposes its value with its labels and process', async () => {
    const { instruments, render } = create();
    instruments.sent.add({ kind: 'text' });
    instruments.sent.add({ kind: 'text' }, 2);
    instruments.call.observe({}, 1.5);
    const page = await render();
    assert.equal(valueOf(page, 'x_sent_total{kind="text",process="api"}'), '3');
    assert.equal(valueOf(page, 'x_call_seconds_bucket{le="1",process="api"}'), '0');
    assert.equal(valueOf(page, 'x_call_seconds_bucket{le="2",process="api"}'), '1');
    assert.match(page, /# HELP x_sent_total Sent\.\n# TYPE x_sent_total counter/);
    assert.match(page, /^process_cpu_seconds_total/m);
  });

  it('a gauge is replaced › values that are no longer measured disappear', async () => {
    const { instruments, render } = create();
    instruments.waiting.replace([{ labels: { status: 'queued' }, value: 7 }]);
    instruments.waiting.replace([{ labels: { status: 'sending' }, value: 1 }]);
    const page = await render();
    assert.equal(valueOf(page, 'x_waiting{status="queued",process="api"}'), undefined);
    assert.equal(valueOf(page, 'x_waiting{status="sending",process="api"}'), '1');
  });

  it('an instrument of the other process › takes values, and is not on the page', async () => {
    const { instruments, render } = create();
    instruments.idle.replace([{ labels: {}, value: 1 }]);
    assert.ok(!(await render()).includes('x_idle'));
  });

  it('two in one process › do not see each other', async () => {
    const [one, two] = [create(), create()];
    one.instruments.sent.add({ kind: 'text' });
    assert.equal(valueOf(await two.render(), 'x_sent_total{kind="text",process="api"}'), undefined);
  });
});

describe('metrics › server', () => {
  const host = '127.0.0.1';

  it('GET /metrics › the page as Prometheus reads it; nothing else is there', async () => {
    const server = await serveMetrics(create(), { host, port: await freePort(null, assert.fail) });
    const url = `http://${host}:${server.port}`;
    const page = await fetch(`${url}/metrics?x=1`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(await page.text(), /# TYPE x_waiting gauge/);
    assert.equal((await fetch(`${url}/`)).status, 404);
    assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 404);
    await server.close();
    await assert.rejects(fetch(`${url}/metrics`));
  });

  it('rendering fails › 500, and the server continues', async () => {
    const broken = { contentType: 'text/plain', render: () => Promise.reject(new Error('no page')) };
    const server = await serveMetrics(broken, { host, port: await freePort(null, assert.fail) });
    assert.equal((await fetch(`http://${host}:${server.port}/metrics`)).status, 500);
    assert.equal((await fetch(`http://${host}:${server.port}/metrics`)).status, 500);
    await server.close();
  });

  it('port 0 › no server', async () => {
    const server = await serveMetrics(create(), { host, port: 0 });
    assert.equal(server.port, null);
    await server.close();
  });

  it('the port is taken › refused, so that the process does not start unseen', async () => {
    const server = await serveMetrics(create(), { host, port: await freePort(null, assert.fail) });
    await assert.rejects(serveMetrics(create(), { host, port: server.port ?? 0 }), { code: 'EADDRINUSE' });
    await server.close();
  });
});
