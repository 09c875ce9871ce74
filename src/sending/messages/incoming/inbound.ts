import type { Types } from 'mongoose';
import type { ConversationDoc } from '../../../inbox/conversations/threads.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { InboundItem } from '../../../whatsapp/events.ts';
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
import { findSender } from './people.ts';
import { isWrittenByContact, messageTime } from './rules.ts';

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

async function receiveMessage(
  { messages, conversations, numbers, clock }: InboundDeps,
  { scope, channelId, contact }: InboundPlace,
  { item, repliesTo }: { readonly item: InboundItem; readonly repliesTo: Types.ObjectId | null },
): Promise<Arrival> {
  const now = clock.now();
  const at = messageTime(item.timestampMs, now);
  const key = { channelId, contactId: contact._id };
  const isWritten = isWrittenByContact(item);
  const conversation = isWritten
    ? await conversations.findOrOpen(scope, key, at)
    : await conversations.findLatestOrOpen(scope, key, at);
  const message = draftInbound({ scope, conversation, item, at, repliesTo });
  const stored = await storeOnce(messages, scope, message);
  await keepSource(messages, scope, { messageId: stored._id, item, at, now });
  if (isWritten) {
    await conversations.noteInbound(scope, conversation._id, { at: stored.timestamp, isNew: stored.isNew });
    if (contact.numberSuspect !== undefined && contact.phoneNumber !== undefined) {
      const number = { contactId: contact._id, phoneNumber: contact.phoneNumber };
      await numbers.trust(scope, number, stored.timestamp);
    }
  }
  const dated = { ...item, timestampMs: stored.timestamp.getTime() };
  return { scope, channelId, contact, conversation, item: dated };
}

type InboundDoc = MessageDoc & { readonly providerMessageId: string };

interface InboundDraft {
  readonly scope: ClientScope;
  readonly conversation: Pick<ConversationDoc, '_id' | 'channelId' | 'contactId'>;
  readonly item: InboundItem;
  readonly at: Date;
  /** The stored message that this one answers. */
  readonly repliesTo: Types.ObjectId | null;
}

function draftInbound({ scope, conversation, item, at, repliesTo }: InboundDraft): InboundDoc {
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
    timestamp: at,
    providerMessageId: item.providerMessageId,
    statusHistory: [{ key: `received:${at.getTime()}`, status: 'received', timestamp: at }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
  };
}

type Stored = Pick<MessageDoc, '_id' | 'timestamp'> & { readonly isNew: boolean };

/**
 * Stores the message, or fills in the one that a change of it stands for. A repetition has the id and the time of the
 * stored one, so that a time in the future does not move on with each repetition.
 */
async function storeOnce(
  messages: MessageRepository,
  scope: ClientScope,
  message: InboundDoc,
): Promise<Stored> {
  const { _id, timestamp, providerMessageId } = message;
  if (await messages.insert(scope, message)) return { _id, timestamp, isNew: true };
  const completed = await messages.completeOriginal(scope, message);
  if (completed !== null) return { _id: completed, timestamp, isNew: true };
  const earlier = await messages.findStored(scope, providerMessageId);
  if (earlier === null) throw new Error('The message has a duplicate key, but the stored one was not found.');
  return { ...earlier, isNew: false };
}
