import type { Types } from 'mongoose';
import type { ContactDoc } from '../../../people/contacts/directory.ts';
import type { AnswerLog } from '../../../inbox/sla/answer-log.ts';
import { placeOfOwn } from '../../../inbox/conversations/order.ts';
import type { ConversationDoc } from '../../../inbox/conversations/threads.ts';
import { retryOnDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { HistoryItem } from '../../../whatsapp/history.ts';
import type { InboundItem } from '../../../whatsapp/inbound.ts';
import type { EchoItem } from '../../../whatsapp/phone-messages.ts';
import { reportOfSent } from '../answers.ts';
import { parseReceiptStatus, type MessageStatus } from '../lifecycle.ts';
import type { MessageDoc } from '../store/repository.ts';
import type { InboundDeps } from './arrival.ts';
import { byPhone, createChangeReceiver } from './changes.ts';
import {
  contentFields,
  draftEntry,
  findEarlier,
  isSame,
  keysOfPerson,
  storeEntry,
  storeEntryWithin,
} from './entries.ts';
import { findWriter } from './known-writers.ts';
import { messageTime } from './rules.ts';

/** `onInbound` as for messages that arrive now: a STOP counts by the time at which it was said. */
export interface PhoneMessageDeps extends Pick<
  InboundDeps,
  'messages' | 'incomingFiles' | 'contacts' | 'conversations' | 'onInbound' | 'runInTransaction' | 'clock'
> {
  readonly answers: Pick<AnswerLog, 'noteWithin'>;
}

/** The place of a stored entry. */
interface Thread {
  readonly scope: ClientScope;
  readonly conversation: ConversationDoc;
  readonly contact: ContactDoc;
  readonly at: Date;
  readonly now: Date;
}

export type PhoneMessages = ReturnType<typeof createPhoneMessages>;

const dayMs = 24 * 60 * 60 * 1_000;

/**
 * Messages that the business sent from its phone, and the backlog of a number. Both are idempotent by the provider's id,
 * so the echo of a message that the product sent adds nothing. Neither makes a lead or counts as unread.
 */
export function createPhoneMessages(deps: PhoneMessageDeps) {
  const { messages, conversations, clock } = deps;
  const receiveChange = createChangeReceiver(deps, byPhone);

  async function receiveOld(
    { direction, message, word, person }: HistoryItem,
    thread: Thread,
  ): Promise<void> {
    const { scope, conversation, contact, at, now } = thread;
    if (direction === 'outbound') {
      await storeEntry(deps, { entry: await draftSent(deps, thread, { message, word }), message, now });
      return;
    }
    const entry = await draftReceived(deps, thread, { message, person });
    await storeEntry(deps, { entry, message, now });
    // An older message opens no window, so that thousands of them cost no write each.
    if (now.getTime() - at.getTime() < dayMs)
      await conversations.noteInbound(scope, conversation._id, {
        at,
        from: keysOfPerson(person),
      });
    const item = { ...message, timestampMs: at.getTime() };
    await deps.onInbound({ scope, contact, item });
  }

  return {
    /** False if the recipient cannot be identified. */
    async receiveEcho(scope: ClientScope, channelId: Types.ObjectId, item: EchoItem): Promise<boolean> {
      const { message } = item;
      const providerMessageId = message.change?.originalId ?? message.providerMessageId;
      const sent = { channelId, providerMessageId, direction: 'outbound' } as const;
      const now = clock.now();
      const at = messageTime(message.timestampMs, now);
      const contact = await findWriter(deps, scope, { ...sent, writerKeys: [] }, { person: item.to, at });
      if (contact === 'gone') return true;
      if (contact === null) return false;
      if (message.change !== undefined) {
        await receiveChange({ scope, channelId, contact }, message, message.change);
        return true;
      }
      const key = { channelId, contactId: contact._id };
      await retryOnDuplicateKey(async () => {
        if ((await findEarlier(messages, scope, sent)) !== null) return;
        const conversation = await conversations.findOrOpenWithoutLead(scope, key, at);
        await storeEcho(deps, { scope, conversation, contact, at, now }, message);
      });
      return true;
    },

    /** False if the person cannot be identified. */
    async receiveHistory(scope: ClientScope, channelId: Types.ObjectId, item: HistoryItem): Promise<boolean> {
      const now = clock.now();
      const at = messageTime(item.message.timestampMs, now);
      const { direction, message, person } = item;
      const { providerMessageId } = message;
      const written = { channelId, direction, providerMessageId };
      const writerKeys = keysOfPerson(person);
      const contact = await findWriter(deps, scope, { ...written, writerKeys }, { person, at });
      if (contact === 'gone') return true;
      if (contact === null) return false;
      const key = { channelId, contactId: contact._id };
      const earlier = await findEarlier(messages, scope, {
        ...written,
        ...(direction === 'inbound' ? { contactId: contact._id } : {}),
      });
      if (earlier !== null && !isSame(earlier, { ...key, direction })) return true;
      const conversation =
        earlier === null
          ? await conversations.findOrImport(scope, key, at)
          : await conversations.findById(scope, earlier.conversationId);
      if (conversation !== null) await receiveOld(item, { scope, conversation, contact, at, now });
      return true;
    },
  };
}

/** Stores what the business sent from its phone, and that it answers the contact, in one transaction. */
async function storeEcho(deps: PhoneMessageDeps, thread: Thread, message: InboundItem): Promise<void> {
  const { answers, runInTransaction } = deps;
  const { scope, at, now } = thread;
  const entry = {
    ...(await draftSent(deps, thread, { message, word: null })),
    ...placeOfOwn(thread.conversation),
  };
  const report = reportOfSent(entry, { providerMessageId: message.providerMessageId, at });
  await runInTransaction(async (session) => {
    const messageId = await storeEntryWithin(deps, { entry, message, now }, session);
    if (report !== null) await answers.noteWithin(scope, { ...report, messageId }, session);
  });
}

/** The state of an old message by the provider's word: `READ`, `ERROR`; `sent` if it says nothing else. */
export function statusOfHistory(word: string | null): MessageStatus {
  if (word === null) return 'sent';
  return word.toUpperCase() === 'ERROR' ? 'failed' : (parseReceiptStatus(word) ?? 'sent');
}

async function draftSent(
  { messages }: PhoneMessageDeps,
  { scope, conversation, contact, at, now }: Thread,
  { message, word }: { readonly message: InboundItem; readonly word: string | null },
): Promise<MessageDoc> {
  const status = statusOfHistory(word);
  const raw = word === null ? {} : { raw: { word } };
  return draftEntry(
    { scope, conversation, contactId: contact._id, at, now },
    {
      direction: 'outbound',
      senderType: 'phone',
      status,
      ...(await contentFields(messages, placeOf({ scope, conversation, contact }), message)),
      ...addressOf(contact),
      statusHistory: [{ key: `phone:${at.getTime()}`, status, timestamp: at, ...raw }],
    },
  );
}

function addressOf({
  phoneNumber,
  businessScopedUserId,
}: ContactDoc): Pick<MessageDoc, 'to' | 'recipientUserId'> {
  if (phoneNumber !== undefined) return { to: phoneNumber };
  return businessScopedUserId === undefined ? {} : { recipientUserId: businessScopedUserId };
}

const placeOf = ({ scope, conversation, contact }: Pick<Thread, 'scope' | 'conversation' | 'contact'>) => ({
  scope,
  channelId: conversation.channelId,
  contactId: contact._id,
});

const draftReceived = async (
  { messages }: PhoneMessageDeps,
  { scope, conversation, contact, at, now }: Thread,
  { message, person }: Pick<HistoryItem, 'message' | 'person'>,
): Promise<MessageDoc> =>
  draftEntry(
    { scope, conversation, contactId: contact._id, at, now },
    {
      direction: 'inbound',
      senderType: 'contact',
      status: 'received',
      isImported: true,
      writerKeys: keysOfPerson(person),
      ...(await contentFields(messages, placeOf({ scope, conversation, contact }), message)),
    },
  );
