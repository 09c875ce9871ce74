import assert from 'node:assert/strict';
import type { mongo, Types } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { buildAddressStops } from '../../src/consent/build.ts';
import { buildAssignment } from '../../src/inbox/assignment/build.ts';
import type { Presence } from '../../src/inbox/assignment/agents/presence.ts';
import type { AgentStateDoc } from '../../src/inbox/assignment/agents/model.ts';
import type { AssignmentPolicyDoc } from '../../src/inbox/assignment/policies/model.ts';
import { createAutoClosing } from '../../src/inbox/auto-closing/closer.ts';
import { buildConversationStore } from '../../src/inbox/build.ts';
import { createArrivals } from '../../src/inbox/conversations/arrivals.ts';
import type { ConversationDecision } from '../../src/inbox/conversations/decisions.ts';
import type { ConversationRecord } from '../../src/inbox/conversations/model.ts';
import { createDecide } from '../../src/inbox/conversations/resource.ts';
import { createFollowSnooze } from '../../src/inbox/conversations/snooze-timers.ts';
import { createWaking } from '../../src/inbox/conversations/waking.ts';
import { createInboxSettingsReader } from '../../src/inbox/settings/reader.ts';
import { createInboxSettingsUseCases } from '../../src/inbox/settings/use-cases.ts';
import { createTeamRepository } from '../../src/inbox/teams/repository.ts';
import { buildPeople } from '../../src/people/build.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import { migrate } from './migrated.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { combineTables } from '../../src/platform/registry.ts';
import { createTransactions, type RunInTransaction } from '../../src/platform/transaction.ts';
import { createFindLastWords } from '../../src/sending/messages/last-words.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { createTimers } from '../../src/timers/timers.ts';
import { captureLog } from './logger.ts';
import { connectTestDatabase } from './mongo.ts';
import { holdUnstored } from './unstored-contact.ts';

export const worldStart = new Date('2026-11-23T09:00:00Z');

export type AssignmentWorld = Awaited<ReturnType<typeof startAssignmentWorld>>;

const usualPolicy: Omit<AssignmentPolicyDoc, '_id' | 'clientId' | 'createdAt' | 'version'> = {
  ...{ name: 'Everybody', priority: 1, channelIds: [], agentIds: [], excludedLabels: [] },
  ...{ method: 'least-loaded', order: 'longest-waiting', capacity: 10, isSticky: true },
  ...{ fairLimit: { count: 100, perSeconds: 3_600 }, offlineGraceSeconds: 120, returnsAnswered: false },
};

