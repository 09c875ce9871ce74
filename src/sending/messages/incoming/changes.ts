import type { InboundChange } from '../../../whatsapp/inbound.ts';
import type { InboundItem } from '../../../whatsapp/events.ts';
import type { ChangeTarget, StoredChange } from '../store/inbound-writes.ts';
import type { MessageChange, MessageDoc } from '../store/repository.ts';
import {
  contentOf,
  keepSource,
  profileOf,
  type Arrival,
  type InboundDeps,
  type InboundPlace,
} from './arrival.ts';
import { draftEntry, writerKeysOf } from './entries.ts';
import { messageTime } from './rules.ts';

type ChangeReceiver = (
  place: InboundPlace,
  item: InboundItem,
  change: InboundChange,
) => Promise<Arrival | null>;

/** Who changes a message: the contact, or the business from its phone. */
type ChangeAuthor = Pick<MessageDoc, 'direction' | 'senderType' | 'status'>;

const byContact: ChangeAuthor = { direction: 'inbound', senderType: 'contact', status: 'received' };
export const byPhone: ChangeAuthor = { direction: 'outbound', senderType: 'phone', status: 'sent' };

/**
 * Receives the edit or the revocation of an earlier message. If that message has not arrived yet, one that stands for it
 * is stored, and filled in later. Null if somebody else wrote the message: then no message changes.
 */
export const createChangeReceiver =
  (
    { messages, conversations, clock }: Pick<InboundDeps, 'messages' | 'conversations' | 'clock'>,
    author: ChangeAuthor = byContact,
  ): ChangeReceiver =>
  async ({ scope, channelId, contact }, item, { kind, originalId }) => {
    const now = clock.now();
    const at = messageTime(item.timestampMs, now);
    const key = { channelId, contactId: contact._id };
    const target: ChangeTarget = { ...key, providerMessageId: originalId, direction: author.direction };
    const content = contentOf(item);
    const hasContent = kind === 'edit' && Object.keys(content).length > 0;
    const change: MessageChange = {
      ...{ key: item.providerMessageId, kind, at },
      ...(hasContent ? { content } : {}),
    };
    const first = await messages.applyChange(scope, target, change);
    if (first.kind === 'foreign') return null;
    const conversation = await conversations.findLatestOrOpen(scope, key, at);

    /** Stores the message that the change stands for; the unique index decides the race against the message itself. */
    async function standIn(): Promise<StoredChange> {
      const message = draftEntry(
        { scope, conversation, contactId: contact._id, at, now },
        {
          ...author,
          writerKeys: writerKeysOf(item),
          messageType: item.messageType,
          content: {},
          ...profileOf(item),
          changes: [change],
          ...(kind === 'edit' ? { editedAt: at } : { revokedAt: at }),
          awaitsOriginal: true,
          providerMessageId: originalId,
        },
      );
      return (await messages.insert(scope, message))
        ? { kind: 'stored', messageId: message._id, at }
        : messages.applyChange(scope, target, change);
    }

    const stored = first.kind === 'missing' ? await standIn() : first;
    if (stored.kind === 'missing' || stored.kind === 'foreign') return null;
    await keepSource(messages, scope, { messageId: stored.messageId, item, at, now });
    const dated = { ...item, timestampMs: stored.at.getTime() };
    return { scope, channelId, contact, conversation, item: dated };
  };
