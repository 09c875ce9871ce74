import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { callsByMessage, readLedger, takenCalls } from '../../proofs/shared/ledger.ts';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const conversations = 12;
const repliesEach = 4;

describe('e2e › the order of answers', function () {
  this.timeout(120_000);
  const stack = useStack('order', { env: { LOG_LEVEL: 'warn' } });
  let user: CrmUser;

  before(async () => {
    await stack().secondWorker.start();
    await stack().control('/behaviour', { method: 'PUT', body: { receipts: 'none' } });
    user = await signUp(stack().apiUrl);
  });

  /** A person who has just written, so that the window is open. */
  async function writer(): Promise<string> {
    const from = phoneEndingIn('01');
    const { phoneNumberId } = user;
    await stack().control('/inbound', { body: { phoneNumberId, from, type: 'text', text: 'Hi' } });
    const { clientId, channelId } = user;
    await waitFor(`the window of ${from} is open`, async () => {
      const [contacts, threads] = ['contacts', 'conversations'].map((name) => stack().collection(name));
      const contact = await contacts?.findOne({ clientId: new Types.ObjectId(clientId), phoneNumber: from });
      const key = { channelId: new Types.ObjectId(channelId), contactId: contact?._id };
      return (await threads?.findOne({ ...key, windowExpiresAt: { $exists: true } })) !== null;
    });
    return from;
  }

  async function reply(to: string, body: string): Promise<string> {
    const content = { type: 'text', body };
    const answer = await user.call<MessageJson>('/api/messages', { body: { to, content } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  }

  /** The ids in the order in which the provider took them. */
  async function takenOrder(ids: readonly string[]): Promise<readonly string[]> {
    return waitFor(
      `${ids.length} answers leave`,
      async () => {
        const items = takenCalls(await readLedger(stack().sandboxUrl));
        const calls = callsByMessage(items);
        if (!ids.every((id) => calls.has(id))) return undefined;
        return [...calls.keys()].filter((id) => ids.includes(id));
      },
      { timeoutMs: 60_000 },
    );
  }

  it('the first of three answers gets a passing 503 › 1, 2, 3', async () => {
    const to = await writer();
    await stack().control('/behaviour', {
      method: 'PUT',
      body: { nextErrors: [{ to, status: 503, code: 131000, times: 1 }] },
    });
    const ids: string[] = [];
    for (const body of ['1', '2', '3']) ids.push(await reply(to, body));
    assert.deepEqual(await takenOrder(ids), ids);
  });

  it(`${repliesEach} answers each in ${conversations} conversations at once, with two workers › all in order`, async () => {
    const people = await Promise.all(Array.from({ length: conversations }, writer));
    const orders = await Promise.all(
      people.map(async (to) => {
        const ids: string[] = [];
        for (let turn = 1; turn <= repliesEach; turn += 1) ids.push(await reply(to, `${turn}`));
        return ids;
      }),
    );
    for (const ids of orders) assert.deepEqual(await takenOrder(ids), ids);
  });
});
