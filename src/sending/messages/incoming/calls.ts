import type { Types } from 'mongoose';
import type { ContactDirectory } from '../../../people/contacts/directory.ts';
import type { ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { CallItem } from '../../../whatsapp/calls.ts';
import type { CallContent } from '../store/model.ts';
import type { StoredMessage } from '../store/inbound-writes.ts';
import type { MessageRepository } from '../store/repository.ts';
import { contactOfPerson, draftEntry, findEarlier, isSame } from './entries.ts';
import { messageTime } from './rules.ts';

export interface CallDeps {
  readonly messages: Pick<MessageRepository, 'insert' | 'noteCallEvent' | 'findStored'>;
  readonly contacts: Pick<ContactDirectory, 'findOrCreate' | 'setNameIfMissing'>;
  readonly conversations: ConversationThreads;
  readonly clock: Clock;
}

interface CallPlace {
  readonly key: { readonly channelId: Types.ObjectId; readonly contactId: Types.ObjectId };
  readonly at: Date;
  readonly isInbound: boolean;
  /** The call, if an event of it is stored. */
  readonly earlier: StoredMessage | null;
}

export type Calls = ReturnType<typeof createCalls>;

/**
 * Voice calls as entries of the thread, one per call; its events may arrive in any order. A call of the person opens the
 * customer service window, makes a lead and counts as unread, as a message would.
 */
export function createCalls({ messages, contacts, conversations, clock }: CallDeps) {
  const threadOf = (scope: ClientScope, { key, at, isInbound, earlier }: CallPlace) => {
    if (earlier !== null) return conversations.findById(scope, earlier.conversationId);
    return isInbound
      ? conversations.findOrOpen(scope, key, at)
      : conversations.findOrOpenWithoutLead(scope, key, at);
  };

  return {
    /** False if the person cannot be identified. */
    async receive(scope: ClientScope, channelId: Types.ObjectId, item: CallItem): Promise<boolean> {
      const contact = await contactOfPerson(contacts, scope, { person: item.person });
      if (contact === null) return false;
      const now = clock.now();
      const at = messageTime(item.startedAtMs ?? item.atMs, now);
      const key = { channelId, contactId: contact._id };
      const isInbound = item.direction === 'inbound';
      const direction = isInbound ? 'inbound' : 'outbound';
      const earlier = await findEarlier(messages, scope, item.callId);
      if (earlier !== null && !isSame(earlier, { ...key, direction })) return true;
      const conversation = await threadOf(scope, { key, at, isInbound, earlier });
      if (conversation === null) return true;
      const status = isInbound ? 'received' : 'sent';
      const call = callOf(item);
      const entry = draftEntry(
        { scope, conversation, contactId: contact._id, at, now },
        {
          direction,
          senderType: isInbound ? 'contact' : 'phone',
          messageType: 'call',
          content: { call: { direction, ...call } },
          status,
          providerMessageId: item.callId,
          statusHistory: [eventOf(item, status)],
        },
      );
      const isNew = await messages.insert(scope, entry);
      if (!isNew)
        await messages.noteCallEvent(scope, item.callId, {
          ...{ event: eventOf(item, status), call, at },
          timestamp: entry.timestamp,
        });
      if (isInbound) await conversations.noteInbound(scope, conversation._id, { at, isNew });
      return true;
    },
  };
}

const eventOf = ({ word, atMs, outcome, error, opaque }: CallItem, status: string) => ({
  key: `call:${word}:${atMs}`,
  status,
  timestamp: new Date(atMs),
  raw: {
    word,
    ...(outcome === undefined ? {} : { outcome }),
    ...(error === undefined ? {} : { error }),
    ...(opaque === undefined ? {} : { opaque }),
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
