import assert from 'node:assert/strict';
import { maxInWindow, minGap } from '../../bench/stats.ts';
import { messageIdOf, readLedger, type LedgerItem } from '../../proofs/shared/ledger.ts';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const limit = 10;
/** Meta's limit for one recipient. */
const pairMs = 6_000;
/** How much later than its permit a call may arrive on a busy machine. unit/rates/pair-rules holds the permits exactly. */
const arrivalMs = 3_000;
const peopleCount = 150;
const talkedTo = 12;
const bulkToOne = 3;
const replyCount = 5;

describe('e2e › rates', function () {
  this.timeout(240_000);
  const stack = useStack('rates', {
    env: { LOG_LEVEL: 'warn', PROVIDER_SENDS_PER_SECOND: String(limit) },
    isWorkerLate: true,
  });
  let user: CrmUser;
  before(async () => {
    await stack().control('/behaviour', {
      method: 'PUT',
      body: { limits: 'meta', sendsPerSecond: limit, receipts: 'none' },
    });
    user = await signUp(stack().apiUrl);
    const marketing = { $set: { category: 'marketing' } };
    await stack().collection('templates').updateMany({ name: 'hello_world' }, marketing);
  });

  const ledger = async (): Promise<readonly LedgerItem[]> => readLedger(stack().sandboxUrl);

  /** Contacts who have written, so that an agent may reply. */
  async function openThreads(count: number): Promise<readonly string[]> {
    const { phoneNumberId } = user;
    for (let index = 0; index < count; index += 1) {
      const body = { phoneNumberId, from: phoneEndingIn('01'), type: 'text', text: 'Are you open?' };
      assert.equal((await stack().control('/inbound', { body })).status, 200);
    }
    return waitFor('all threads are open', async () => {
      const found = await stack()
        .collection('conversations')
        .find({ windowExpiresAt: { $exists: true } })
        .toArray();
      return found.length === count && found.map(({ _id }) => String(_id));
    });
  }

  async function reply(conversationId: string): Promise<MessageJson> {
    const body = { conversationId, content: { type: 'text', body: 'Until six.' } };
    const answer = await user.call<MessageJson>('/api/messages', { body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }

  const sendAll = (recipients: readonly string[], templateName: string): Promise<MessageJson[]> =>
    Promise.all(
      recipients.map((to) =>
        user.send({
          to,
          templateName,
          ...(templateName === 'hello_world' ? {} : { variables: { body: ['Ana', '1042'] } }),
        }),
      ),
    );

  it('two workers, 170 messages over one number › its limits hold, replies overtake, each message is sent once', async () => {
    await Promise.all([stack().worker.start(), stack().secondWorker.start()]);
    const threads = await openThreads(replyCount);
    const oneOfMany = phoneEndingIn('01');
    const friend = phoneEndingIn('01');
    const bulk = await sendAll(
      [
        ...Array.from({ length: bulkToOne }, () => oneOfMany),
        ...Array.from({ length: peopleCount }, () => phoneEndingIn('01')),
      ],
      'hello_world',
    );
    const talk = await sendAll(
      Array.from({ length: talkedTo }, () => friend),
      'order_update',
    );
    await waitFor('both workers have a share of the rate', async () => {
      const [rate] = await stack().collection('channel_rates').find().toArray();
      return (rate?.['leases'] as unknown[] | undefined)?.length === 2;
    });
    const replies = await Promise.all(threads.map(reply));
    const sentBefore = (await ledger()).length;
    const all = [...bulk, ...talk, ...replies].map(({ id }) => id);
    const calls = await waitFor(
      'all have left',
      async () => (await ledger()).length >= all.length && ledger(),
      {
        timeoutMs: 150_000,
        everyMs: 500,
      },
    );

    assert.deepEqual(calls.map(messageIdOf).toSorted(), all.toSorted());
    assert.deepEqual(
      calls.filter(({ wamid }) => wamid === null),
      [],
      'the provider refuses none',
    );
    const at = (items: readonly LedgerItem[]) => items.map((item) => Date.parse(item.at));
    assert.ok(maxInWindow(at(calls), 1_000) <= limit, `${maxInWindow(at(calls), 1_000)} in one second`);
    const digits = oneOfMany.slice(1);
    const pair = minGap(at(calls.filter(({ to }) => to?.endsWith(digits))));
    assert.ok(pair !== null && pair >= pairMs - arrivalMs, `bulk to one person ${pair} ms apart`);

    const answered = new Set(replies.map(({ id }) => id));
    const lastReply = calls.findLastIndex((item) => answered.has(messageIdOf(item)));
    const overtaken = calls.length - 1 - lastReply;
    const waiting = calls.length - sentBefore;
    assert.ok(waiting >= 30, `only ${waiting} still waited when the replies were accepted`);
    assert.ok(overtaken >= waiting / 2, `the replies overtake only ${overtaken} of ${waiting}`);
  });

  it('a slow channel’s backlog beside a fast channel of another business › does not delay the fast one', async () => {
    const behaviour = { limits: 'meta', sendsPerSecond: null, receipts: 'none' };
    await stack().control('/behaviour', { method: 'PUT', body: behaviour });
    const [slow, fast] = [await signUp(stack().apiUrl), await signUp(stack().apiUrl)];
    await setRate(slow, 5);
    await setRate(fast, 20);
    const sendTo = (sender: CrmUser, count: number) =>
      Promise.all(Array.from({ length: count }, () => sender.send({ to: phoneEndingIn('01') })));
    const callsOf = async ({ phoneNumberId }: CrmUser) =>
      (await ledger())
        .filter((item) => item.phoneNumberId === phoneNumberId)
        .map((item) => Date.parse(item.at));
    await sendTo(slow, 120);
    await waitFor('the slow channel sends', async () => (await callsOf(slow)).length > 0);
    await sendTo(fast, 60);
    const calls = await waitFor(
      'the fast channel has sent everything',
      async () => {
        const found = await callsOf(fast);
        return found.length === 60 && found;
      },
      { timeoutMs: 150_000 },
    );
    const lastMs = Math.max(...calls);
    const slowCalls = await callsOf(slow);
    const before = slowCalls.filter((atMs) => atMs <= lastMs).length;
    // Behind the slow channel's backlog, the fast one would finish only after all 120.
    assert.ok(before <= 100, `the slow channel had sent ${before} of 120 when the fast one was through`);
    assert.ok(maxInWindow(slowCalls, 1_000) <= 5 && maxInWindow(calls, 1_000) <= 20);
  });

  async function setRate(of: CrmUser, sendsPerSecond: number): Promise<void> {
    const changed = await of.call(`/api/channels/${of.channelId}`, {
      method: 'PATCH',
      body: { sendsPerSecond },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
  }
});
