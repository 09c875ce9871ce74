import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

const sweepOlderThanMs = 1_000;

const inMs = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();

describe('e2e › scheduled, canceled, expired and swept messages', function () {
  this.timeout(60_000);
  const stack = useStack('lifecycle', {
    env: { SWEEP_INTERVAL_MS: '300', SWEEP_OLDER_THAN_MS: String(sweepOlderThanMs) },
  });
  let user: CrmUser;

  beforeEach(async () => {
    user = await signUp(stack().apiUrl);
  });

  it('a message with sendAt › accepted › scheduled, sent at its time and not before', async () => {
    const sendAt = inMs(2_500);
    const message = await user.send({ to: phoneEndingIn('01'), sendAt });
    assert.equal(message.status, 'scheduled');
    assert.equal(message.sendAt, sendAt);

    await user.waitForStatus(message.id, ['read']);
    const calls = await stack().ledgerOf(message.id);
    assert.equal(calls.length, 1);
    assert.ok(new Date(calls[0]?.at ?? 0) >= new Date(sendAt), 'the provider was called too early');
  });

  it('a scheduled message › canceled › never reaches the provider, and its workflow ends at once', async () => {
    const sendAt = inMs(2_000);
    const to = phoneEndingIn('01');
    const canceled = await user.send({ to, sendAt });
    const beside = await user.send({ to, sendAt });

    const answer = await user.call<MessageJson>(`/api/messages/${canceled.id}/cancel`, { method: 'POST' });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.status, 'canceled');
    await stack().waitForRun(canceled.id, 'COMPLETED');

    // The other message had the same time: once it has been sent, the time of the canceled one has passed too.
    await user.waitForStatus(beside.id, ['read']);
    assert.deepEqual(await stack().ledgerOf(canceled.id), []);
    assert.equal((await user.getMessage(canceled.id)).status, 'canceled');

    const again = await user.call<MessageJson>(`/api/messages/${canceled.id}/cancel`, { method: 'POST' });
    assert.equal(again.status, 200, 'a repeated cancel has the same answer');
    const late = await user.call<{ code: string }>(`/api/messages/${beside.id}/cancel`, { method: 'POST' });
    assert.deepEqual([late.status, late.body.code], [409, 'already-left']);
  });

  it('a scheduled message › moved to an earlier time › sent then, and can no longer be rescheduled', async () => {
    const message = await user.send({ to: phoneEndingIn('01'), sendAt: inMs(600_000) });
    const sendAt = inMs(1_000);
    const moved = await user.call<MessageJson>(`/api/messages/${message.id}`, {
      method: 'PATCH',
      body: { sendAt },
    });
    assert.deepEqual([moved.status, moved.body.sendAt], [200, sendAt]);
    await user.waitForStatus(message.id, ['read']);
    const [call, ...more] = await stack().ledgerOf(message.id);
    assert.deepEqual(more, []);
    assert.ok(new Date(call?.at ?? 0) >= new Date(sendAt));
    const late = await user.call<{ code: string }>(`/api/messages/${message.id}`, {
      method: 'PATCH',
      body: { sendAt: inMs(60_000) },
    });
    assert.deepEqual([late.status, late.body.code], [409, 'wrong-state']);
  });

  it('a scheduled message › its words edited, then sent at once › the new words leave, once', async () => {
    const order = (name: string) => ({ body: [name, '1042'] });
    const fields = { templateName: 'order_update', language: 'en_US', variables: order('Ana') };
    const message = await user.send({ to: phoneEndingIn('01'), ...fields, sendAt: inMs(600_000) });
    const path = `/api/messages/${message.id}`;
    for (const body of [{ variables: order('Ben') }, { sendAt: null }])
      assert.equal((await user.call(path, { method: 'PATCH', body })).status, 200);
    await user.waitForStatus(message.id, ['read']);
    const calls = await stack().ledgerOf(message.id);
    assert.equal(calls.length, 1);
    assert.match(JSON.stringify(calls), /"Ben"/);
    assert.doesNotMatch(JSON.stringify(calls), /"Ana"/);
  });

  it('rescheduled while its workflow could not be signalled › earlier: the sweep sends it; later: not sent too early', async () => {
    const earlier = await user.send({ to: phoneEndingIn('01'), sendAt: inMs(600_000) });
    const later = await user.send({ to: phoneEndingIn('01'), sendAt: inMs(3_000) });
    const messages = stack().collection<MessageDoc>('messages');
    const laterAt = new Date(Date.now() + 600_000);
    // As if the API had died between storing the time and signalling the workflow.
    const move = (id: string, sendAt: Date) =>
      messages.updateOne({ _id: new Types.ObjectId(id) }, { $set: { sendAt } });
    await move(earlier.id, new Date());
    await move(later.id, laterAt);
    await user.waitForStatus(earlier.id, ['read']);
    await waitFor('the other one is held until its new time', async () => {
      const { waiting } = (await messages.findOne({ _id: new Types.ObjectId(later.id) })) ?? {};
      return waiting?.gate === 'schedule' && waiting.until?.getTime() === laterAt.getTime();
    });
    assert.deepEqual(await stack().ledgerOf(later.id), []);
  });

  it('a message that expires while no worker runs › worker back › expired, never sent', async () => {
    await stack().worker.stop();
    const message = await user.send({ to: phoneEndingIn('01'), expiresAt: inMs(1_200) });
    await waitFor('its time is over', () => Date.now() > Date.parse(message.expiresAt ?? ''));
    await stack().worker.start();

    await user.waitForStatus(message.id, ['expired']);
    assert.deepEqual(await stack().ledgerOf(message.id), []);
    await stack().waitForRun(message.id, 'COMPLETED');
  });

  it('the API died between insert and workflow start › the sweep › starts the workflow, and the message is read', async () => {
    const stored = await insertLikeDyingApi(user);
    const read = await user.waitForStatus(stored, ['read']);
    assert.equal(read.attempts, 1);
    assert.equal((await stack().ledgerOf(stored)).length, 1);
    await stack().waitForRun(stored, 'COMPLETED');
  });

  it('an operator terminates the workflow of a queued message › the sweep › failed as workflow-closed, never sent', async () => {
    await stack().worker.stop();
    const message = await user.send({ to: phoneEndingIn('01') });
    await stack().temporalClient.workflow.getHandle(workflowIdOf(message.id)).terminate('by an operator');
    await stack().worker.start();

    const failed = await user.waitForStatus(message.id, ['failed']);
    assert.equal(failed.failure?.code, 'workflow-closed');
    assert.ok((failed.failure?.advice ?? '') !== '');
    assert.deepEqual(await stack().ledgerOf(message.id), []);
  });

  /**
   * The state after an API died following the insert: a stored message, old enough for the sweep, without a workflow.
   */
  async function insertLikeDyingApi(owner: CrmUser): Promise<string> {
    const template = await owner.send({ to: phoneEndingIn('01') });
    await owner.waitForStatus(template.id, ['read']);
    const messages = stack().collection<MessageDoc>('messages');
    const source = await messages.findOne({ _id: new Types.ObjectId(template.id) });
    assert.ok(source !== null);
    const timestamp = new Date(Date.now() - sweepOlderThanMs - 1);
    const { providerMessageId: _id, sweptAt: _at, pricing: _pricing, ...asAccepted } = source;
    const orphan: MessageDoc = {
      ...asAccepted,
      _id: new Types.ObjectId(),
      status: 'queued',
      timestamp,
      statusHistory: [{ key: `queued:${timestamp.getTime()}`, status: 'queued', timestamp }],
      dispatch: { attempt: 0, isCalling: false, attempts: [] },
    };
    await messages.insertOne(orphan);
    return orphan._id.toHexString();
  }
});
