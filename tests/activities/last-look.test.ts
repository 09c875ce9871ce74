import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { mongo } from 'mongoose';
import type { MessageActivityDeps } from '../../activities/messages.ts';
import { quietNow } from '../support/quiet-now.ts';
import {
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

const [warm, other] = ['+15550001101', '+15550001201'];
const quietPolicy = {
  quietHours: quietNow(),
  appliesTo: 'all',
  stopWords: {},
  startWords: {},
  replacesDefaults: false,
  version: 1,
};

/** The API, another process, stores a stop that this worker's caches do not show yet. */
describe('dispatch › the last look before the call', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  /** A message whose channel, template and policy this worker has just read. */
  async function cached(changes = {}): Promise<Sendable> {
    const first = await stage.sendable(warm, changes);
    assert.equal((await runDispatch(stage.deps, first)).kind, 'dispatched');
    return stage.another(first, other, { isWindowOpen: true, changes });
  }

  const update = (collection: string, filter: object, change: object) =>
    stage.collection(collection).updateOne(filter, { $set: change }, { upsert: true });

  /** Stores the stop when the claim is taken: no look before it can have seen the stop. */
  const afterClaim = (stop: () => Promise<unknown>): MessageActivityDeps => ({
    ...stage.deps,
    messages: {
      ...stage.deps.messages,
      async claim(...args) {
        const claim = await stage.deps.messages.claim(...args);
        await stop();
        return claim;
      },
    },
  });

  const failureOf = (deps: MessageActivityDeps, given: Sendable): Promise<string> =>
    runDispatch(deps, given).then(
      (result) => assert.fail(`no failure, but ${JSON.stringify(result)}`),
      (error: unknown) => {
        assert.ok(error instanceof ApplicationFailure);
        return error.type ?? '';
      },
    );

  interface Stop {
    readonly name: string;
    readonly gate: string;
    /** How the next attempt ends: held at the gate, or settled. */
    readonly ending: string;
    store(given: Sendable): Promise<unknown>;
  }
  const stops: readonly Stop[] = [
    {
      name: 'the channel is paused',
      gate: 'channel',
      ending: 'held',
      store: ({ message }) => update('channels', { _id: message.channelId }, { state: 'paused' }),
    },
    {
      name: 'the channel is disconnected',
      gate: 'channel',
      ending: 'held',
      store: ({ message }) => update('channels', { _id: message.channelId }, { state: 'disconnected' }),
    },
    {
      name: 'the channel loses its number to its owner',
      gate: 'channel',
      ending: 'held',
      store: ({ message }) =>
        update('channels', { _id: message.channelId }, { 'ownership.state': 'unverified' }),
    },
    {
      name: 'the channel is deleted',
      gate: 'channel',
      ending: 'channel-missing',
      store: ({ message }) => stage.collection('channels').deleteOne({ _id: message.channelId }),
    },
    {
      name: 'the contact is deleted',
      gate: 'channel',
      ending: 'settled',
      store: ({ message }) => stage.collection('contacts').deleteOne({ _id: message.contactId }),
    },
    {
      name: 'the contact is blocked',
      gate: 'consent',
      ending: 'settled',
      store: ({ message }) => update('contacts', { _id: message.contactId }, { isBlocked: true }),
    },
    {
      name: 'the contact opts out',
      gate: 'consent',
      ending: 'settled',
      store: ({ message }) => update('contacts', { _id: message.contactId }, { optInStatus: 'opted-out' }),
    },
    {
      name: 'the template is paused',
      gate: 'template',
      ending: 'held',
      store: ({ scope }) => update('templates', { ...scope, name: 'hello_world' }, { status: 'paused' }),
    },
    {
      name: 'quiet hours begin',
      gate: 'quiet-hours',
      ending: 'held',
      store: ({ scope }) => update('sending_policies', { ...scope }, quietPolicy),
    },
  ];
  for (const { name, gate, ending, store } of stops) {
    it(`${name} after the claim › no call; the claim is returned and counts no attempt`, async () => {
      const given = await cached();
      assert.equal(
        await failureOf(
          afterClaim(() => store(given)),
          given,
        ),
        `WAIT_${gate}`,
      );
      const { dispatch, waiting } = await stage.stored(given);
      assert.deepEqual(
        { attempt: dispatch.attempt, isCalling: dispatch.isCalling, gate: waiting?.gate },
        { attempt: 0, isCalling: false, gate },
      );
      assert.deepEqual(dispatch.attempts, []);
      const next = await runDispatch(stage.deps, given).then(
        ({ kind }) => kind as string,
        (error: unknown) => (error as ApplicationFailure).type,
      );
      assert.equal(next, ending);
      assert.deepEqual(await stage.callsFor(given), []);
    });
  }

  it('the database answers the last look too late for a call › no call, and the next attempt calls', async () => {
    const given = await cached();
    const { facts } = stage.deps;
    const slow = async (...args: Parameters<typeof facts.readFresh>) => {
      const read = await facts.readFresh(...args);
      await new Promise((resolve) => setTimeout(resolve, 2_050));
      return read;
    };
    const deps = { ...stage.deps, facts: { ...facts, readFresh: slow } };
    assert.equal(await failureOf(deps, given), 'WAIT_provider');
    assert.deepEqual(await stage.callsFor(given), []);
    assert.equal((await runDispatch(stage.deps, given)).kind, 'dispatched');
  });

  describe('its cost in commands to the database', () => {
    const reply = {
      messageType: 'text',
      content: { text: 'Hello', payload: { type: 'text' as const, text: { body: 'Hello' } } },
      priority: 2,
      turn: 2,
    };

    async function countOf(given: Sendable): Promise<Record<string, number>> {
      const counts: Record<string, number> = {};
      const note = ({ commandName, command }: mongo.CommandStartedEvent) => {
        const name = `${commandName} ${String(command[commandName])}`;
        // Shares of a channel's rate are renewed by time, not by message.
        if (!name.endsWith(' channel_rates')) counts[name] = (counts[name] ?? 0) + 1;
      };
      stage.monitor.on('commandStarted', note);
      await runDispatch(stage.deps, given);
      stage.monitor.off('commandStarted', note);
      return counts;
    }

    const shared = {
      'find address_stops': 2,
      'find channels': 1,
      'find contacts': 2,
      'find messages': 1,
      'find sla_clocks': 1,
      'find webhook_events': 1,
      'findAndModify messages': 1,
      'update messages': 1,
      'update pair_rates': 1,
    };

    it('a template › one read each of channel, template and policy more than without it', async () => {
      // To a contact who has never written, so nobody waited for it.
      const given = await cached({ timestamp: new Date(), afterArrival: 0 });
      assert.deepEqual(await countOf(given), {
        ...shared,
        'find clients': 1,
        'find sending_policies': 1,
        'find templates': 1,
      });
    });

    it('a reply › one read of the channel more than without it; its turn costs another, and who waits a transaction', async () => {
      const given = await cached({ ...reply, timestamp: new Date() });
      assert.deepEqual(await countOf(given), {
        ...{ ...shared, 'find conversations': 2, 'find messages': 2 },
        ...{ 'findAndModify messages': 2, 'update conversations': 1, 'commitTransaction 1': 1 },
      });
    });
  });
});
