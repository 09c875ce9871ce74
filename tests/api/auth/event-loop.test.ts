import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { logIn, newAdmin, useIdentityApi } from '../../support/identity-api.ts';

const maxDelayMs = 50;

describe('sign-ins and other requests', () => {
  const api = useIdentityApi('event_loop');

  it('20 log-ins at once › the event loop is never blocked for long', async function () {
    this.timeout(60_000);
    const admins = [];
    for (let count = 0; count < 20; count += 1) admins.push(await newAdmin(api()));
    const warm = admins[0];
    assert.ok(warm !== undefined);
    await logIn(api(), warm.email);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const answers = await Promise.all(admins.map(({ email }) => logIn(api(), email)));
    delay.disable();
    assert.ok(answers.every(({ status }) => status === 200));
    const p99Ms = delay.percentile(99) / 1e6;
    assert.ok(p99Ms < maxDelayMs, `p99 was ${p99Ms.toFixed(1)} ms`);
  });
});
