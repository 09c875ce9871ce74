import type { Types } from 'mongoose';
import { phoneOfWhatsappId } from '../../../people/contacts/rules.ts';
import type { SuspectNumbers } from '../../../people/contacts/numbers.ts';
import type { ContactDoc, ContactIdentity, ContactDirectory } from '../../../people/contacts/directory.ts';
import type { ConversationDoc, ConversationThreads } from '../../../inbox/conversations/threads.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { InboundItem } from '../../../whatsapp/events.ts';
import type { MessageContent, MessageDoc, MessageRepository } from '../store/repository.ts';

/** A stored message of a contact. */
export interface Arrival {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  readonly contact: ContactDoc;
  readonly conversation: ConversationDoc;
  readonly item: InboundItem;
}

export interface InboundDeps {
  readonly messages: MessageRepository;
  readonly contacts: ContactDirectory;
  readonly conversations: ConversationThreads;
  readonly numbers: Pick<SuspectNumbers, 'trust'>;
  /** Runs for every stored message, and again if it is delivered again. If it throws, the event is retried later. */
  onInbound(arrival: Arrival): Promise<void>;
}

export type InboundService = ReturnType<typeof createInboundService>;

export function createInboundService({ messages, contacts, conversations, numbers, onInbound }: InboundDeps) {
  return {
    /**
     * Stores a message of a contact; finds or creates its contact, lead and conversation. Idempotent by the unique index
     * on the provider's id. Returns false if the sender cannot be identified.
     */
    async receive(scope: ClientScope, channelId: Types.ObjectId, item: InboundItem): Promise<boolean> {
      const identity = identityOf(item);
      if (identity === null) return false;
      const contact = await contacts.findOrCreate(scope, identity, item.profileName);
      if (contact.name === undefined && item.profileName !== undefined) {
        await contacts.setNameIfMissing(scope, contact._id, item.profileName);
      }
      const at = new Date(item.timestampMs);
      const key = { channelId, contactId: contact._id };
      const conversation = await conversations.findOrOpen(scope, key, at);
      const repliesTo =
        item.contextId === undefined ? null : await messages.findIdByProviderId(scope, item.contextId);
      const message: MessageDoc = {
        _id: newId(),
        ...scope,
        conversationId: conversation._id,
        ...key,
        direction: 'inbound',
        senderType: 'contact',
        messageType: item.messageType,
        content: contentOf(item),
        ...(item.contextId === undefined ? {} : { contextMessageId: item.contextId }),
        ...(repliesTo === null ? {} : { repliesTo }),
        status: 'received',
        timestamp: at,
        providerMessageId: item.providerMessageId,
        statusHistory: [{ key: `received:${item.timestampMs}`, status: 'received', timestamp: at }],
        dispatch: { attempt: 0, isCalling: false, attempts: [] },
      };
      const isNew = await messages.insert(scope, message);
      await conversations.noteInbound(scope, conversation._id, { at, isNew });
      if (contact.numberSuspect !== undefined && contact.phoneNumber !== undefined) {
        await numbers.trust(scope, { contactId: contact._id, phoneNumber: contact.phoneNumber }, at);
      }
      await onInbound({ scope, channelId, contact, conversation, item });
      return true;
    },
  };
}

/** The parsed content, and the provider's object unless the message is plain text. */
const contentOf = ({ messageType, text, reply, media, raw }: InboundItem): MessageContent => ({
  ...(text === undefined ? {} : { text }),
  ...(reply === undefined ? {} : { reply }),
  ...(media === undefined ? {} : { media }),
  ...(messageType === 'text' && text !== undefined ? {} : { raw }),
});

function identityOf({ from, fromUserId }: InboundItem): ContactIdentity | null {
  const phoneNumber = from === undefined ? null : phoneOfWhatsappId(from);
  if (from !== undefined && phoneNumber !== null) {
    return {
      phoneNumber,
      whatsappId: from.replace(/\D/g, ''),
      ...(fromUserId === undefined ? {} : { businessScopedUserId: fromUserId }),
    };
  }
  return fromUserId === undefined ? null : { businessScopedUserId: fromUserId };
}