/** Conversations, agents, the queue and timers on a real database, with a clock that only the test moves. */
export async function startAssignmentWorld(name: string) {
  const database = await connectTestDatabase(name, []);
  const { connection } = database;
  await migrate(connection);
  const clock = createFixedClock(worldStart);
  const log = captureLog();
  const { audit } = buildRecords({ mongo: connection, clock });
  const timerRepository = createTimerRepository(connection);
  const timers = createTimers({ timers: timerRepository, clock });
  const store = buildConversationStore(connection);
  const messages = createMessageRepository(connection);
  const readSettings = createInboxSettingsReader(store.settings);
  const people = buildPeople({
    ...{ mongo: connection, audit, timers, clock },
    ...{ conversations: store.references, addressStops: buildAddressStops(connection) },
    stopInherited: async () => undefined,
  });

  /** The assignment of one process; `runInTransaction` may fail as a process does that is killed. */
  function createProcess(runInTransaction: RunInTransaction = createTransactions(connection)) {
    const assignment = buildAssignment({
      ...{ mongo: connection, conversations: store.repository, timers, clock },
      ...{ findWait: messages.findOpenWait, followSnooze: createFollowSnooze(timers) },
      followClosing: async () => undefined,
      ...{ deadlines: { followStatus: async () => undefined }, teams: createTeamRepository(connection) },
      audit: { ...audit, runInTransaction },
    });
    const deciding = { conversations: store.repository, ...assignment, runInTransaction, clock };
    const waking = createWaking(deciding);
    const closing = createAutoClosing({
      ...{ ...deciding, readSettings, findLastWords: createFindLastWords(messages), timers },
    });
    const handlers = combineTables(assignment.timerHandlers, waking.handlers, closing.handlers);
    const runner = createTimerRunner({ timers: timerRepository, handlers, clock, logger: log.logger });
    const { wakeByMessage } = waking;
    const { followSettings } = closing;
    return { ...assignment, wakeByMessage, followSettings, runner, drainer: assignment.drainer(log.logger) };
  }

  const process = createProcess();
  const arrivals = createArrivals({
    // Who waits for an answer is not looked at here.
    waits: { followArrival: async () => undefined },
    ...{ conversations: store.repository, leads: people.leads, clock },
    deadlines: { awaitAnswer: async () => undefined },
    readSettings,
    holdContact: holdUnstored,
    ...{ wakeByMessage: process.wakeByMessage, receive: process.receive },
  });
  const collection = <Doc extends mongo.Document = mongo.Document>(of: string) =>
    connection.collection<Doc>(of);

  /** Fires timers and drains queues until nothing is due. */
  async function settle(): Promise<void> {
    for (let rounds = 0; rounds < 100; rounds += 1) {
      const fired = await process.runner.fireDue();
      const drained = await process.drainer.drainDue();
      if (fired + drained === 0) return;
    }
    assert.fail('timers and queues do not come to rest');
  }

  return {
    ...{ connection, clock, log, audit, createProcess, process, timers, collection, settle },
    repository: store.repository,

    /** Time passes in steps, as for the loops of a worker. */
    async pass(seconds: number, stepSeconds = 10): Promise<void> {
      for (let left = seconds; left > 0; left -= stepSeconds) {
        clock.advance(Math.min(left, stepSeconds) * 1_000);
        await settle();
      }
    },

    /** A business of its own. */
    business() {
      const scope = scopeOf(newId());
      return { scope, ...createBusiness(scope) };
    },

    close: () => database.close(),
  };

  function createBusiness(scope: ReturnType<typeof scopeOf>) {
    const { presence, resource, assignments } = process;
    const conversationOf = async (contactId: Types.ObjectId): Promise<ConversationRecord> => {
      const found = await collection<ConversationRecord>('conversations').findOne(
        { ...scope, contactId },
        { sort: { _id: -1 } },
      );
      assert.ok(found, 'the contact has written');
      return found;
    };

    return {
      async addPolicy(fields: Partial<AssignmentPolicyDoc> = {}): Promise<AssignmentPolicyDoc> {
        const base = { _id: newId(), ...scope, ...usualPolicy, createdAt: clock.now(), version: 1 };
        const policy: AssignmentPolicyDoc = { ...base, ...fields };
        await collection<AssignmentPolicyDoc>('assignment_policies').insertOne(policy);
        return policy;
      },

      /** The business closes what is silent for so many hours. */
      async closesAfter(autoCloseAfterHours: number): Promise<void> {
        const settings = createInboxSettingsUseCases({
          ...{ settings: store.settings, readSettings, follow: process.followSettings, audit },
        });
        const by = { type: 'user', userId: newId() } as const;
        await settings.update(scope, by, undefined, { autoCloseAfterHours });
      },

      /** A user, who chooses a state. */
      async agent(chosen: Presence = 'online') {
        const userId = newId();
        const choose = (state: Presence) => presence.choose(scope, { type: 'user', userId }, state);
        await choose(chosen);
        return {
          userId,
          choose,
          beat: () => presence.connect(scope, userId),
          state: (): Promise<AgentStateDoc> => presence.get(scope, userId),
        };
      },

      /** A contact on a channel of its own, or the given one. */
      contact(channelId: Types.ObjectId = newId()) {
        const key = { channelId, contactId: newId() };
        const conversation = () => conversationOf(key.contactId);
        const say = async (fields: object): Promise<void> => {
          const { _id: conversationId } = await conversation();
          const message = {
            ...{ _id: newId(), ...scope, ...key, conversationId, messageType: 'text' },
            ...{ timestamp: clock.now(), ...fields },
          };
          await collection('messages').insertOne(message);
        };
        /** A user decides, as the routes do. */
        const isDecided = async (decision: ConversationDecision): Promise<ConversationRecord> => {
          const { _id: id } = await conversation();
          const by = { type: 'user', userId: newId() } as const;
          const decide = createDecide({ assignments, clock })(decision, { by: by.userId });
          const change = { action: 'conversation.assigned', decide };
          return resource.change(scope, by, { id, version: undefined }, change);
        };
        return {
          channelId,
          conversation,
          isDecided,

          /** The contact writes. */
          async writes(at: Date = clock.now()): Promise<void> {
            const arriving = { at, from: ['phone:+15550001101'], makesLead: false, awaitsAnswer: true };
            await audit.runInTransaction((session) => arrivals.placeWithin(scope, key, arriving, session));
            await say({ direction: 'inbound', senderType: 'contact', status: 'received', timestamp: at });
          },

          /** A person of the business answers. */
          async isAnswered(): Promise<void> {
            await say({ direction: 'outbound', senderType: 'agent', status: 'sent' });
            await collection('conversations').updateOne(
              { _id: (await conversation())._id },
              { $inc: { turns: 1 } },
            );
          },

          /** A user snoozes it, for so long or until the contact writes. */
          async isSnoozed(seconds: number | null): Promise<void> {
            const until = seconds === null ? null : new Date(clock.now().getTime() + seconds * 1_000);
            await isDecided({ status: 'pending', snooze: { until } });
          },

          async agentId(): Promise<string | null> {
            return (await conversation()).assignedAgentId?.toHexString() ?? null;
          },

          /** The reasons in the history. */
          async reasons(): Promise<readonly string[]> {
            return (await conversation()).history.flatMap(({ reason }) => reason ?? []);
          },
        };
      },

      /** The stored counts of open conversations equal what is there. */
      async assertCounts(): Promise<void> {
        const states = await collection<AgentStateDoc>('agent_states')
          .find({ ...scope })
          .toArray();
        for (const { userId, openCount } of states) {
          const counted = await collection('conversations').countDocuments({
            ...{ ...scope, assignedAgentId: userId, status: 'open' },
          });
          assert.equal(openCount, counted, `slots of ${userId.toHexString()}`);
        }
      },
    };
  }
}
