import type { Types } from 'mongoose';
import type { ContactDirectory } from '../../../people/contacts/directory.ts';
import type { Arrivals } from '../../../inbox/conversations/arrivals.ts';
import { placeOfArrival, placeOfOwn } from '../../../inbox/conversations/order.ts';
import type { ConversationDoc, ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { Clock } from '../../../platform/clock.ts';
import { retryOnDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { CallItem } from '../../../whatsapp/calls.ts';
import type { CallContent } from '../store/model.ts';
import type { MessageRepository } from '../store/repository.ts';
import { draftEntry, findEarlier, keysOfPerson } from './entries.ts';
import { findWriter } from './known-writers.ts';
import { messageTime, threadTimes } from './rules.ts';

export interface CallDeps {
  readonly messages: Pick<
    MessageRepository,
    'insertWithin' | 'noteCallEvent' | 'findStored' | 'findContactOf'
  >;
  readonly contacts: Pick<ContactDirectory, 'findById' | 'findOrCreate' | 'learn' | 'setNameIfMissing'>;
  readonly conversations: ConversationThreads;
  readonly arrivals: Arrivals;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

interface CallPlace {
  readonly scope: ClientScope;
  readonly key: { readonly channelId: Types.ObjectId; readonly contactId: Types.ObjectId };
  /** The identities of the person. */
  readonly writerKeys: readonly string[];
  readonly at: Date;
  readonly now: Date;
}

export type Calls = ReturnType<typeof createCalls>;

/**
 * Voice calls as entries of the thread, one per call; its events may arrive in any order. A call of the person opens the
 * customer service window, makes a lead and counts as unread, as a message would.
 */
export function createCalls(deps: CallDeps) {
  const { messages, conversations, clock } = deps;
  return {
    /** False if the person cannot be identified. */
    async receive(scope: ClientScope, channelId: Types.ObjectId, item: CallItem): Promise<boolean> {
      const direction = directionOf(item);
      const { person, callId: providerMessageId } = item;
      const writerKeys = keysOfPerson(person);
      const written = { channelId, direction, providerMessageId, writerKeys } as const;
      const now = clock.now();
      const at = messageTime(item.startedAtMs ?? item.atMs, now);
      const contact = await findWriter(deps, scope, written, { person, at });
      if (contact === 'gone') return true;
      if (contact === null) return false;
      const key = { channelId, contactId: contact._id };
      await retryOnDuplicateKey(async () => {
        const earlier = await findEarlier(messages, scope, { ...key, providerMessageId });
        if (earlier === null) return storeCall(deps, { scope, key, writerKeys, at, now }, item);
        if (earlier.direction !== direction) return;
        const event = { event: eventOf(item), call: callOf(item), at };
        await messages.noteCallEvent(scope, earlier._id, {
          ...event,
          timestamp: threadTimes(at, now).timestamp,
        });
        if (direction === 'inbound')
          await conversations.noteInbound(scope, earlier.conversationId, { at, from: writerKeys });
      });
      return true;
    },
  };
}

/** The entry of a call whose first event arrives, and what it changes in its conversation. */
async function storeCall(
  { messages, conversations, arrivals, runInTransaction }: CallDeps,
  { scope, key, writerKeys, at, now }: CallPlace,
  item: CallItem,
): Promise<void> {
  const direction = directionOf(item);
  const isInbound = direction === 'inbound';
  const entryIn = (conversation: ConversationDoc) =>
    draftEntry(
      { scope, conversation, contactId: key.contactId, at, now },
      {
        direction,
        senderType: isInbound ? 'contact' : 'phone',
        messageType: 'call',
        content: { call: { direction, ...callOf(item) } },
        ...(isInbound ? placeOfArrival(conversation) : placeOfOwn(conversation)),
        status: isInbound ? 'received' : 'sent',
        providerMessageId: item.callId,
        writerKeys,
        statusHistory: [eventOf(item)],
      },
    );
  if (isInbound) {
    // Nobody can answer a call by a message: it awaits none.
    const arriving = { at, from: writerKeys, makesLead: true, awaitsAnswer: false };
    await runInTransaction(async (session) => {
      const conversation = await arrivals.placeWithin(scope, key, arriving, session);
      await messages.insertWithin(scope, entryIn(conversation), session);
    });
    return;
  }
  const conversation = await conversations.findOrOpenWithoutLead(scope, key, at);
  await runInTransaction((session) => messages.insertWithin(scope, entryIn(conversation), session));
}

const directionOf = ({ direction }: Pick<CallItem, 'direction'>) =>
  direction === 'inbound' ? 'inbound' : 'outbound';

const eventOf = ({ direction, word, atMs, outcome, error, opaque, more }: CallItem) => ({
  key: `call:${word}:${atMs}`,
  status: direction === 'inbound' ? 'received' : 'sent',
  timestamp: new Date(atMs),
  raw: {
    word,
    ...(outcome === undefined ? {} : { outcome }),
    ...(error === undefined ? {} : { error }),
    ...(opaque === undefined ? {} : { opaque }),
    ...(more === undefined ? {} : { more }),
  },
});

/** What an event adds to its call. Only one kind of event has each field, so the order of events does not matter. */
function callOf(item: CallItem): Omit<CallContent, 'direction'> {
  const { startedAtMs, endedAtMs, durationSeconds } = item;
  return {
    ...(item.word === 'terminate' ? { outcome: outcomeOf(item) } : {}),
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: new Date(endedAtMs) }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}

/** A call that ended without talk is missed if the person called, and unanswered if the business did. */
function outcomeOf({
  direction,
  outcome,
  durationSeconds,
  startedAtMs,
}: CallItem): NonNullable<CallContent['outcome']> {
  const wasAnswered = (durationSeconds ?? 0) > 0 || (startedAtMs !== undefined && outcome !== 'FAILED');
  if (wasAnswered || (outcome === 'COMPLETED' && durationSeconds === undefined)) return 'completed';
  return direction === 'inbound' ? 'missed' : 'unanswered';
}
