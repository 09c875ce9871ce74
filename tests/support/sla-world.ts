import assert from 'node:assert/strict';
import type { mongo, Types } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { buildAddressStops } from '../../src/consent/build.ts';
import { buildConversationStore } from '../../src/inbox/build.ts';
import { createBusinessHoursReader } from '../../src/inbox/business-hours/reader.ts';
import { createBusinessHoursRepository } from '../../src/inbox/business-hours/repository.ts';
import { createArrivals } from '../../src/inbox/conversations/arrivals.ts';
import { applyDecision } from '../../src/inbox/conversations/decisions.ts';
import type { ConversationDoc, ConversationStatus } from '../../src/inbox/conversations/repository.ts';
import { createInboxSettingsReader } from '../../src/inbox/settings/reader.ts';
import { buildSla } from '../../src/inbox/sla/build.ts';
import type { SlaClockDoc } from '../../src/inbox/sla/clocks/repository.ts';
import type { AnswerState } from '../../src/inbox/sla/clocks/answers.ts';
import type { SlaPolicyDoc } from '../../src/inbox/sla/policies/repository.ts';
import { buildPeople } from '../../src/people/build.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import { migrate } from './migrated.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import { createTransactions, type RunInTransaction } from '../../src/platform/transaction.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { createTimers } from '../../src/timers/timers.ts';
import { captureLog } from './logger.ts';
import { connectTestDatabase } from './mongo.ts';
import { holdUnstored } from './unstored-contact.ts';

export const worldStart = new Date('2026-11-23T09:00:00Z');
export const minuteMs = 60_000;

export type SlaWorld = Awaited<ReturnType<typeof startSlaWorld>>;

/** Conversations, service levels and timers on a real database, with a clock that only the test moves. */
export async function startSlaWorld(name: string) {
  const database = await connectTestDatabase(name, []);
  const { connection } = database;
  await migrate(connection);
  const clock = createFixedClock(worldStart);
  const log = captureLog();
  const { audit } = buildRecords({ mongo: connection, clock });
  const timerRepository = createTimerRepository(connection);
  const timers = createTimers({ timers: timerRepository, clock });
  const store = buildConversationStore(connection);
  const { repository } = store;
  const hours = createBusinessHoursRepository(connection);
  const people = buildPeople({
    ...{ mongo: connection, audit, timers, clock },
    ...{ conversations: store.references, addressStops: buildAddressStops(connection) },
    stopInherited: async () => undefined,
  });

  /** The service levels of one process; `runInTransaction` may fail as a process does that is killed. */
  function createProcess(runInTransaction: RunInTransaction = createTransactions(connection)) {
    const sla = buildSla({
      ...{ mongo: connection, hours: createBusinessHoursReader(hours), timers, time: clock },
      audit: { ...audit, runInTransaction },
      markBreached: async (scope, breach, session) =>
        (await repository.markBreached(scope, breach, session))?.assignedAgentId ?? null,
    });
    const runner = createTimerRunner({
      ...{ timers: timerRepository, handlers: sla.timerHandlers, clock, logger: log.logger },
    });
    return { ...sla, runner };
  }

  const process = createProcess();
  const arrivals = createArrivals({
    // Who waits for an answer is not looked at here.
    waits: { followArrival: async () => undefined },
    ...{ conversations: repository, leads: people.leads, deadlines: process.deadlines, clock },
    readSettings: createInboxSettingsReader(store.settings),
    holdContact: holdUnstored,
    // Nothing is snoozed or queued here.
    wakeByMessage: async (_of, conversation) => conversation,
    receive: async () => undefined,
  });
  const scope = () => scopeOf(newId());

  return {
    ...{ connection, clock, log, createProcess, process, hours, timers, scope },
    collection: <Doc extends mongo.Document = mongo.Document>(of: string) => connection.collection<Doc>(of),

    async addPolicy(of: ReturnType<typeof scope>, fields: Partial<SlaPolicyDoc>): Promise<SlaPolicyDoc> {
      const policy: SlaPolicyDoc = {
        ...{ _id: newId(), ...of, name: 'Standard', priority: 1, match: { channelIds: [] } },
        ...{ createdAt: clock.now(), version: 1, ...fields },
      };
      await connection.collection<SlaPolicyDoc>('sla_policies').insertOne(policy);
      return policy;
    },

    /** A conversation of its own: one contact on one channel. */
    thread(of: ReturnType<typeof scope>) {
      const key = { channelId: newId(), contactId: newId() };
      const conversation = async (): Promise<ConversationDoc> => {
        const found = await connection
          .collection<ConversationDoc>('conversations')
          .findOne({ ...of, ...key }, { sort: { _id: -1 } });
        assert.ok(found, 'the contact has written');
        return found;
      };
      return {
        conversation,

        /** The contact writes. */
        async hears(at: Date): Promise<void> {
          const arriving = { at, from: [], makesLead: false, awaitsAnswer: true };
          await audit.runInTransaction((session) => arrivals.placeWithin(of, key, arriving, session));
        },

        /** Sending tells what became of an answer. */
        async answered(providerMessageId: string, state: AnswerState, at: Date): Promise<void> {
          const { _id: conversationId } = await conversation();
          await process.answers.note(of, {
            conversationId,
            messageId: newId(),
            providerMessageId,
            state,
            at,
          });
        },

        /** A user changes the status, as the route does. */
        async becomes(status: ConversationStatus): Promise<void> {
          const { _id } = await conversation();
          await audit.runInTransaction(async (session) => {
            const before = await repository.findWithHistory(of, _id, session);
            assert.ok(before);
            const at = clock.now();
            const after = applyDecision(before, { status }, { at, by: newId() });
            if (after === before) return;
            assert.ok(
              await repository.replace(of, before, { ...after, version: before.version + 1 }, session),
            );
            await process.deadlines.followStatus(of, { before, after, at }, session);
          });
        },

        /** All clocks, oldest first. */
        async clocks(): Promise<SlaClockDoc[]> {
          const { _id: conversationId } = await conversation();
          return connection
            .collection<SlaClockDoc>('sla_clocks')
            .find({ conversationId })
            .sort({ cycle: 1, kind: 1, round: 1 })
            .toArray();
        },
      };
    },

    /** Fires what is due, until nothing is. */
    async fire(): Promise<void> {
      while ((await process.runner.fireDue()) > 0);
    },

    async assignTo(conversationId: Types.ObjectId, assignedAgentId: Types.ObjectId): Promise<void> {
      await connection
        .collection('conversations')
        .updateOne({ _id: conversationId }, { $set: { assignedAgentId } });
    },

    close: () => database.close(),
  };
}

/** A clock as tests compare it; times in minutes after the start of the world. */
export const shownClock = (clock: SlaClockDoc) => ({
  kind: clock.kind,
  state: clock.state,
  startedAt: minutesOf(clock.startedAt),
  dueAt: minutesOf(clock.dueAt),
  endedAt: minutesOf(clock.endedAt),
});

export const minutesOf = (at: Date | null): number | null =>
  at === null ? null : (at.getTime() - worldStart.getTime()) / minuteMs;

export const atMinute = (minutes: number): Date => new Date(worldStart.getTime() + minutes * minuteMs);
