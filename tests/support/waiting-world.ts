import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { buildRecords } from '../../src/app/events.ts';
import { buildAddressStops } from '../../src/consent/build.ts';
import { buildConversationStore } from '../../src/inbox/build.ts';
import { createArrivals } from '../../src/inbox/conversations/arrivals.ts';
import { applyDecision } from '../../src/inbox/conversations/decisions.ts';
import type { ConversationRecord, ConversationStatus } from '../../src/inbox/conversations/model.ts';
import { placeOfArrival } from '../../src/inbox/conversations/order.ts';
import { createInboxSettingsReader } from '../../src/inbox/settings/reader.ts';
import type { AnswerState } from '../../src/inbox/sla/clocks/answers.ts';
import { createWaitCatchUp } from '../../src/inbox/waiting/catch-up.ts';
import { createWaitLog } from '../../src/inbox/waiting/wait-log.ts';
import { buildPeople } from '../../src/people/build.ts';
import { createFixedClock } from '../../src/platform/clock.ts';
import { newId } from '../../src/platform/ids.ts';
import { migrate } from './migrated.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createMessageRepository } from '../../src/sending/messages/store/repository.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimers } from '../../src/timers/timers.ts';
import { buildMessage } from './messages.ts';
import { connectTestDatabase } from './mongo.ts';
import { holdUnstored } from './unstored-contact.ts';

export const worldStart = new Date('2026-11-23T09:00:00Z');
export const minuteMs = 60_000;
export const atMinute = (minutes: number): Date => new Date(worldStart.getTime() + minutes * minuteMs);

export type WaitingWorld = Awaited<ReturnType<typeof startWaitingWorld>>;

/** Conversations, their messages and answers on a real database, with a clock that only the test moves. */
export async function startWaitingWorld(name: string) {
  const database = await connectTestDatabase(name, []);
  const { connection } = database;
  await migrate(connection);
  const clock = createFixedClock(worldStart);
  const { audit } = buildRecords({ mongo: connection, clock });
  const { runInTransaction } = audit;
  const store = buildConversationStore(connection);
  const { repository } = store;
  const messages = createMessageRepository(connection);
  const timers = createTimers({ timers: createTimerRepository(connection), clock });
  const waits = createWaitLog({ conversations: repository, facts: messages, runInTransaction });
  const people = buildPeople({
    ...{ mongo: connection, audit, timers, clock },
    ...{ conversations: store.references, addressStops: buildAddressStops(connection) },
    stopInherited: async () => undefined,
  });
  const arrivals = createArrivals({
    ...{ conversations: repository, leads: people.leads, waits, clock },
    readSettings: createInboxSettingsReader(store.settings),
    // Nothing is measured, snoozed or queued.
    ...{ holdContact: holdUnstored, deadlines: { awaitAnswer: async () => undefined } },
    ...{ wakeByMessage: async (_of, conversation) => conversation, receive: async () => undefined },
  });
  const scope = () => scopeOf(newId());

  return {
    ...{ connection, clock, messages, timers, scope },
    /** The handlers of the look at what an earlier version left. */
    catchUp: (bounds?: { readonly pageSize: number; readonly maxPages: number }) =>
      createWaitCatchUp(
        { conversations: repository, facts: messages, waits, timers, runInTransaction, clock },
        bounds,
      ),

    /** A conversation of its own: one contact on one channel. */
    thread(of: ReturnType<typeof scope>) {
      const key = { channelId: newId(), contactId: newId() };
      const answers = new Map<string, Types.ObjectId>();
      const conversation = async (): Promise<ConversationRecord> => {
        const found = await connection
          .collection<ConversationRecord>('conversations')
          .findOne({ ...of, ...key });
        assert.ok(found, 'the contact has written');
        return found;
      };
      const add = async (fields: Partial<MessageDoc>): Promise<Types.ObjectId> => {
        const message = buildMessage({ ...of, ...key, ...fields });
        await runInTransaction((session) => messages.insertWithin(of, message, session));
        return message._id;
      };
      return {
        ...{ key, conversation, add },

        /** The contact writes at this time of the provider, and it arrives now. */
        hears: (at: Date, awaitsAnswer = true): Promise<void> =>
          runInTransaction(async (session) => {
            const arriving = { at, from: [], makesLead: false, awaitsAnswer };
            const { _id: conversationId, ...order } = await arrivals.placeWithin(of, key, arriving, session);
            const message = buildMessage({
              ...{ ...of, ...key, conversationId, ...placeOfArrival(order), messageType: 'text' },
              ...{ direction: 'inbound', senderType: 'contact', status: 'received' },
              ...{ timestamp: new Date(at.getTime() + 999), writtenAt: at },
              ...(awaitsAnswer ? {} : { asksNothing: true }),
            });
            await messages.insertWithin(of, message, session);
          }),

        /** Sending tells what became of an answer. */
        async answered(name: string, state: AnswerState, at: Date): Promise<void> {
          const { _id: conversationId } = await conversation();
          const messageId = answers.get(name) ?? (await add({ conversationId, timestamp: at }));
          answers.set(name, messageId);
          await waits.note(of, { conversationId, messageId, providerMessageId: name, state, at });
        },

        /** A user changes the status, as the route does. */
        becomes: (status: ConversationStatus): Promise<void> =>
          runInTransaction(async (session) => {
            const { _id } = await conversation();
            const before = await repository.findWithHistory(of, _id, session);
            assert.ok(before);
            const after = applyDecision(before, { status }, { at: clock.now(), by: newId() });
            if (after === before) return;
            const next = { ...after, version: before.version + 1 };
            assert.ok(await repository.replace(of, before, next, session));
          }),

        waitingSince: async (): Promise<Date | null> => (await conversation()).waitingSince ?? null,
      };
    },

    close: () => database.close(),
  };
}
