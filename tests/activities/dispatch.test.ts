import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { createCrmMetrics } from '../../src/app/instruments.ts';
import { createDispatchObserver } from '../../src/sending/observers.ts';
import { observeGateway } from '../../src/whatsapp/observers.ts';
import { heartbeatTimeoutMs } from '../../src/sending/messages/contract.ts';
import { newId, newUuid } from '../../src/platform/ids.ts';
import { createCloudApiGateway } from '../../src/whatsapp/cloud-api.ts';
import type { Gateway } from '../../src/whatsapp/gateway.ts';
import {
  runActivity,
  runDispatch,
  setDispatchStage,
  words,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';
import { readMetric } from '../support/metrics.ts';

/** Fewer would let one that is held up count as silence. */
const beatMs = heartbeatTimeoutMs / 3;

describe('dispatch', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  const dispatch = (given: Sendable) => runDispatch(stage.deps, given);

  /** The failure of an attempt that must be retried. */
  async function retryOf(given: Sendable): Promise<ApplicationFailure> {
    const error = await dispatch(given).then(
      (result) => assert.fail(JSON.stringify(result)),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ApplicationFailure, String(error));
    return error;
  }

  it('the provider accepts › one call, and the message is sent', async () => {
    const given = await stage.sendable('+15550001101');
    const result = await dispatch(given);
    const [call, ...others] = await stage.callsFor(given);
    assert.deepEqual(others, []);
    assert.deepEqual(result, {
      kind: 'dispatched',
      outcome: { kind: 'accepted', providerMessageId: call?.wamid, isHeld: false },
      attempt: 1,
      isRecorded: true,
    });
    assert.equal(call?.phoneNumberId, `sandbox-${given.input.channelId}`);
    assert.deepEqual(call?.body, {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '+15550001101',
      type: 'template',
      template: { name: 'hello_world', language: { code: 'en_US' } },
      biz_opaque_callback_data: `${given.input.messageId}:1`,
    });
    const stored = await stage.stored(given);
    assert.equal(stored.status, 'sent');
    assert.equal(stored.providerMessageId, call?.wamid);
    assert.deepEqual(words(stored), ['queued', 'sending', 'sent']);
    assert.equal(stored.dispatch.isCalling, false);
    assert.deepEqual(
      stored.dispatch.attempts.map(({ number, outcome }) => [number, outcome]),
      [[1, 'accepted']],
    );
  });

  it('observed › reports the first call and the last outcome; the metrics count both', async () => {
    const metrics = createCrmMetrics('worker');
    const deps = {
      ...stage.deps,
      gateway: observeGateway({ ...stage.deps.gateway } as Gateway, metrics),
      observer: createDispatchObserver(metrics),
    };
    await runDispatch(deps, await stage.sendable('+15550001101'));
    const refused = await stage.sendable('+15550001108');
    await runDispatch(deps, refused);
    for (const [series, count] of [
      ['crm_acceptance_to_call_seconds_count{priority="3"}', 2],
      ['crm_provider_calls_per_message_sum{outcome="accepted"}', 1],
      ['crm_provider_calls_per_message_sum{outcome="rejected"}', 1],
      ['crm_provider_answers_total{class="accepted",code="none"}', 1],
      ['crm_provider_answers_total{class="template",code="132001"}', 1],
      ['crm_provider_call_seconds_count{outcome="accepted"}', 1],
    ] as const) {
      assert.equal(await readMetric(metrics, series), count, series);
    }
  });

  it('accepted but held for a quality assessment › sent, never sent again', async () => {
    const given = await stage.sendable('+15550001101');
    const outcome = { kind: 'accepted', providerMessageId: 'wamid.held', isHeld: true } as const;
    const gateway = { ...stage.deps.gateway, send: async () => outcome };
    const result = await runDispatch({ ...stage.deps, gateway }, given);
    assert.deepEqual(result, { kind: 'dispatched', outcome, attempt: 1, isRecorded: true });
    const stored = await stage.stored(given);
    assert.equal(stored.status, 'sent');
    assert.deepEqual(stored.statusHistory.at(-1)?.raw, { held: true });
  });

  const unclear: readonly [string, string, object?][] = [
    ['the connection is cut before the answer', '+15550001105'],
    ['the answer comes too late', '+15550001104'],
    ['503 with a page', '+15550001122', { status: 503, body: '<html>' }],
  ];
  for (const [name, to, answer] of unclear) {
    it(`${name} › unknown, and a second attempt makes no call`, async () => {
      if (answer !== undefined) await stage.behave({ nextErrors: [{ to, ...answer }] });
      const given = await stage.sendable(to);
      const result = await dispatch(given);
      assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'unknown', JSON.stringify(result));
      assert.equal((await stage.stored(given)).status, 'unknown');
      const again = await dispatch(given);
      assert.deepEqual(again, { kind: 'settled', status: 'unknown', attempt: 1 });
      assert.equal((await stage.callsFor(given)).length, 1);
    });
  }

  const refusals: readonly [string, string, object | undefined, string, string][] = [
    ['the template does not exist', '+15550001108', undefined, '132001', 'template'],
    ['the window is closed', '+15550001133', { status: 400, code: 131047 }, '131047', 'window'],
    ['a bad parameter', '+15550001134', { status: 400, code: 131009 }, '131009', 'message'],
  ];
  for (const [name, to, answer, code, errorClass] of refusals) {
    it(`${name} › rejected permanently, with its code and class`, async () => {
      if (answer !== undefined) await stage.behave({ nextErrors: [{ to, ...answer }] });
      const given = await stage.sendable(to);
      const result = await dispatch(given);
      assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'rejected', JSON.stringify(result));
      assert.deepEqual([result.outcome.failure.code, result.outcome.failure.class], [code, errorClass]);
      const stored = await stage.stored(given);
      assert.equal(stored.status, 'failed');
      const { failure } = result.outcome;
      assert.deepEqual(stored.failure, { at: stored.dispatch.attempts[0]?.endedAt, ...failure });
      assert.equal(stored.dispatch.attempts[0]?.code, code);
      assert.deepEqual(await dispatch(given), { kind: 'settled', status: 'failed', attempt: 1, failure });
    });
  }

  const refusedSenders: readonly [string, string, object, RegExp][] = [
    [
      'the token has expired',
      '+15550001131',
      { status: 401, code: 190 },
      /The access token has expired, 190$/,
    ],
    ['the number is locked', '+15550001132', { status: 403, code: 131031 }, /The account is locked, 131031$/],
  ];
  for (const [name, to, answer, reason] of refusedSenders) {
    it(`${name} › the channel is paused, the message is held and not lost, and no call is made`, async () => {
      await stage.behave({ nextErrors: [{ to, ...answer }] });
      const given = await stage.sendable(to);
      const result = await dispatch(given);
      assert.ok(result.kind === 'held' && result.gate === 'channel', JSON.stringify(result));
      assert.match(result.reason, reason);
      const stored = await stage.stored(given);
      assert.deepEqual([stored.status, stored.dispatch.isCalling], ['sending', false]);
      assert.match(stored.waiting?.reason ?? '', reason);
      const channel = await stage.collection('channels').findOne({ _id: given.message.channelId });
      assert.equal(channel?.['state'], 'paused');
      assert.equal((await dispatch(given)).kind, 'held');
      assert.equal((await stage.callsFor(given)).length, 1);
    });
  }

  it('a transient refusal, twice › thrown with the delay, the claim released, then sent', async () => {
    const given = await stage.sendable('+15550001106');
    for (const attempt of [1, 2]) {
      const failure = await retryOf(given);
      assert.equal(failure.type, 'WA_130429');
      assert.equal(failure.nonRetryable, false);
      const delayMs = Number(failure.nextRetryDelay);
      assert.ok(delayMs >= 1_000 && delayMs <= 1_250, `${delayMs} ms`);
      const between = await stage.stored(given);
      assert.equal(between.status, 'sending');
      assert.deepEqual([between.dispatch.isCalling, between.dispatch.attempt], [false, attempt]);
    }
    const result = await dispatch(given);
    assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'accepted');
    assert.equal(result.attempt, 3);
    const stored = await stage.stored(given);
    assert.deepEqual(
      stored.dispatch.attempts.map(({ number, outcome, code }) => [number, outcome, code]),
      [
        [1, 'retry', '130429'],
        [2, 'retry', '130429'],
        [3, 'accepted', undefined],
      ],
    );
    const calls = await stage.callsFor(given);
    assert.deepEqual(
      calls.map(({ opaque, wamid }) => [opaque?.split(':')[1], wamid !== null]),
      [
        ['1', false],
        ['2', false],
        ['3', true],
      ],
    );
  });

  it('a transient error that persists › rejected after the number of calls in the table', async () => {
    const to = '+15550001135';
    await stage.behave({ nextErrors: [{ to, status: 500, code: 131000, times: 10 }] });
    const given = await stage.sendable(to);
    for (let attempt = 1; attempt <= 3; attempt += 1) assert.equal((await retryOf(given)).type, 'WA_131000');
    const result = await dispatch(given);
    assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'rejected');
    assert.equal(result.outcome.failure.code, '131000');
    assert.equal((await stage.callsFor(given)).length, 4);
  });

  it('a slow provider › heartbeats during the call, and none after it', async () => {
    const given = await stage.sendable('+15550001101');
    const send: Gateway['send'] = async (...call) => {
      const answer = await stage.deps.gateway.send(...call);
      await sleep(beatMs + 500);
      return answer;
    };
    let beats = 0;
    const slow = { ...stage.deps, gateway: { ...stage.deps.gateway, send } };
    const result = await runActivity(slow, 'dispatch', given.input, () => void (beats += 1));
    assert.equal(result.kind, 'dispatched');
    assert.equal(beats, 1);
  }).timeout(beatMs + 15_000);

  it('the provider cannot be reached › thrown for a retry; nothing was sent', async () => {
    const apiUrl = 'http://127.0.0.1:9';
    const gateway = createCloudApiGateway({ apiUrl, apiVersion: 'v25.0', timeoutMs: 500, connections: 1 });
    const given = await stage.sendable('+15550001101');
    await assert.rejects(runDispatch({ ...stage.deps, gateway }, given), { type: 'WA_not-reached' });
    await gateway.close();
    assert.equal((await stage.stored(given)).dispatch.isCalling, false);
    assert.equal((await dispatch(given)).kind, 'dispatched');
    assert.equal((await stage.callsFor(given)).length, 1);
  });

  it('the worker that claimed it has died › unknown, and the next worker makes no call', async () => {
    const given = await stage.sendable('+15550001101');
    const { scope, message } = given;
    const claim = await stage.messages.claim(scope, message._id, { token: newUuid(), now: new Date() });
    assert.equal(claim?.decision, 'call');
    const metrics = createCrmMetrics('worker');
    const observer = createDispatchObserver(metrics);
    const result = await runDispatch({ ...stage.deps, observer }, given);
    assert.deepEqual(result, {
      kind: 'dispatched',
      outcome: { kind: 'unknown', reason: 'the worker was lost during the call' },
      attempt: 1,
      isRecorded: true,
    });
    assert.equal((await stage.stored(given)).status, 'unknown');
    assert.deepEqual(await stage.callsFor(given), []);
    assert.equal(await readMetric(metrics, 'crm_provider_calls_per_message_count{outcome="unknown"}'), 1);
  });

  it('two attempts at the same moment › one call', async () => {
    for (let round = 0; round < 5; round += 1) {
      const given = await stage.sendable('+15550001101');
      await Promise.all([dispatch(given), dispatch(given), dispatch(given)]);
      const [call, ...others] = await stage.callsFor(given);
      assert.deepEqual(others, []);
      // The others found a call in progress and reported unknown; the answer that arrives later takes precedence.
      const stored = await stage.stored(given);
      assert.deepEqual([stored.status, stored.providerMessageId], ['sent', call?.wamid]);
    }
  });

  for (const status of ['canceled', 'read', 'delivered', 'failed'] as const) {
    it(`found ${status} › settled without a call`, async () => {
      const given = await stage.sendable('+15550001101', {
        status,
        providerMessageId: newId().toHexString(),
      });
      assert.deepEqual(await dispatch(given), {
        kind: 'settled',
        status,
        attempt: 0,
        providerMessageId: given.message.providerMessageId,
      });
      assert.deepEqual(await stage.callsFor(given), []);
    });
  }

  it('past its expiry › expired without a call', async () => {
    const given = await stage.sendable('+15550001101', { expiresAt: new Date(Date.now() - 1) });
    assert.deepEqual(await dispatch(given), { kind: 'settled', status: 'expired', attempt: 0 });
    assert.deepEqual(words(await stage.stored(given)), ['queued', 'expired']);
    assert.deepEqual(await stage.callsFor(given), []);
  });

  it('no such message, or of another client › not retryable, and no call', async () => {
    const given = await stage.sendable('+15550001101');
    const gone = { ...given, input: { ...given.input, messageId: newId().toHexString() } };
    assert.deepEqual(
      [(await retryOf(gone)).type, (await retryOf(gone)).nonRetryable],
      ['message-missing', true],
    );
    const foreign = { ...given, input: { ...given.input, clientId: newId().toHexString() } };
    assert.equal((await retryOf(foreign)).type, 'message-missing');
    assert.deepEqual(await stage.callsFor(given), []);
  });
});

