import assert from 'node:assert/strict';
import { call, phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack, type Stack } from '../support/stack.ts';

describe('e2e › Temporal is away', function () {
  this.timeout(120_000);
  const stack = useStack('temporal-away', {
    hasOwnTemporal: true,
    env: { SWEEP_INTERVAL_MS: '300', SWEEP_OLDER_THAN_MS: '1000' },
  });
  let user: CrmUser;

  beforeEach(async () => {
    user = await signUp(stack().apiUrl);
  });

  it('a send while Temporal is away › 201 with queued › Temporal back › read, sent once', async () => {
    await temporalOf(stack()).kill();
    const message = await user.send({ to: phoneEndingIn('01') });
    assert.equal(message.status, 'queued');
    assert.equal((await user.getMessage(message.id)).status, 'queued');

    await temporalOf(stack()).start();
    await user.waitForStatus(message.id, ['read'], 60_000);
    assert.equal((await stack().ledgerOf(message.id)).length, 1);
  });

  it('a cancel while Temporal is away › 200 › Temporal back › never sent', async () => {
    await temporalOf(stack()).kill();
    const message = await user.send({ to: phoneEndingIn('01') });
    const answer = await user.call<MessageJson>(`/api/messages/${message.id}/cancel`, { method: 'POST' });
    assert.deepEqual([answer.status, answer.body.status], [200, 'canceled']);

    await temporalOf(stack()).start();
    const later = await user.send({ to: phoneEndingIn('01') });
    await user.waitForStatus(later.id, ['read'], 60_000);
    assert.equal((await user.getMessage(message.id)).status, 'canceled');
    assert.deepEqual(await stack().ledgerOf(message.id), []);
  });

  it('the API starts while Temporal is away, accepts and is killed › all back › read, sent once', async () => {
    await temporalOf(stack()).kill();
    await stack().api.kill();
    await stack().startApi('healthz');
    const readiness = await call<{ checks: Record<string, string> }>(`${stack().apiUrl}/readyz`);
    assert.equal(readiness.status, 503);
    assert.equal(readiness.body.checks['temporal'], 'failed');
    assert.equal(readiness.body.checks['mongo'], 'ok');

    const message = await user.send({ to: phoneEndingIn('01') });
    await stack().api.kill();
    await temporalOf(stack()).start();
    await stack().startApi('readyz');
    await user.waitForStatus(message.id, ['read'], 60_000);
    assert.equal((await stack().ledgerOf(message.id)).length, 1);
    await stack().waitForRun(message.id, 'COMPLETED');
  });
});

function temporalOf({ temporal }: Stack) {
  assert.ok(temporal !== null);
  return temporal;
}
