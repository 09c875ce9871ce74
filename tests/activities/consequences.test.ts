import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { ChannelDoc } from '../../src/channels/store/model.ts';
import type { ContactDoc } from '../../src/people/contacts/store/model.ts';
import type { DispatchResult, Receipt } from '../../src/sending/messages/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { toFailure } from '../../src/sending/messages/rules.ts';
import {
  runActivity,
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';
import { waitFor } from '../support/wait.ts';

const dayMs = 24 * 3_600_000;

describe('effects of a refusal', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  let last = 0;
  /** A random number whose last digits have no meaning for the sandbox. */
  const newNumber = (): string => `+1555100${String((last += 1)).padStart(2, '0')}50`;

  async function refusedBy(code: number, changes: Partial<MessageDoc> = {}): Promise<Sendable> {
    const to = newNumber();
    await stage.behave({ nextErrors: [{ to: to.slice(1), code }] });
    return stage.sendable(to, changes);
  }

  /** Another message to the same contact on the same channel. */
  const besides = (given: Sendable, changes: Partial<MessageDoc> = {}): Promise<Sendable> =>
    stage.another(given, given.message.to ?? '', { changes });

  const channelOf = async ({ message }: Sendable): Promise<ChannelDoc> => {
    const channel = await stage.collection<ChannelDoc>('channels').findOne({ _id: message.channelId });
    assert.ok(channel);
    return channel;
  };
  const templateOf = ({ message: { channelId, templateName: name } }: Sendable) =>
    stage.collection('templates').findOne({ channelId, name });
  const followersOf = ({ _id }: MessageDoc): Promise<MessageDoc[]> =>
    stage.collection<MessageDoc>('messages').find({ retryOf: _id }).toArray();

  async function held(given: Sendable): Promise<Extract<DispatchResult, { kind: 'held' }>> {
    const result = await runDispatch(stage.deps, given);
    assert.ok(result.kind === 'held', JSON.stringify(result));
    return result;
  }

  async function thrownBy(given: Sendable): Promise<ApplicationFailure> {
    const error = await runDispatch(stage.deps, given).then(
      (result) => assert.fail(JSON.stringify(result)),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ApplicationFailure, String(error));
    return error;
  }

  async function accepted(given: Sendable): Promise<void> {
    const result = await runDispatch(stage.deps, given);
    assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'accepted', JSON.stringify(result));
  }

  const fail = (given: Sendable, code: number, detail = 'Detail') =>
    runActivity(stage.deps, 'followFailure', {
      ...given.input,
      failure: toFailure({ code, title: 'Title', detail }),
    });

  for (const [code, pauseClass] of [
    [131042, 'sender'],
    [190, 'credentials'],
  ] as const) {
    it(`${code} › the channel is paused, the claim is released, and other messages are held without a call`, async () => {
      const given = await refusedBy(code);
      const result = await held(given);
      assert.deepEqual(
        { gate: result.gate, attempt: result.attempt, untilMs: result.untilMs },
        { gate: 'channel', attempt: 1, untilMs: undefined },
      );
      const { state, stateReason, pause } = await channelOf(given);
      assert.equal(state, 'paused');
      assert.deepEqual(
        { class: pause?.class, code: pause?.code, checks: pause?.checks },
        { class: pauseClass, code: String(code), checks: 0 },
      );
      assert.match(stateReason ?? '', new RegExp(`, ${code}\\. `));
      const { status, dispatch, waiting, failure } = await stage.stored(given);
      assert.deepEqual(
        { status, isCalling: dispatch.isCalling, gate: waiting?.gate, failure },
        { status: 'sending', isCalling: false, gate: 'channel', failure: undefined },
      );
      assert.match(waiting?.reason ?? '', new RegExp(`, ${code}$`));
      const other = await besides(given);
      assert.match((await held(other)).reason, /^channel paused: /);
      await held(given);
      assert.equal((await stage.callsFor(given)).length, 1);
      assert.deepEqual(await stage.callsFor(other), []);
    });
  }

  it('a second reason while the channel is paused › the first reason stays', async () => {
    const given = await refusedBy(131042);
    await held(given);
    const pauses = stage.deps.effects;
    const error = { code: 131031, title: 'Locked', detail: '' };
    await pauses.afterRefusal(given.scope, await stage.stored(given), error);
    assert.equal((await channelOf(given)).pause?.code, '131042');
  });

  it('130429 › the channel is slowed down, and the message is retried', async () => {
    const given = await refusedBy(130429);
    assert.equal((await thrownBy(given)).type, 'WA_130429');
    const { sendsPerSecond: perSecond } = await channelOf(given);
    const line = { scope: given.scope, channelId: given.message.channelId, perSecond };
    const { effectivePerSecond, slowedAt } = await stage.deps.rates.channelRate(line);
    assert.ok(effectivePerSecond < perSecond, `${effectivePerSecond} of ${perSecond}`);
    assert.notEqual(slowedAt, null);
  });

  it('131056 › other messages to the same contact wait, those to other contacts are sent', async () => {
    const given = await refusedBy(131056);
    const delayMs = Number((await thrownBy(given)).nextRetryDelay);
    assert.ok(delayMs >= 1_000 && delayMs <= 1_250, `${delayMs} ms`);
    const same = await besides(given);
    assert.equal((await thrownBy(same)).type, 'WAIT_pair');
    assert.equal((await stage.stored(same)).waiting?.gate, 'pair');
    assert.deepEqual(await stage.callsFor(same), []);
    await accepted(await stage.another(given, newNumber()));
  });

  it('131063 › the next call goes to the marketing endpoint; later only marketing does', async () => {
    const given = await refusedBy(131063, {
      templateName: 'order_update',
      content: { template: { name: 'order_update', language: { code: 'en_US' } } },
    });
    const { channelId } = given.message;
    await stage
      .collection('templates')
      .updateOne({ channelId, name: 'order_update' }, { $set: { category: 'marketing' } });
    const failure = await thrownBy(given);
    assert.deepEqual([failure.type, failure.nextRetryDelay], ['WA_131063', 1_000]);
    assert.equal((await channelOf(given)).usesMarketingEndpoint, true);
    await runDispatch(stage.deps, given);
    const edges = (await stage.callsFor(given)).map(({ edge }) => edge);
    assert.deepEqual(edges, [undefined, 'marketing_messages']);
    const utility = await besides(given);
    await accepted(utility);
    assert.deepEqual(
      (await stage.callsFor(utility)).map(({ edge }) => edge),
      [undefined],
    );
  });

  it('132015 › the template is paused and its messages are held without a call', async () => {
    const given = await refusedBy(132015);
    assert.equal((await held(given)).gate, 'template');
    const template = await templateOf(given);
    assert.deepEqual([template?.['status'], template?.['needsSync']], ['paused', true]);
    const other = await besides(given);
    assert.match((await held(other)).reason, /^template hello_world paused: /);
    assert.deepEqual(await stage.callsFor(other), []);
    assert.equal((await channelOf(given)).state, 'active');
  });

  for (const [code, status] of [
    [132016, 'disabled'],
    [132001, 'approved'],
    [132068, 'approved'],
  ] as const) {
    it(`${code} › the message fails, the template is ${status} and is read again`, async () => {
      const given = await refusedBy(code);
      const result = await runDispatch(stage.deps, given);
      assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'rejected', JSON.stringify(result));
      await fail(given, code);
      const template = await templateOf(given);
      assert.deepEqual([template?.['status'], template?.['needsSync']], [status, true]);
      const { channelId } = given.message;
      const sync = await stage.collection('template_syncs').findOne({ channelId });
      const inMs = sync?.['nextSyncAt'] - Date.now();
      // The state that the refusal reports is trusted for a while, whatever the list says.
      assert.ok(status === 'approved' ? inMs <= 0 : inMs > 30_000 && inMs <= 60_000, `${inMs} ms`);
    });
  }

  it('132016 › messages held by the pause are woken and fail without a call; a late pause holds nothing', async () => {
    const given = await refusedBy(132015);
    await held(given);
    const waiting = await besides(given);
    await held(waiting);
    await stage.collection('messages').updateOne({ _id: given.message._id }, { $set: { status: 'failed' } });
    await fail(given, 132016);
    const { channelId } = given.message;
    const opening = await stage.collection('gate_openings').findOne({ channelId });
    assert.deepEqual([opening?.['gate'], opening?.['templateName']], ['template', 'hello_world']);
    for (const next of [waiting, await besides(given)]) {
      const result = await runDispatch(stage.deps, next);
      assert.ok(result.kind === 'settled' && result.status === 'failed', JSON.stringify(result));
      const { status, failure } = await stage.stored(next);
      assert.deepEqual(
        { status, code: failure?.code, class: failure?.class },
        { status: 'failed', code: 'template-not-approved', class: 'template' },
      );
      assert.match(failure?.detail ?? '', /132016/);
      assert.deepEqual(await stage.callsFor(next), []);
    }
    await fail(given, 132015);
    assert.equal((await templateOf(given))?.['status'], 'disabled');
  });

  it('131050 › marketing stops and its waiting messages are canceled; other messages are sent', async () => {
    const given = await stage.sendable(newNumber(), { status: 'failed' });
    const marketing = await besides(given, { category: 'marketing' });
    const utility = await besides(given, { category: 'utility' });
    await fail(given, 131050);
    await fail(given, 131050);
    const contact = await stage.collection('contacts').findOne({ _id: given.message.contactId });
    assert.equal(contact?.['marketingStopped'], true);
    assert.equal(contact?.['consentLog'].length, 1, 'recorded once, however often its effects are applied');
    assert.equal((await stage.stored(marketing)).status, 'canceled');
    await accepted(utility);
  });

  it('131026 in an answer › the number is suspect from the failure on; the next message is sent nevertheless', async () => {
    const given = await refusedBy(131026);
    const result = await runDispatch(stage.deps, given);
    assert.ok(result.kind === 'dispatched' && result.outcome.kind === 'rejected', JSON.stringify(result));
    await fail(given, 131026);
    const { contactId } = given.message;
    const contacts = stage.collection<ContactDoc>('contacts');
    const marked = await contacts.findOne({ _id: contactId });
    const failedAt = (await stage.stored(given)).statusHistory.at(-1)?.timestamp;
    assert.deepEqual([marked?.numberSuspect?.code, marked?.numberSuspect?.at], ['131026', failedAt]);
    await fail(given, 131026);
    assert.deepEqual(
      await contacts.findOne({ _id: contactId }),
      marked,
      'recorded once, however often its effects are applied',
    );
    const next = await besides(given);
    await accepted(next);
    assert.equal((await stage.stored(next)).dispatch.isToSuspect, true);
    await contacts.updateOne({ _id: contactId }, { $unset: { numberSuspect: '' } });
    const last = await besides(given);
    await accepted(last);
    assert.equal((await stage.stored(last)).dispatch.isToSuspect, undefined);
  });

  it('131026 of a message sent by user id › no number becomes suspect', async () => {
    const given = await stage.sendable(newNumber(), { status: 'failed', recipientUserId: 'US.1349' });
    await stage.collection('messages').updateOne({ _id: given.message._id }, { $unset: { to: '' } });
    await fail(given, 131026);
    const contact = await stage.collection('contacts').findOne({ _id: given.message.contactId });
    assert.equal(contact?.['numberSuspect'], undefined);
  });

  it('131047 › the window counts as closed: a free-form message fails before the call', async () => {
    const given = await stage.sendable(newNumber(), { status: 'failed' });
    const payload = { type: 'text', text: { body: 'Hello' } } as const;
    const written = { messageType: 'text', content: { payload } } as const;
    await accepted(await besides(given, written));
    await fail(given, 131047);
    const late = await besides(given, written);
    const result = await runDispatch(stage.deps, late);
    assert.ok(result.kind === 'settled' && result.failure?.code === 'window-closed', JSON.stringify(result));
    assert.deepEqual(await stage.callsFor(late), []);
  });

  it('131049 › two automatic retries, each a day later, and no third', async () => {
    let given = await stage.sendable(newNumber(), { status: 'failed' });
    for (const number of [1, 2]) {
      await fail(given, 131049);
      await fail(given, 131049);
      const [follower, ...others] = await followersOf(given.message);
      assert.ok(follower);
      assert.deepEqual(others, []);
      assert.deepEqual([follower.retryNumber, follower.status], [number, 'scheduled']);
      const aheadMs = (follower.sendAt?.getTime() ?? 0) - Date.now();
      assert.ok(aheadMs > dayMs && aheadMs < dayMs + 10 * 60_000, `${aheadMs} ms`);
      assert.deepEqual((await stage.stored(given)).retriedBy, follower._id);
      await stage.collection('messages').updateOne({ _id: follower._id }, { $set: { status: 'failed' } });
      const input = { ...given.input, messageId: follower._id.toHexString() };
      given = { scope: given.scope, message: follower, input };
    }
    await fail(given, 131049);
    assert.deepEqual(await followersOf(given.message), []);
  });

  it('131000 in a receipt › three automatic retries, each after a longer wait, and no fourth', async () => {
    const timestamp = new Date();
    let given = await stage.sendable(newNumber(), {
      ...{ status: 'failed', timestamp },
      providerMessageId: 'w0',
    });
    for (const [index, minutes] of [1, 4, 16].entries()) {
      await fail(given, 131000);
      await fail(given, 131000);
      const [follower, ...others] = await followersOf(given.message);
      assert.ok(follower);
      assert.deepEqual(others, []);
      assert.deepEqual([follower.retryNumber, follower.status], [index + 1, 'scheduled']);
      const aheadMs = (follower.sendAt?.getTime() ?? 0) - follower.timestamp.getTime();
      assert.equal(aheadMs, minutes * 60_000);
      assert.deepEqual(await stage.callsFor(given), []);
      const failed = { status: 'failed', providerMessageId: `w${index + 1}` };
      await stage.collection('messages').updateOne({ _id: follower._id }, { $set: failed });
      const input = { ...given.input, messageId: follower._id.toHexString() };
      given = { scope: given.scope, message: follower, input };
    }
    await fail(given, 131000);
    assert.deepEqual(await followersOf(given.message), []);
  });

  it('131000 in an answer, of a sign-in code, or two days old › no automatic retry', async () => {
    const timestamp = new Date();
    const providerMessageId = 'wamid.1';
    const dayBeforeYesterday = new Date(timestamp.getTime() - 2 * dayMs);
    const none: Partial<MessageDoc>[] = [
      { timestamp },
      { timestamp, providerMessageId, category: 'authentication' },
      { timestamp: dayBeforeYesterday, providerMessageId },
    ];
    for (const changes of none) {
      const given = await stage.sendable(newNumber(), { ...changes, status: 'failed' });
      await fail(given, 131000);
      assert.deepEqual(await followersOf(given.message), []);
    }
  });

  it('132015 in a receipt › the automatic retry waits until the template is approved, then is sent', async () => {
    const given = await stage.sendable(newNumber(), {
      ...{ status: 'failed', timestamp: new Date(), providerMessageId: 'wamid.1' },
    });
    await fail(given, 132015);
    const [follower] = await followersOf(given.message);
    assert.ok(follower);
    const { _id, channelId, templateName: name } = follower;
    // Its wait of one minute is over.
    await stage.collection('messages').updateOne({ _id }, { $unset: { sendAt: '' } });
    const next = {
      scope: given.scope,
      message: follower,
      input: { ...given.input, messageId: _id.toHexString() },
    };
    const held = await runDispatch(stage.deps, next);
    assert.ok(held.kind === 'held' && held.gate === 'template', JSON.stringify(held));
    assert.deepEqual(await stage.callsFor(next), []);
    await stage.collection('templates').updateOne({ channelId, name }, { $set: { status: 'approved' } });
    // The state of a template is cached for two seconds.
    const sent = await waitFor('the template is seen as approved', async () => {
      const result = await runDispatch(stage.deps, next);
      return result.kind === 'held' ? undefined : result;
    });
    assert.ok(sent.kind === 'dispatched' && sent.outcome.kind === 'accepted', JSON.stringify(sent));
    assert.equal((await stage.callsFor(next)).length, 1);
  });

  it('131049 › no automatic retry after the message has expired', async () => {
    for (const [expiresInMs, followers] of [
      [dayMs, 0],
      [dayMs + 3_600_000, 1],
    ] as const) {
      const expiresAt = new Date(Date.now() + expiresInMs);
      const given = await stage.sendable(newNumber(), { status: 'failed', expiresAt });
      await fail(given, 131049);
      assert.equal((await followersOf(given.message)).length, followers);
    }
  });

  const receipt = (word: 'failed' | 'delivered', timestampMs: number, code?: number): Receipt => ({
    word,
    status: word,
    providerMessageId: 'wamid.1',
    timestampMs,
    ...(code === undefined ? {} : { failure: toFailure({ code, title: 'Title', detail: '' }) }),
  });

  it('failed, but also delivered › no effects, whichever receipt came first', async () => {
    for (const receipts of [
      [receipt('failed', 1_000, 131042), receipt('delivered', 2_000)],
      [receipt('delivered', 2_000), receipt('failed', 1_000, 131049)],
    ]) {
      const given = await stage.sendable(newNumber(), { status: 'sent', providerMessageId: 'wamid.1' });
      await runActivity(stage.deps, 'applyReceipts', { ...given.input, receipts });
      for (const code of [131042, 131049, 131050]) await fail(given, code);
      assert.equal((await stage.stored(given)).status, 'delivered');
      assert.equal((await channelOf(given)).state, 'active');
      assert.deepEqual(await followersOf(given.message), []);
      const contact = await stage.collection('contacts').findOne({ _id: given.message.contactId });
      assert.equal(contact?.['marketingStopped'], undefined);
    }
  });

  it('an internal failure › no effects', async () => {
    const given = await stage.sendable(newNumber(), { status: 'failed' });
    const failure = { code: 'not-reached', class: 'retry', title: 't', detail: 'd', advice: 'a' };
    await runActivity(stage.deps, 'followFailure', { ...given.input, failure });
    assert.equal((await channelOf(given)).state, 'active');
    assert.deepEqual(await followersOf(given.message), []);
  });
});
