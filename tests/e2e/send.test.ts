import assert from 'node:assert/strict';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack, type Stack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

/** The expected result for each sandbox number. */
interface Expectation {
  readonly digits: string;
  readonly what: string;
  readonly status: string;
  readonly workflow: 'COMPLETED' | 'FAILED' | 'RUNNING';
  /** Calls that the provider saw, equal to the message's attempts. */
  readonly calls: number;
  readonly failureCode?: string;
  /** A status that its history must contain. */
  readonly through?: string;
}

const expectations: readonly Expectation[] = [
  { digits: '01', what: 'delivered and read', status: 'read', workflow: 'COMPLETED', calls: 1 },
  { digits: '02', what: 'delivered only', status: 'delivered', workflow: 'RUNNING', calls: 1 },
  {
    digits: '03',
    what: 'fails later by webhook',
    status: 'failed',
    workflow: 'FAILED',
    calls: 1,
    failureCode: '131026',
  },
  { digits: '04', what: 'answered slowly', status: 'read', workflow: 'COMPLETED', calls: 1 },
  {
    digits: '05',
    what: 'its answer is lost',
    status: 'read',
    workflow: 'COMPLETED',
    calls: 1,
    through: 'unknown',
  },
  { digits: '06', what: '429 twice', status: 'read', workflow: 'COMPLETED', calls: 3 },
  { digits: '07', what: '500 twice', status: 'read', workflow: 'COMPLETED', calls: 3 },
  {
    digits: '08',
    what: 'refused permanently',
    status: 'failed',
    workflow: 'FAILED',
    calls: 1,
    failureCode: '132001',
  },
  { digits: '09', what: 'receipts twice and out of order', status: 'read', workflow: 'COMPLETED', calls: 1 },
  { digits: '10', what: 'receipts before the answer', status: 'read', workflow: 'COMPLETED', calls: 1 },
  { digits: '11', what: 'no receipts', status: 'sent', workflow: 'RUNNING', calls: 1 },
  {
    digits: '12',
    what: 'failed by webhook as held back',
    status: 'failed',
    workflow: 'FAILED',
    calls: 1,
    failureCode: '131049',
  },
  { digits: '77', what: 'any other number', status: 'read', workflow: 'COMPLETED', calls: 1 },
];

describe('e2e › send a template', function () {
  this.timeout(60_000);
  const stack = useStack('send');
  let user: CrmUser;
  const sent = new Map<string, MessageJson>();

  before(async () => {
    user = await signUp(stack().apiUrl);
    // All in parallel: they are independent, and the slow one takes 8 s.
    await Promise.all(
      expectations.map(async ({ digits }) => {
        sent.set(digits, await user.send({ to: phoneEndingIn(digits) }));
      }),
    );
  });

  it('a send › accepted › 201 with the message in queued, its address and its workflow', async () => {
    const answer = await user.trySend({
      to: phoneEndingIn('01'),
      templateName: 'order_update',
      variables: { body: ['Ana', '1042'] },
    });
    assert.equal(answer.status, 201);
    assert.equal(answer.body.status, 'queued');
    assert.equal(answer.body.workflowId, `message:${answer.body.id}`);
    assert.equal(answer.headers.get('location'), `/api/messages/${answer.body.id}`);

    const read = await user.waitForStatus(answer.body.id, ['read']);
    assert.deepEqual(
      read.statusHistory.map(({ status }) => status),
      ['queued', 'sending', 'sent', 'sent', 'delivered', 'read'],
      'the product’s own sent, then the three receipts',
    );
    assert.equal(read.content.text, 'Hello Ana, your order 1042 is on its way. Thank you for your trust.');
    const [call, ...others] = await stack().ledgerOf(answer.body.id);
    assert.deepEqual(others, []);
    assert.equal(call?.wamid, read.providerMessageId);
    assert.equal(call?.to, answer.body.to);
    assert.equal(call?.phoneNumberId, user.phoneNumberId);
  });

  it('an account whose e-mail address nobody has confirmed › sends', async () => {
    const me = await user.call<{ user: { emailConfirmedAt: string | null } }>('/api/auth/me');
    assert.equal(me.body.user.emailConfirmedAt, null);
    const { id } = await user.send({ to: phoneEndingIn('01') });
    await user.waitForStatus(id, ['sent', 'delivered', 'read']);
  });

  for (const expected of expectations) {
    const { digits, what, status, calls } = expected;
    it(`a number ending in ${digits} (${what}) › ${calls} provider call(s) › ${status}`, async () => {
      const message = sent.get(digits);
      assert.ok(message !== undefined);
      await user.waitForStatus(message.id, [status], 30_000);
      await untilReceiptsAreHandled(stack());
      await assertEnd(stack(), await user.getMessage(message.id), expected);
    });
  }
});

async function assertEnd(stack: Stack, message: MessageJson, expected: Expectation): Promise<void> {
  assert.equal(message.status, expected.status);
  assert.equal(message.attempts, expected.calls);
  const calls = await stack.ledgerOf(message.id);
  assert.equal(calls.length, expected.calls);
  const accepted = calls.filter(({ wamid }) => wamid !== null);
  assert.equal(
    accepted.length,
    expected.digits === '08' ? 0 : 1,
    'the provider never accepts a message twice',
  );
  assert.equal(message.providerMessageId, accepted[0]?.wamid ?? null);
  assert.equal(message.failure?.code, expected.failureCode);
  if (expected.failureCode !== undefined) assert.ok((message.failure?.advice ?? '').length > 10);
  if (expected.through !== undefined) {
    assert.ok(message.statusHistory.some(({ status }) => status === expected.through));
  }
  await stack.waitForRun(message.id, expected.workflow);
}

/** All receipts have been delivered and processed. */
async function untilReceiptsAreHandled(stack: Stack): Promise<void> {
  await waitFor('all receipts are delivered', async () => {
    const stats = await stack.control<{ receipts: { pending: number } }>('/stats');
    return stats.body.receipts.pending === 0;
  });
  await waitFor('all events are processed', async () => {
    return (await stack.collection('webhook_events').countDocuments({ status: { $ne: 'done' } })) === 0;
  });
}
