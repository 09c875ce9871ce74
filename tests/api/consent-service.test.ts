import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { createConsentStatements, type ConsentDeps } from '../../src/consent/statements/statements.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import { useApi } from '../support/api.ts';
import { countStatuses, historyOf, makeWaiting, newWamid, type Waiting } from '../support/consent.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';

describe('consent service', function () {
  this.timeout(60_000);
  const api = useApi('consent-service');
  let user: CrmUser;
  let waiting: Waiting;
  let phone: string;

  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('01');
    waiting = await makeWaiting(api(), user, { to: phone, count: 30 });
    // Without a worker a run never answers, and every stop would wait a second for it.
    const [started] = waiting.ids;
    assert.ok(started !== undefined);
    await api().temporal.workflow.getHandle(workflowIdOf(started.toHexString())).terminate();
  });

  const scope = () => scopeOf(new Types.ObjectId(user.clientId));
  const contactId = () => new Types.ObjectId(waiting.contactId);
  const said = (eventId = newWamid()) => ({
    ...{ source: 'keyword', wording: 'STOP', eventId },
    at: new Date(Math.floor(Date.now() / 1_000) * 1_000),
  });
  const proofs = () =>
    api()
      .collection('audit_events')
      .find({ 'target.id': contactId(), action: 'contact.opted-out' })
      .toArray();

  /** The step at which the process died: before it, or after it before its result was known. */
  type Crash = readonly [step: string, when: 'before' | 'after'];

  /** The product's service, in which one step fails the first time. */
  function dyingAt([step, when]: Crash): {
    service: ReturnType<typeof createConsentStatements>;
    died: () => boolean;
  } {
    const { core } = api().api;
    let hasDied = false;
    const wrap = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(of, name) {
          const own = Reflect.get(of, name) as unknown;
          if (name !== step || typeof own !== 'function') return own;
          return async (...args: unknown[]): Promise<unknown> => {
            const isNow = !hasDied;
            hasDied = true;
            if (isNow && when === 'before') throw new Error('died');
            const answer: unknown = await Reflect.apply(own, of, args);
            if (isNow) throw new Error('died');
            return answer;
          };
        },
      });
    const deps: ConsentDeps = {
      ...core,
      contacts: wrap(core.contacts),
      messages: wrap(core.messages),
      audit: wrap(core.audit),
    };
    return { service: createConsentStatements(deps), died: () => hasDied };
  }

  const steps = ['recordStatement', 'hasRecorded', 'cancelWaiting', 'findWithdrawn', 'audited'];
  for (const crash of steps.flatMap((step): Crash[] => [
    [step, 'before'],
    [step, 'after'],
  ])) {
    it(`dead ${crash.join(' ').replace(/(\S+) (\S+)/, '$2 $1')} › repeated, with the same result as without the crash`, async () => {
      const { service, died } = dyingAt(crash);
      const statement = said();
      await assert.rejects(service.stop(scope(), contactId(), statement), /died/);
      assert.ok(died());
      assert.deepEqual(await service.stop(scope(), contactId(), statement), { kind: 'acknowledged' });
      assert.deepEqual(await service.stop(scope(), contactId(), statement), { kind: 'acknowledged' });
      assert.deepEqual(await countStatuses(api(), waiting.ids), { canceled: 30 });
      const { entries } = await historyOf(user, waiting.contactId);
      assert.equal(entries.length, 1);
      assert.equal(entries[0]?.proof?.canceledCount, 30);
      assert.equal((await proofs()).length, 1);
    });
  }

  it('a workflow that cannot be signalled › only logged: the claim refuses its message', async () => {
    const { core } = api().api;
    const workflows = { cancel: () => Promise.reject(new Error('away')) };
    const service = createConsentStatements({ ...core, workflows });
    assert.deepEqual(await service.stop(scope(), contactId(), said()), { kind: 'acknowledged' });
    assert.deepEqual(await countStatuses(api(), waiting.ids), { canceled: 30 });
    const warnings = api()
      .log.lines()
      .filter(({ message }) => message === 'canceled by an opt-out without notifying the workflow');
    assert.equal(warnings.length, 30);
  });

  it('the same stop ten times at once › one entry, one proof, each message canceled once', async () => {
    const { consent } = api().api.core;
    const statement = said();
    const stops = Array.from({ length: 10 }, () => consent.stop(scope(), contactId(), statement));
    for (const outcome of await Promise.all(stops)) assert.deepEqual(outcome, { kind: 'acknowledged' });
    assert.equal((await proofs()).length, 1);
    const messages = await api()
      .collection('messages')
      .find({ _id: { $in: [...waiting.ids] } })
      .toArray();
    for (const { statusHistory } of messages)
      assert.deepEqual(
        (statusHistory as { status: string }[]).map(({ status }) => status),
        ['scheduled', 'canceled'],
      );
  });

  it('a call that does not end › waited for in rounds; after a minute acknowledged as possibly sent', async () => {
    const [first] = waiting.ids;
    assert.ok(first !== undefined);
    const calling = { status: 'sending', 'dispatch.isCalling': true };
    await api().collection('messages').updateOne({ _id: first }, { $set: calling });
    const { core } = api().api;
    let aheadMs = 0;
    const clock = { now: () => new Date(core.clock.now().getTime() + aheadMs) };
    const service = createConsentStatements({ ...core, clock });
    const statement = said();
    assert.deepEqual(await service.stop(scope(), contactId(), statement), {
      kind: 'calling',
      messageIds: [first],
    });
    assert.equal((await proofs()).length, 0);
    aheadMs = 61_000;
    assert.deepEqual(await service.stop(scope(), contactId(), statement), { kind: 'acknowledged' });
    const { entries } = await historyOf(user, waiting.contactId);
    assert.deepEqual(
      [entries[0]?.proof?.canceledCount, entries[0]?.proof?.mayHaveLeftMessageIds],
      [29, [first.toHexString()]],
    );
  });

  it('an opt-in while a call is waited for › later messages are kept', async () => {
    const [first] = waiting.ids;
    assert.ok(first !== undefined);
    const { consent } = api().api.core;
    const calling = { status: 'sending', 'dispatch.isCalling': true };
    await api().collection('messages').updateOne({ _id: first }, { $set: calling });
    const stop = said();
    assert.equal((await consent.stop(scope(), contactId(), stop)).kind, 'calling');
    const at = new Date(stop.at.getTime() + 5_000);
    await consent.start(scope(), contactId(), { source: 'keyword', eventId: newWamid(), at });
    const later = await makeWaiting(api(), user, { to: phone, count: 1 });
    assert.equal((await consent.stop(scope(), contactId(), stop)).kind, 'superseded');
    assert.deepEqual(await countStatuses(api(), later.ids), { scheduled: 1 });
    const { entries } = await historyOf(user, waiting.contactId);
    assert.equal(entries[0]?.proof?.canceledCount, 29);
  });

  it('a deleted contact › not found', async () => {
    const { consent } = api().api.core;
    await assert.rejects(consent.stop(scope(), new Types.ObjectId(), said()), /no such contact/);
  });
});
