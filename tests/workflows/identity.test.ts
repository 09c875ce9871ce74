import assert from 'node:assert/strict';
import { type WorkflowHandle } from '@temporalio/client';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createMessageWorkflows, type MessageWorkflows } from '../../src/sending/messages/workflows.ts';
import { buildMessage } from '../support/messages.ts';
import { accepted, dispatched, receipt, type Stage } from '../support/send-message-stage.ts';
import { useStage } from '../support/use-stage.ts';
import { waitFor } from '../support/wait.ts';

describe('message workflows', () => {
  let port: MessageWorkflows;
  const stage = useStage('identity');
  before(() => {
    port = createMessageWorkflows({
      weightOf: async () => 1,
      temporal: stage().client,
      attemptTimeoutMs: 20_000,
      dispatchTtlMs: 86_400_000,
      receiptDeadlineMs: 259_200_000,
    });
  });

  const handleOf = (message: MessageDoc): WorkflowHandle =>
    stage().client.workflow.getHandle(workflowIdOf(message._id.toHexString()));

  /** Registers activities for the message, so that its run finds them. */
  function expect(message: MessageDoc, activities: Parameters<Stage['cast']>[1] = {}) {
    return stage().cast(message._id.toHexString(), activities);
  }

  it('started twice › one run; started after its end › closed, and nothing is sent twice', async () => {
    const message = buildMessage();
    const calls = expect(message);
    const outcomes = await Promise.all([port.start(message), port.start(message), port.start(message)]);
    assert.deepEqual(outcomes, ['running', 'running', 'running']);
    const { runId } = await handleOf(message).describe();
    assert.equal(await port.start(message), 'running');
    const id = message._id.toHexString();
    assert.equal(await port.signalReceipts(id, [receipt('read')]), 'signaled');
    await handleOf(message).result();
    assert.equal(await port.start(message), 'closed');
    assert.equal(await port.signalReceipts(id, [receipt('delivered')]), 'closed');
    await port.cancel(id);
    assert.equal((await handleOf(message).describe()).runId, runId);
    assert.deepEqual(
      calls.map(({ name }) => name),
      ['dispatch', 'applyReceipts'],
    );
  });

  it('a message without a run › receipts find it closed, and cancelling is harmless', async () => {
    const id = buildMessage()._id.toHexString();
    assert.equal(await port.signalReceipts(id, [receipt('read')]), 'closed');
    await port.cancel(id);
  });

  it('a scheduled message with an expiry › both reach the run', async () => {
    const sendAt = new Date(Date.now() + 3_600_000);
    const message = buildMessage({
      sendAt,
      expiresAt: new Date(sendAt.getTime() + 3_600_000),
      status: 'scheduled',
    });
    const calls = expect(message);
    await port.start(message);
    const { events } = await handleOf(message).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    const input = JSON.parse(Buffer.from(started?.input?.payloads?.[0]?.data ?? '').toString()) as unknown;
    assert.deepEqual(input, {
      v: 1,
      clientId: message.clientId.toHexString(),
      channelId: message.channelId.toHexString(),
      messageId: message._id.toHexString(),
      sendAtMs: sendAt.getTime(),
      expiresAtMs: sendAt.getTime() + 3_600_000,
      attemptTimeoutMs: 20_000,
      dispatchTtlMs: 86_400_000,
      receiptDeadlineMs: 259_200_000,
      unknownDeadlineMs: 86_400_000,
    });
    await port.cancel(message._id.toHexString());
    // Completed by the update, or canceled if no worker answered in time.
    await Promise.allSettled([handleOf(message).result()]);
    assert.deepEqual(
      calls.map(({ name }) => name),
      ['withdraw'],
    );
  });

  it('operators’ view › search attributes, masked summary, current details; no phone number, no content', async () => {
    const message = buildMessage({ to: '+4915112345678' });
    expect(message, { dispatch: async () => dispatched(accepted, 2) });
    await port.start(message);
    await port.signalReceipts(message._id.toHexString(), [receipt('delivered')]);
    const handle = handleOf(message);
    const description = await handle.describe();
    assert.equal(await description.staticSummary(), 'hello_world · ····5678');
    const attributes = Object.fromEntries(
      description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    const { BuildIds: _builds, ...ours } = attributes;
    assert.deepEqual(ours, {
      ClientId: message.clientId.toHexString(),
      ChannelId: message.channelId.toHexString(),
      ConversationId: message.conversationId.toHexString(),
      TemplateName: 'hello_world',
      Kind: 'template',
    });
    const details = await waitFor('the details tell of the receipt', async () => {
      const told = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      return told.currentDetails.includes('receipt: delivered') && told.currentDetails;
    });
    assert.match(details, /^- `\d{4}-[^`]+` waiting for its place in the provider queue$/m);
    assert.match(details, /^- `[^`]+` attempt 2: sent$/m);
    const history = JSON.stringify(await handle.fetchHistory());
    for (const secret of ['4915112345678', 'Hello World']) {
      assert.ok(
        !history.includes(secret) && !history.includes(Buffer.from(secret).toString('base64')),
        secret,
      );
    }
    await waitFor('the list finds it by its channel', async () => {
      const found = stage().client.workflow.list({
        query: `ChannelId = '${message.channelId.toHexString()}'`,
      });
      for await (const { workflowId } of found) return workflowId === handle.workflowId;
      return false;
    });
    await port.signalReceipts(message._id.toHexString(), [receipt('read')]);
    await handle.result();
  });
});