describe('state activities', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  it('the outcome is recorded twice, and after a receipt › once, and the receipt stands', async () => {
    const given = await stage.sendable('+15550001101');
    const { scope, message, input } = given;
    await stage.messages.claim(scope, message._id, { token: newUuid(), now: new Date() });
    const receipt = { word: 'read', status: 'read' as const, providerMessageId: 'wamid.1', timestampMs: 1 };
    await runActivity(stage.deps, 'applyReceipts', { ...input, receipts: [receipt] });
    const outcome = { kind: 'accepted', providerMessageId: 'wamid.1', isHeld: false } as const;
    for (let time = 0; time < 2; time += 1) {
      await runActivity(stage.deps, 'recordOutcome', { ...input, outcome, attempt: 1 });
    }
    const stored = await stage.stored(given);
    assert.deepEqual([stored.status, stored.providerMessageId], ['read', 'wamid.1']);
    assert.equal(stored.dispatch.isCalling, false);
    assert.equal(stored.dispatch.attempts.length, 1);
  });

  it('an outcome of an earlier call › changes nothing', async () => {
    const given = await stage.sendable('+15550001101', {
      dispatch: { attempt: 2, isCalling: true, attempts: [] },
    });
    const outcome = { kind: 'unknown', reason: 'late' } as const;
    await runActivity(stage.deps, 'recordOutcome', { ...given.input, outcome, attempt: 1 });
    const stored = await stage.stored(given);
    assert.deepEqual([stored.status, stored.dispatch.isCalling], ['queued', true]);
  });

  it('withdrawn › its status, with the failure if it failed; repeated › the same', async () => {
    const failure = { code: 'x', class: 'internal', title: 't', detail: 'd', advice: 'a' };
    for (const reason of ['canceled', 'expired', 'failed'] as const) {
      const given = await stage.sendable('+15550001101');
      for (let time = 0; time < 2; time += 1) {
        const answer = await runActivity(stage.deps, 'withdraw', { ...given.input, reason, failure });
        assert.equal(answer, reason);
      }
      const stored = await stage.stored(given);
      assert.deepEqual(words(stored), ['queued', reason]);
      const at = stored.statusHistory.at(-1)?.timestamp;
      assert.deepEqual(stored.failure, reason === 'failed' ? { at, ...failure } : undefined);
    }
  });

  it('a message that does not exist › an error that is not retryable', async () => {
    const { input } = await stage.sendable('+15550001101');
    const gone = { ...input, messageId: newId().toHexString() };
    await assert.rejects(runActivity(stage.deps, 'withdraw', { ...gone, reason: 'canceled' }), {
      type: 'message-missing',
      nonRetryable: true,
    });
  });
});
