import type { Types } from 'mongoose';
import type { ConversationDoc } from '../../../inbox/conversations/threads.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { InboundItem } from '../../../whatsapp/events.ts';
import { writtenTimeOf } from '../rules.ts';
import type { StoredMessage } from '../store/inbound-writes.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import {
  contentOf,
  keepSource,
  profileOf,
  type Arrival,
  type InboundDeps,
  type InboundPlace,
} from './arrival.ts';
import { createChangeReceiver } from './changes.ts';
import { findEarlier, isSame } from './entries.ts';
import { findSender } from './people.ts';
import { isWrittenByContact, messageTime, threadTimes } from './rules.ts';

export type InboundService = ReturnType<typeof createInboundService>;

export function createInboundService(deps: InboundDeps) {
  const receiveChange = createChangeReceiver(deps);
  return {
    /**
     * Stores a message of a contact, or a change of one; finds or creates its contact, lead and conversation. Idempotent
     * by the unique index on the provider's id. Returns false if the sender cannot be identified.
     */
    async receive(scope: ClientScope, channelId: Types.ObjectId, item: InboundItem): Promise<boolean> {
      const at = messageTime(item.timestampMs, deps.clock.now());
      const sender = await findSender(deps, scope, { item, at });
      if (sender === null) return false;
      const { contact, repliesTo } = sender;
      if (contact.name === undefined && item.profileName !== undefined) {
        await deps.contacts.setNameIfMissing(scope, contact._id, item.profileName);
      }
      const place = { scope, channelId, contact };
      const arrival =
        item.change === undefined
          ? await receiveMessage(deps, place, { item, repliesTo })
          : await receiveChange(place, item, item.change);
      if (arrival !== null) await deps.onInbound(arrival);
      return true;
    },
  };
}

interface ReceivedMessage {
  readonly item: InboundItem;
  readonly repliesTo: Types.ObjectId | null;
}

/** Null if the id is that of a message by somebody else: then nothing is stored. */
async function receiveMessage(
  deps: InboundDeps,
  place: InboundPlace,
  received: ReceivedMessage,
): Promise<Arrival | null> {
  const { item } = received;
  const { scope, channelId, contact } = place;
  const earlier = await findEarlier(deps.messages, scope, item.providerMessageId);
  if (earlier === null) return receiveNew(deps, place, received);
  const author = { channelId, contactId: contact._id, direction: 'inbound' } as const;
  return isSame(earlier, author) ? receiveAgain(deps, place, { item, earlier }) : null;
}

async function receiveNew(
  deps: InboundDeps,
  { scope, channelId, contact }: InboundPlace,
  { item, repliesTo }: ReceivedMessage,
): Promise<Arrival> {
  const { messages, conversations, clock } = deps;
  const now = clock.now();
  const at = messageTime(item.timestampMs, now);
  const key = { channelId, contactId: contact._id };
  const isWritten = isWrittenByContact(item);
  const conversation = isWritten
    ? await conversations.findOrOpen(scope, key, at)
    : await conversations.findLatestOrOpen(scope, key, at);
  const message = draftInbound({ scope, conversation, item, at, now, repliesTo });
  const stored = await storeOnce(messages, scope, message);
  await keepSource(messages, scope, { messageId: stored._id, item, at, now });
  if (isWritten) await noteWritten(deps, { scope, contact, conversation }, stored);
  const dated = { ...item, timestampMs: stored.at.getTime() };
  return { scope, channelId, contact, conversation, item: dated };
}

/**
 * Finishes what a crash may have left undone for a stored message, in the conversation where it is. A message that came
 * with the backlog before moves into the live conversation: now somebody waits for an answer.
 */
async function receiveAgain(
  deps: InboundDeps,
  { scope, channelId, contact }: InboundPlace,
  { item, earlier }: { readonly item: InboundItem; readonly earlier: StoredMessage },
): Promise<Arrival | null> {
  const { messages, conversations, clock } = deps;
  const { _id: messageId } = earlier;
  const at = writtenTimeOf(earlier);
  const isWritten = isWrittenByContact(item);
  const isBacklog = isWritten && earlier.isImported === true;
  const conversation = isBacklog
    ? await conversations.findOrOpen(scope, { channelId, contactId: contact._id }, at)
    : await conversations.findById(scope, earlier.conversationId);
  if (conversation === null) return null;
  const isNew = isBacklog && (await messages.bringIn(scope, messageId, conversation._id));
  await keepSource(messages, scope, { messageId, item, at, now: clock.now() });
  if (isWritten) await noteWritten(deps, { scope, contact, conversation }, { at, isNew });
  return { scope, channelId, contact, conversation, item: { ...item, timestampMs: at.getTime() } };
}

/** What follows from a message that the contact wrote: the window, the unread count, and that its number works. */
async function noteWritten(
  { conversations, numbers }: Pick<InboundDeps, 'conversations' | 'numbers'>,
  { scope, contact, conversation }: Pick<Arrival, 'scope' | 'contact' | 'conversation'>,
  { at, isNew }: Pick<Stored, 'at' | 'isNew'>,
): Promise<void> {
  await conversations.noteInbound(scope, conversation._id, { at, isNew });
  const { _id: contactId, phoneNumber, numberSuspect } = contact;
  if (numberSuspect !== undefined && phoneNumber !== undefined)
    await numbers.trust(scope, { contactId, phoneNumber }, at);
}

type InboundDoc = MessageDoc & { readonly providerMessageId: string };

interface InboundDraft {
  readonly scope: ClientScope;
  readonly conversation: Pick<ConversationDoc, '_id' | 'channelId' | 'contactId'>;
  readonly item: InboundItem;
  readonly at: Date;
  readonly now: Date;
  /** The stored message that this one answers. */
  readonly repliesTo: Types.ObjectId | null;
}

function draftInbound({ scope, conversation, item, at, now, repliesTo }: InboundDraft): InboundDoc {
  const { contextId, contextFrom } = item;
  return {
    _id: newId(),
    ...scope,
    conversationId: conversation._id,
    channelId: conversation.channelId,
    contactId: conversation.contactId,
    direction: 'inbound',
    senderType: item.messageType === 'system' ? 'system' : 'contact',
    messageType: item.messageType,
    content: contentOf(item),
    ...(contextId === undefined ? {} : { contextMessageId: contextId }),
    ...(contextFrom === undefined ? {} : { contextFrom }),
    ...profileOf(item),
    ...(repliesTo === null ? {} : { repliesTo }),
    status: 'received',
    ...threadTimes(at, now),
    providerMessageId: item.providerMessageId,
    statusHistory: [{ key: `received:${at.getTime()}`, status: 'received', timestamp: at }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
  };
}

interface Stored {
  readonly _id: Types.ObjectId;
  /** When it was written. */
  readonly at: Date;
  readonly isNew: boolean;
}

/**
 * Stores the message, or fills in the one that a change of it stands for. A repetition has the id and the time of the
 * stored one, so that a time in the future does not move on with each repetition.
 */
async function storeOnce(
  messages: MessageRepository,
  scope: ClientScope,
  message: InboundDoc,
): Promise<Stored> {
  const { _id, providerMessageId } = message;
  const at = writtenTimeOf(message);
  if (await messages.insert(scope, message)) return { _id, at, isNew: true };
  const completed = await messages.completeOriginal(scope, message);
  if (completed !== null) return { _id: completed, at, isNew: true };
  const earlier = await messages.findStored(scope, providerMessageId);
  if (earlier === null) throw new Error('The message has a duplicate key, but the stored one was not found.');
  return { _id: earlier._id, at: writtenTimeOf(earlier), isNew: false };
}
