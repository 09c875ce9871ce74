import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { DispatchResult } from '../../src/sending/messages/contract.ts';
import {
  runDispatch,
  setDispatchStage,
  words,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

const to = '+15550001101';
const hourMs = 3_600_000;

/** Each gate in turn, right before the call: a message that does not pass causes no call. */
describe('dispatch › gates', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  const dispatch = (given: Sendable): Promise<DispatchResult> => runDispatch(stage.deps, given);
  const update = (collection: string, filter: object, change: object) =>
    stage.collection(collection).updateOne(filter, { $set: change });
  const contactOf = ({ message }: Sendable) => ({ _id: message.contactId });
  const templateOf = ({ scope, message }: Sendable) => ({ ...scope, name: message.templateName });

  /** An agent's reply in the open window. */
  const reply = { messageType: 'text', content: text('Hello'), priority: 2 };

  async function assertNotCalled(given: Sendable): Promise<void> {
    assert.deepEqual(await stage.callsFor(given), []);
  }

  async function assertHeld(given: Sendable, gate: string, reason: RegExp): Promise<DispatchResult> {
    const result = await dispatch(given);
    assert.ok(result.kind === 'held', JSON.stringify(result));
    assert.equal(result.gate, gate);
    assert.match(result.reason, reason);
    const { status, waiting, waits } = await stage.stored(given);
    assert.equal(status, given.message.status);
    assert.deepEqual([waiting?.gate, waiting?.reason], [gate, result.reason]);
    assert.equal(waits?.length, 1);
    await assertNotCalled(given);
    return result;
  }

  async function assertClosed(given: Sendable, status: string, code: string): Promise<void> {
    const result = await dispatch(given);
    assert.ok(result.kind === 'settled', JSON.stringify(result));
    assert.equal(result.status, status);
    const stored = await stage.stored(given);
    assert.deepEqual(words(stored), ['queued', status]);
    assert.equal(stored.statusHistory.at(-1)?.raw?.['code'], code);
    assert.equal(stored.failure?.code, status === 'failed' ? code : undefined);
    await assertNotCalled(given);
  }

  describe('closed permanently', () => {
    it('the contact opted out after the message was accepted › canceled', async () => {
      const given = await stage.sendable(to);
      await update('contacts', contactOf(given), { optInStatus: 'opted-out' });
      await assertClosed(given, 'canceled', 'contact-opted-out');
    });

    it('an agent answered, and the contact opted out before it left › canceled', async () => {
      const given = await stage.sendable(to, reply);
      await update('contacts', contactOf(given), { optInStatus: 'opted-out' });
      await assertClosed(given, 'canceled', 'contact-opted-out');
    });

    it('opted out, and an agent answers after that in the open window › sent', async () => {
      const given = await stage.sendable(to, { ...reply, afterOptOut: true });
      await update('contacts', contactOf(given), { optInStatus: 'opted-out' });
      assert.equal((await dispatch(given)).kind, 'dispatched');
      assert.equal((await stage.callsFor(given)).length, 1);
    });

    it('marketing stopped › canceled by the category that the provider uses now', async () => {
      const given = await stage.sendable(to);
      await update('contacts', contactOf(given), { marketingStopped: true });
      await update('templates', templateOf(given), { category: 'marketing' });
      await assertClosed(given, 'canceled', 'contact-opted-out');
      const other = await stage.sendable(to);
      await update('contacts', contactOf(other), { marketingStopped: true });
      assert.equal((await dispatch(other)).kind, 'dispatched');
    });

    it('on the block list › canceled, even a reply', async () => {
      for (const changes of [{}, reply]) {
        const given = await stage.sendable(to, changes);
        await update('contacts', contactOf(given), { isBlocked: true });
        await assertClosed(given, 'canceled', 'contact-blocked');
      }
    });

    it('the window is closed › a reply fails, a template is sent', async () => {
      const given = await stage.sendable(to, reply);
      const conversation = { _id: given.message.conversationId };
      await update('conversations', conversation, { windowExpiresAt: new Date(Date.now() - 1) });
      await assertClosed(given, 'failed', 'window-closed');
      const template = await stage.sendable(to);
      const other = { _id: template.message.conversationId };
      await update('conversations', other, { windowExpiresAt: new Date(Date.now() - 1) });
      assert.equal((await dispatch(template)).kind, 'dispatched');
    });

    it('the template is deleted or rejected › failed', async () => {
      const rejected = await stage.sendable(to);
      await update('templates', templateOf(rejected), { status: 'rejected' });
      await assertClosed(rejected, 'failed', 'template-not-approved');
      const deleted = await stage.sendable(to);
      await stage.collection('templates').deleteOne(templateOf(deleted));
      await assertClosed(deleted, 'failed', 'template-not-approved');
    });
  });

  describe('may open later', () => {
    it('the channel is paused › held until it is signalled', async () => {
      const given = await stage.sendable(to);
      const stateReason = 'There is a payment problem, 131042';
      await update('channels', { _id: given.message.channelId }, { state: 'paused', stateReason });
      const result = await assertHeld(
        given,
        'channel',
        /^channel paused: There is a payment problem, 131042$/,
      );
      assert.ok(result.kind === 'held' && result.untilMs === undefined);
    });

    it('the channel was just resumed, and this process has a stale cache › sent', async () => {
      const given = await stage.sendable(to);
      const channel = { _id: given.message.channelId };
      await update('channels', channel, { state: 'paused' });
      await stage.deps.facts.read(given.scope, given.message, { now: new Date() });
      await update('channels', channel, { state: 'active' });
      assert.equal((await dispatch(given)).kind, 'dispatched');
    });

    it('the channel has lost its number › held, until it is proved again', async () => {
      const given = await stage.sendable(to);
      const { channelId: _id } = given.message;
      const lost = { state: 'unverified', gap: 'taken-over', code: '100', candidate: _id };
      await update('channels', { _id }, { ownership: lost });
      await assertHeld(given, 'channel', /^channel unverified: Another business has proved .* \(100\)/);
      await update('channels', { _id }, { ownership: { state: 'verified', checkedAt: new Date() } });
      await sleep(1_100);
      assert.notEqual((await dispatch(given)).kind, 'held');
    });

    it('the template is paused › held', async () => {
      const given = await stage.sendable(to);
      await update('templates', templateOf(given), { status: 'paused' });
      await assertHeld(given, 'template', /^template hello_world paused/);
    });

    it('rescheduled to a later time after its run began › held until then', async () => {
      const sendAt = new Date(Date.now() + hourMs);
      const given = await stage.sendable(to, { sendAt, status: 'scheduled' });
      const result = await assertHeld(given, 'schedule', /^scheduled for /);
      assert.ok(result.kind === 'held' && result.untilMs === sendAt.getTime());
    });

    it('its time is milliseconds away › waited for in the activity, because a workflow would not sleep', async () => {
      const given = await stage.sendable(to, { sendAt: new Date(Date.now() + 1_500), status: 'scheduled' });
      const error = await dispatch(given).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ApplicationFailure);
      assert.equal(error.type, 'WAIT_schedule');
      const delayMs = Number(error.nextRetryDelay);
      assert.ok(delayMs >= 250 && delayMs <= 1_500, String(delayMs));
      await assertNotCalled(given);
    });

    it('the access token cannot be decrypted › held and checked again, not unknown', async () => {
      const given = await stage.sendable(to);
      const channels = {
        senderOf: () => {
          throw new Error('The credentials were sealed by key k0; CREDENTIALS_KEY is k1.');
        },
      };
      const result = await runDispatch({ ...stage.deps, channels }, given);
      assert.ok(result.kind === 'held' && result.gate === 'channel', JSON.stringify(result));
      assert.match(result.reason, /CREDENTIALS_KEY/);
      const { status, dispatch: state } = await stage.stored(given);
      assert.deepEqual(
        { status, attempt: state.attempt, isCalling: state.isCalling },
        { status: 'queued', attempt: 0, isCalling: false },
      );
      await assertNotCalled(given);
      assert.equal((await dispatch(given)).kind, 'dispatched');
    });

    it('quiet hours › held until their end; a reply is sent', async () => {
      const policy = async ({ scope }: Sendable) => {
        const quietHours = { from: '00:00', to: '23:59' };
        await stage.collection('sending_policies').insertOne({ ...scope, quietHours, appliesTo: 'all' });
      };
      const given = await stage.sendable(to);
      await policy(given);
      const result = await assertHeld(given, 'quiet-hours', /^quiet hours until \d\d:\d\d \(\w+(\/\w+)?\)$/);
      assert.ok(result.kind === 'held' && (result.untilMs ?? 0) > Date.now());
      const answer = await stage.sendable(to, reply);
      await policy(answer);
      assert.equal((await dispatch(answer)).kind, 'dispatched');
    });

    it('the portfolio limit is used up › held until a place is free; contacts in an open window do not count', async () => {
      const first = await stage.sendable(to);
      const { channelId, conversationId } = first.message;
      await update('channels', { _id: channelId }, { messagingLimit: 1 });
      await update('conversations', { _id: conversationId }, { windowExpiresAt: new Date(0) });
      assert.equal((await dispatch(first)).kind, 'dispatched');
      const second = await stage.another(first, '+15550001201');
      const result = await assertHeld(second, 'portfolio', /^messaging limit of 1 people in 24 h reached$/);
      assert.ok(result.kind === 'held' && (result.untilMs ?? 0) > Date.now() + 23 * hourMs);
      const known = await stage.another(first, '+15550001301', { isWindowOpen: true });
      assert.equal((await dispatch(known)).kind, 'dispatched');
    });
  });

  it('a contact whose number was corrected › counts as another person for the messaging limit and the pair limit', async () => {
    const first = await stage.sendable(to, { priority: 5 });
    const { channelId, conversationId } = first.message;
    await update('channels', { _id: channelId }, { messagingLimit: 2 });
    await update('conversations', { _id: conversationId }, { windowExpiresAt: new Date(0) });
    assert.equal((await dispatch(first)).kind, 'dispatched');
    const corrected = { phoneNumber: '+15550001201', identityKeys: ['tel:+15550001201'] };
    const second = await stage.another(first, to, { changes: { priority: 5 } });
    await update('contacts', contactOf(second), corrected);
    assert.equal((await dispatch(second)).kind, 'dispatched', 'the new number has no pair limit yet');
    assert.equal((await stage.stored(second)).to, '+15550001201');
    const third = await stage.another(first, '+15550001301');
    await assertHeld(third, 'portfolio', /^messaging limit of 2 people in 24 h reached$/);
  });

  describe('while it waits for its permit', () => {
    /** A change made while the message waits; `slowMs`: how long the change takes. */
    const waiting = (meanwhile: () => Promise<unknown>, slowMs = 0): DispatchStage['deps'] => ({
      ...stage.deps,
      rates: {
        ...stage.deps.rates,
        async acquire(...ask) {
          await meanwhile();
          await sleep(slowMs);
          return stage.deps.rates.acquire(...ask);
        },
      },
    });

    it('moved to a later time › held until then, and no call is made', async () => {
      const given = await stage.sendable(to, { sendAt: new Date(Date.now() - 1), status: 'scheduled' });
      const sendAt = new Date(Date.now() + hourMs);
      const move = () => update('messages', { _id: given.message._id }, { sendAt });
      const result = await runDispatch(waiting(move), given);
      assert.ok(result.kind === 'held' && result.gate === 'schedule', JSON.stringify(result));
      assert.equal(result.untilMs, sendAt.getTime());
      assert.equal((await stage.stored(given)).status, 'scheduled');
      await assertNotCalled(given);
    });

    it('its channel is paused › held, and no call is made', async () => {
      const given = await stage.sendable(to);
      const pause = () => update('channels', { _id: given.message.channelId }, { state: 'paused' });
      const result = await runDispatch(waiting(pause, 300), given);
      assert.ok(result.kind === 'held' && result.gate === 'channel', JSON.stringify(result));
      await assertNotCalled(given);
    });

    it('the contact is blocked › canceled, and no call is made', async () => {
      const given = await stage.sendable(to);
      const block = () => update('contacts', contactOf(given), { isBlocked: true });
      const result = await runDispatch(waiting(block, 300), given);
      assert.ok(result.kind === 'settled' && result.status === 'canceled', JSON.stringify(result));
      await assertNotCalled(given);
    });
  });

  it('the provider restricts business-initiated messages › templates are held until its end; replies are sent', async () => {
    const given = await stage.sendable(to);
    const answer = await stage.another(given, to, { isWindowOpen: true, changes: reply });
    const until = new Date(Date.now() + hourMs);
    const restrict = (end: Date) =>
      update(
        'channels',
        { _id: given.message.channelId },
        {
          restriction: { code: 'RESTRICTED_BIZ_INITIATED_MESSAGING', since: new Date(), until: end },
        },
      );
    await restrict(until);
    const result = await assertHeld(
      given,
      'channel',
      /^channel restricted to answers until .*: RESTRICTED_BIZ/,
    );
    assert.ok(result.kind === 'held' && result.untilMs === until.getTime());
    assert.equal((await dispatch(answer)).kind, 'dispatched');
    await restrict(new Date());
    assert.equal((await dispatch(given)).kind, 'dispatched');
  });

  it('numbers of two accounts in one portfolio › share its limit; numbers of two portfolios do not', async () => {
    const first = await stage.sendable(to);
    const { clientId } = first.scope;
    await update('conversations', { clientId }, { windowExpiresAt: new Date(0) });
    const onOther = (number: string) => stage.another(first, number, { isOnOwnChannel: true });
    const [second, third] = [await onOther('+15550001201'), await onOther('+15550001301')];
    for (const [given, wabaId, portfolioId] of [
      [first, 'one', 'shared'],
      [second, 'two', 'shared'],
      [third, 'three', 'other'],
    ] as const) {
      const { channelId } = given.message;
      await update('channels', { _id: channelId }, { messagingLimit: 1, wabaId, portfolioId });
    }
    assert.equal((await dispatch(first)).kind, 'dispatched');
    await assertHeld(second, 'portfolio', /^messaging limit of 1 people in 24 h reached$/);
    assert.equal((await dispatch(third)).kind, 'dispatched');
  });

  describe('closed for seconds', () => {
    async function waitOf(given: Sendable): Promise<ApplicationFailure> {
      const error = await dispatch(given).then(
        (result) => assert.fail(JSON.stringify(result)),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ApplicationFailure, String(error));
      return error;
    }

    it('a second marketing message to one contact › six seconds later, with the reason shown', async () => {
      const first = await stage.sendable(to, { priority: 5 });
      const second = await stage.another(first, to, { changes: { priority: 5 } });
      const answer = await stage.another(first, to, { changes: reply });
      assert.equal((await dispatch(first)).kind, 'dispatched');
      const wait = await waitOf(second);
      assert.deepEqual(
        { type: wait.type, nonRetryable: wait.nonRetryable, category: wait.category },
        { type: 'WAIT_pair', nonRetryable: false, category: 'BENIGN' },
      );
      const delayMs = Number(wait.nextRetryDelay);
      assert.ok(delayMs > 3_000 && delayMs <= 7_000, String(delayMs));
      const { waiting } = await stage.stored(second);
      assert.deepEqual([waiting?.gate, waiting?.reason], ['pair', 'pair limit']);
      await assertNotCalled(second);
      assert.equal((await dispatch(answer)).kind, 'dispatched', 'an agent may answer in between');
    });

    it('the channel’s rate is used up › retried shortly after, and no call is made', async () => {
      const given = await stage.sendable(to);
      const rates = {
        ...stage.deps.rates,
        acquire: async () => ({ kind: 'busy', retryAfterMs: 500 }) as const,
      };
      const error = await runDispatch({ ...stage.deps, rates }, given).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ApplicationFailure);
      assert.equal(error.type, 'WAIT_rate');
      assert.ok(Number(error.nextRetryDelay) >= 500 && Number(error.nextRetryDelay) <= 1_000);
      assert.equal((await stage.stored(given)).waiting?.reason, 'rate of the channel');
      await assertNotCalled(given);
    });

    it('the permit has expired when the claim is taken › returned, called with the next one', async () => {
      const given = await stage.sendable(to);
      let isDone = 0;
      const give = () => void (isDone += 1);
      const permit = { kind: 'permit', stillHolds: () => false, done: give, giveBack: give } as const;
      const rates = { ...stage.deps.rates, acquire: async () => permit };
      const error = await runDispatch({ ...stage.deps, rates }, given).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ApplicationFailure && isDone > 0);
      const stored = await stage.stored(given);
      assert.deepEqual([stored.status, stored.dispatch.isCalling], ['sending', false]);
      await assertNotCalled(given);
      assert.equal((await dispatch(given)).kind, 'dispatched');
    });
  });
});

/** The stored content of a free-form message. */
function text(body: string) {
  return { text: body, payload: { type: 'text', text: { body } } } as const;
}
