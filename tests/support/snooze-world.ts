import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { buildAddressStops } from '../../src/consent/build.ts';
import { buildAssignment } from '../../src/inbox/assignment/build.ts';
import { createAutoClosing } from '../../src/inbox/auto-closing/closer.ts';
import type { FindLastWords, LastWords } from '../../src/inbox/auto-closing/last-words.ts';
import { buildConversationStore } from '../../src/inbox/build.ts';
import { createBusinessHoursReader } from '../../src/inbox/business-hours/reader.ts';
import { createBusinessHoursRepository } from '../../src/inbox/business-hours/repository.ts';
import { createArrivals } from '../../src/inbox/conversations/arrivals.ts';
import type { ConversationRecord, ConversationStatus } from '../../src/inbox/conversations/repository.ts';
import { createDecide } from '../../src/inbox/conversations/resource.ts';
import { createFollowSnooze, wakeTimer } from '../../src/inbox/conversations/snooze-timers.ts';
import { snoozeOf, type SnoozeWish } from '../../src/inbox/conversations/snoozing.ts';
import { createWaking } from '../../src/inbox/conversations/waking.ts';
import { createInboxSettingsReader } from '../../src/inbox/settings/reader.ts';
import { createInboxSettingsUseCases } from '../../src/inbox/settings/use-cases.ts';
import { createTeamRepository } from '../../src/inbox/teams/repository.ts';
import { buildSla } from '../../src/inbox/sla/build.ts';
import { buildPeople } from '../../src/people/build.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import { migrate } from './migrated.ts';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import { createTransactions, type RunInTransaction } from '../../src/platform/transaction.ts';
import type { TimerDoc } from '../../src/timers/model.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { createTimers } from '../../src/timers/timers.ts';
import { captureLog } from './logger.ts';
import { connectTestDatabase } from './mongo.ts';
import { holdUnstored } from './unstored-contact.ts';

export const worldStart = new Date('2026-11-23T09:00:00Z');
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

export type SnoozeWorld = Awaited<ReturnType<typeof startSnoozeWorld>>;

/** Conversations and their timers on a real database, with a clock that only the test moves. */
export async function startSnoozeWorld(name: string) {
  const database = await connectTestDatabase(name, []);
  const { connection } = database;
  await migrate(connection);
  const clock = createFixedClock(worldStart);
  const log = captureLog();
  const { audit } = buildRecords({ mongo: connection, clock });
  const timerRepository = createTimerRepository(connection);
  const timers = createTimers({ timers: timerRepository, clock });
  const store = buildConversationStore(connection);
  const { repository: conversations } = store;
  const readSettings = createInboxSettingsReader(store.settings);
  const people = buildPeople({
    ...{ mongo: connection, audit, timers, clock },
    ...{ conversations: store.references, addressStops: buildAddressStops(connection) },
    stopInherited: async () => undefined,
  });
  const { deadlines } = buildSla({
    hours: createBusinessHoursReader(createBusinessHoursRepository(connection)),
    ...{ mongo: connection, timers, audit, time: clock, markBreached: async () => null },
  });
  const { resource, assignments, receive } = buildAssignment({
    ...{ mongo: connection, conversations, deadlines, followSnooze: createFollowSnooze(timers) },
    followClosing: async () => undefined,
    ...{ teams: createTeamRepository(connection), findWait: async () => null, timers, audit, clock },
  });
  const words = new Map<string, LastWords>();
  const findLastWords: FindLastWords = async (_scope, asked) =>
    new Map([...words].filter(([id]) => asked.some(({ _id }) => _id.toHexString() === id)));

  /** The handlers of one worker; `runInTransaction` may fail as a process does that is killed. */
  function createWorker(
    runInTransaction: RunInTransaction = createTransactions(connection),
    find: FindLastWords = findLastWords,
  ) {
    const waking = createWaking({ conversations, resource, assignments, runInTransaction, clock });
    const closing = createAutoClosing(
      {
        ...{ conversations, resource, assignments, readSettings, findLastWords: find, timers },
        ...{ runInTransaction, clock },
      },
      // Bounds that some conversations exceed.
      { pageSize: 3, maxPages: 2, maxClosings: 4 },
    );
    const handlers = { ...waking.handlers, ...closing.handlers };
    const runner = createTimerRunner({ timers: timerRepository, handlers, clock, logger: log.logger });
    return { waking, closing, handlers, runner };
  }
  const worker = createWorker();
  const arrivals = createArrivals({
    // Who waits for an answer is not looked at here.
    waits: { followArrival: async () => undefined },
    ...{ conversations, leads: people.leads, deadlines, readSettings, clock },
    ...{ wakeByMessage: worker.waking.wakeByMessage, receive },
    holdContact: holdUnstored,
  });
  const settings = createInboxSettingsUseCases({
    ...{ settings: store.settings, readSettings, follow: worker.closing.followSettings, audit },
  });
  const by = { type: 'user', userId: newId() } as const;
  const decide = createDecide({ assignments, clock });

  return {
    ...{ connection, clock, log, audit, conversations, worker, createWorker, findLastWords, words, by },

    closeAfter: (of: ClientScope, autoCloseAfterHours: number) =>
      settings.update(of, by, undefined, { autoCloseAfterHours }),

    scope: () => scopeOf(newId()),

    /** A conversation of its own: one contact on one channel. */
    thread(of: ClientScope) {
      const key = { channelId: newId(), contactId: newId() };
      let id: Types.ObjectId | undefined;
      const ref = () => {
        assert.ok(id, 'the contact has written');
        return { id, version: undefined };
      };
      const change = (action: string, decision: Parameters<typeof decide>[0]) =>
        resource.change(of, by, ref(), { action, decide: decide(decision, { by: by.userId }) });
      return {
        get id(): Types.ObjectId {
          return ref().id;
        },

        /** The contact writes; returns the conversation of the message. */
        async hears(at: Date = clock.now()): Promise<Types.ObjectId> {
          const arriving = { at, from: [], makesLead: false, awaitsAnswer: true };
          const found = await audit.runInTransaction((session) =>
            arrivals.placeWithin(of, key, arriving, session),
          );
          id ??= found._id;
          return found._id;
        },

        async snooze(wish: SnoozeWish): Promise<Date | null> {
          const snooze = snoozeOf(wish, clock.now());
          assert.ok(snooze);
          await change('conversation.snoozed', { status: 'pending', snooze });
          return snooze.until;
        },

        becomes: (status: ConversationStatus) => change('conversation.status-changed', { status }),

        async stored(): Promise<ConversationRecord> {
          const found = await connection
            .collection<ConversationRecord>('conversations')
            .findOne({ _id: ref().id });
          assert.ok(found);
          return found;
        },

        /** When its timer is due; null if none is set. */
        async timer(): Promise<Date | null> {
          const found = await connection
            .collection<TimerDoc>('timers')
            .findOne({ ...of, kind: wakeTimer, subjectId: ref().id, attemptAt: { $exists: true } });
          return found?.dueAt ?? null;
        },
      };
    },

    /** Fires what is due, until nothing is. */
    async fire(): Promise<void> {
      while ((await worker.runner.fireDue()) > 0);
    },

    close: () => database.close(),
  };
}
