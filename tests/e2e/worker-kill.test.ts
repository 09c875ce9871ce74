import assert from 'node:assert/strict';
import { callsByMessage, readLedger, type LedgerItem } from '../../proofs/shared/ledger.ts';
import { heartbeatTimeoutMs } from '../../src/sending/messages/contract.ts';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack, type Stack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const maxDispatches = 8;
const messageCount = 40;
/** A lost attempt is noticed by its silence, and the next one follows. */
const lostAttemptMs = heartbeatTimeoutMs + 2_000;
/** A message whose workflow could not be started at once waits for the sweep; nothing that a stop loses waits longer. */
const sweptMs = 90_000;

describe('e2e › the worker dies while messages are under way', function () {
  this.timeout(sweptMs + 40_000);
  const stack = useStack('worker-kill', {
    env: { PROVIDER_TIMEOUT_MS: '2000', WORKER_MAX_DISPATCHES: String(maxDispatches) },
  });
  let user: CrmUser;

  beforeEach(async () => {
    user = await signUp(stack().apiUrl);
    // Slow enough that calls are in flight at any time.
    await stack().control('/behaviour', { method: 'PUT', body: { latencyMs: 800 } });
  });

  it('kill -9 during provider calls › started again › accepted messages are read, none was sent twice', async () => {
    const ids = await sendMany(user);
    await untilProviderSaw(stack(), ids, messageCount / 4);
    await stack().worker.kill();
    await stack().worker.start();

    const ended = await Promise.all(
      ids.map((id) => user.waitForStatus(id, ['read', 'failed', 'unknown'], lostAttemptMs + 45_000)),
    );
    const taken = await takenBy(stack(), ended);
    const read = await Promise.all(taken.map(({ id }) => user.waitForStatus(id, ['read'])));
    await assertSentOnce(stack(), read);
    // The rest were claimed before the worker died, so their outcome is unknown: they are listed, not repeated.
    assert.ok(ended.length - taken.length <= maxDispatches, `${ended.length - taken.length} never called`);
    const lost = ended.filter(({ statusHistory }) =>
      statusHistory.some(({ status }) => status === 'unknown'),
    );
    assert.ok(lost.length > 0, 'the kill hit no call, so this test proves nothing');
    assert.ok(lost.length <= maxDispatches, `${lost.length} outcomes unknown`);
  });

  it('SIGTERM during provider calls › started again › every message is read, no outcome became unknown', async () => {
    const ids = await sendMany(user);
    await untilProviderSaw(stack(), ids, messageCount / 4);
    await stack().worker.stop();
    await stack().worker.start();

    const ended = await Promise.all(
      ids.map((id) => user.waitForStatus(id, ['read', 'failed'], sweptMs + 10_000)),
    );
    await assertSentOnce(stack(), ended);
    for (const { statusHistory } of ended) {
      assert.ok(!statusHistory.some(({ status }) => status === 'unknown'));
    }
  });
});

async function sendMany(user: CrmUser): Promise<string[]> {
  const sent = await Promise.all(
    Array.from({ length: messageCount }, () => user.send({ to: phoneEndingIn('01') })),
  );
  return sent.map(({ id }) => id);
}

async function callsFor(stack: Stack, ids: readonly string[]): Promise<readonly LedgerItem[][]> {
  const calls = callsByMessage(await readLedger(stack.sandboxUrl));
  return ids.map((id) => [...(calls.get(id) ?? [])]);
}

/** The messages that the provider has seen; a call is in its ledger before it is answered. */
async function takenBy(stack: Stack, messages: readonly MessageJson[]): Promise<MessageJson[]> {
  const calls = await callsFor(
    stack,
    messages.map(({ id }) => id),
  );
  return messages.filter(({ status }, index) => status !== 'unknown' || calls[index]?.length !== 0);
}

async function untilProviderSaw(stack: Stack, ids: readonly string[], count: number): Promise<void> {
  await waitFor(
    `the provider has seen ${count} messages`,
    async () => (await callsFor(stack, ids)).flat().length >= count,
    { everyMs: 10 },
  );
}

async function assertSentOnce(stack: Stack, messages: readonly MessageJson[]): Promise<void> {
  const calls = await callsFor(
    stack,
    messages.map(({ id }) => id),
  );
  for (const [index, message] of messages.entries()) {
    assert.equal(message.status, 'read');
    assert.equal(calls[index]?.length, 1, `message ${message.id}`);
    assert.equal(calls[index]?.[0]?.wamid, message.providerMessageId);
  }
}
