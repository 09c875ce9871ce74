import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { logIn, newAdmin, useIdentityApi } from '../../support/identity-api.ts';

/**
 * Of the time of the log-ins; with the hashes on the event loop it would be busy all the time. A loop that waits for a core
 * counts as busy, so a busy machine needs room.
 */
const maxBusyShare = 0.85;

describe('sign-ins and other requests', () => {
  const api = useIdentityApi('event_loop', { BCRYPT_COST: '10' });

  it('20 log-ins at once › the event loop has time for others', async function () {
    this.timeout(60_000);
    const admins = [];
    for (let count = 0; count < 20; count += 1) admins.push(await newAdmin(api()));
    const warm = admins[0];
    assert.ok(warm !== undefined);
    await logIn(api(), warm.email);
    const before = performance.eventLoopUtilization();
    const answers = await Promise.all(admins.map(({ email }) => logIn(api(), email)));
    const { utilization } = performance.eventLoopUtilization(before);
    assert.ok(answers.every(({ status }) => status === 200));
    assert.ok(
      utilization < maxBusyShare,
      `the event loop was busy for ${utilization.toFixed(2)} of the time`,
    );
  });
});
