import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { phoneEndingIn, signUp } from '../support/crm-client.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

/** Series that exist only once a workflow task has failed. */
const onlyAfterFailures = ['temporal_workflow_task_execution_failed_total'];

describe('e2e › the metrics page of a worker', function () {
  this.timeout(120_000);
  let stack: Stack;
  let port: number;

  before(async () => {
    port = await freePort(null, assert.fail);
    stack = await startStack('worker-metrics', { env: { WORKER_METRICS_PORT: String(port) } });
  });
  after(() => stack?.close());

  it('a message was read › the page has its own metrics, and those of the Temporal SDK that alerts read', async () => {
    const user = await signUp(stack.apiUrl);
    const { id } = await user.send({ to: phoneEndingIn('77') });
    await user.waitForStatus(id, ['read']);
    const rules = readFileSync(join(rootDir, 'deploy/prometheus/alerts.yml'), 'utf8');
    const wanted = [...new Set(rules.match(/\btemporal_\w+/g))].filter(
      (name) => !onlyAfterFailures.includes(name),
    );
    assert.ok(wanted.length >= 2, String(wanted));
    await waitFor('the page', async () => {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const missing = ['crm_worker_running', ...wanted].filter(
        (name) => !page.split('\n').some((line) => line.startsWith(`${name}{`)),
      );
      return missing.length === 0;
    });
  });

  it('changes of a business › are sealed by the worker within seconds, and their chain verifies', async () => {
    const user = await signUp(stack.apiUrl);
    await waitFor('every event is sealed', async () => {
      const { body } = await user.call<{ items: { seal: object | null }[] }>('/api/audit-events');
      return body.items.length > 0 && body.items.every(({ seal }) => seal !== null);
    });
    const { body } = await user.call<{ checked: number; firstBreak: object | null }>(
      '/api/audit-events/verify',
    );
    assert.ok(body.checked > 0);
    assert.equal(body.firstBreak, null);
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(page, /^crm_audit_events_sealed_total\{[^}]*\} [1-9]/m);
  });

  it('several tables of loops run in the worker › the page has the loops of all', async () => {
    const wanted = ['worker-dependencies', 'measure', 'audit-sealer', 'audit-anchors'];
    await waitFor('the loops', async () => {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const series = page.split('\n').filter((line) => line.startsWith('crm_loop_failed_rounds{'));
      return wanted.every((loop) => series.some((line) => line.includes(`loop="${loop}"`)));
    });
  });
});
