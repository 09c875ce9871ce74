import type { ClientSession, Types } from 'mongoose';
import type { Arriving } from '../../../inbox/conversations/arrivals.ts';
import { placeOfArrival } from '../../../inbox/conversations/order.ts';
import type { Heard } from '../../../inbox/surveys/answering.ts';
import type { ConversationDoc } from '../../../inbox/conversations/threads.ts';
import { adReferralOf } from '../../../people/leads/ad-referral.ts';
import { retryOnDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { InboundItem } from '../../../whatsapp/events.ts';
import { writtenTimeOf } from '../rules.ts';
import type { StoredMessage } from '../store/inbound-writes.ts';
import type { MessageDoc } from '../store/repository.ts';
import {
  contentOf,
  keepSource,
  profileOf,
  type Arrival,
  type InboundDeps,
  type InboundPlace,
} from './arrival.ts';
import { createChangeReceiver } from './changes.ts';
import { draftEntry, findEarlier, storeEntryWithin, writerKeysOf } from './entries.ts';
import { findKnownWriter, learnAgain, writerOf } from './known-writers.ts';
import { findSender } from './people.ts';
import { isWrittenByContact, messageTime } from './rules.ts';

export type InboundService = ReturnType<typeof createInboundService>;

export function createInboundService(deps: InboundDeps) {
  const receiveChange = createChangeReceiver(deps);
  return {
    /**
     * Stores a message of a contact, or a change of one; finds or creates its contact, lead and conversation. Idempotent
     * by the unique index on channel, sender and provider's id. Returns false if the sender cannot be identified.
     */
    async receive(scope: ClientScope, channelId: Types.ObjectId, item: InboundItem): Promise<boolean> {
      const at = messageTime(item.timestampMs, deps.clock.now());
      const providerMessageId = item.change?.originalId ?? item.providerMessageId;
      const writerKeys = writerKeysOf(item);
      const written = { channelId, providerMessageId, direction: 'inbound', writerKeys } as const;
      const known = await findKnownWriter(deps, scope, written);
      if (known !== null) await learnAgain(deps.contacts, scope, { identity: writerOf(item), at });
      if (known === 'gone') return true;
      const sender = await findSender(deps, scope, { channelId, item, at, known });
      if (sender === null) return false;
      const { contact, repliesTo } = sender;
      if (contact.name === undefined && item.profileName !== undefined) {
        await deps.contacts.setNameIfMissing(scope, contact._id, item.profileName);
      }
      const place = { scope, channelId, contact };
      const arrival =
        item.change === undefined
          ? await receiveMessage(deps, place, { item, repliesTo, writerKeys, isKnown: known !== null })
          : await receiveChange(place, item, item.change);
      // A STOP counts for whoever said it, also if nothing else can be done with what it stands in.
      await deps.onInbound(arrival ?? { scope, contact, item: { ...item, timestampMs: at.getTime() } });
      return true;
    },
  };
}

interface ReceivedMessage {
  readonly item: InboundItem;
  readonly repliesTo: Types.ObjectId | null;
  /** The identities that it came from. */
  readonly writerKeys: readonly string[];
}

interface JudgedMessage extends ReceivedMessage {
  /** Whether a message with its id and writer is stored. */
  readonly isKnown: boolean;
}

/** Null if the conversation of a message that was stored before is gone. */
function receiveMessage(
  deps: InboundDeps,
  place: InboundPlace,
  { isKnown, ...received }: JudgedMessage,
): Promise<Arrival | null> {
  const { item, writerKeys } = received;
  const { scope, channelId, contact } = place;
  const { providerMessageId } = item;
  const author = { channelId, contactId: contact._id, direction: 'inbound' } as const;
  // A message that an earlier version stored has no such keys: the unique index refuses it, and the next try looks for it.
  let mayBeStored = isKnown || writerKeys.length === 0;
  return retryOnDuplicateKey(async () => {
    const earlier = mayBeStored
      ? await findEarlier(deps.messages, scope, { ...author, providerMessageId })
      : null;
    mayBeStored = true;
    return earlier === null
      ? receiveNew(deps, place, received)
      : receiveAgain(deps, place, { item, writerKeys, earlier });
  });
}

/** Stores the message with all that it changes in its conversation, in one transaction. */
async function receiveNew(
  deps: InboundDeps,
  { scope, channelId, contact }: InboundPlace,
  { item, repliesTo, writerKeys }: ReceivedMessage,
): Promise<Arrival> {
  const { conversations, arrivals, runInTransaction } = deps;
  const now = deps.clock.now();
  const at = messageTime(item.timestampMs, now);
  const key = { channelId, contactId: contact._id };
  const isWritten = isWrittenByContact(item);

  async function storeIn(
    thread: ConversationDoc,
    fields: Partial<MessageDoc>,
    session: ClientSession,
  ): Promise<Types.ObjectId> {
    const draft = draftInbound({ scope, conversation: thread, item, writerKeys, at, now, repliesTo });
    const entry = { ...draft, ...fields };
    return storeEntryWithin(deps, { entry, message: item, now }, session);
  }
  async function storeWritten(): Promise<ConversationDoc> {
    const keyword = (await deps.readKeyword(scope, item))?.keyword ?? null;
    const arriving = arrivingOf(item, { at, from: writerKeys, keyword });
    const heard = heardOf(item, { ...key, at, from: writerKeys, repliesTo, isKeyword: keyword !== null });
    return runInTransaction(async (session) => {
      const answer = await deps.readSurveyAnswer(scope, heard, session);
      const thread = answer?.place?.thread ?? (await arrivals.placeWithin(scope, key, arriving, session));
      const order = answer?.place?.order ?? placeOfArrival(thread);
      const survey = answer === null ? {} : { survey: answer.survey };
      const isSilent = !arriving.awaitsAnswer || (answer?.place ?? null) !== null;
      const silent = isSilent ? ({ asksNothing: true } as const) : {};
      const messageId = await storeIn(thread, { ...order, ...survey, ...silent }, session);
      await answer?.note(messageId);
      return thread;
    });
  }
  async function storeEvent(): Promise<ConversationDoc> {
    const thread = await conversations.findLatestOrOpen(scope, key, at);
    await runInTransaction((session) => storeIn(thread, { asksNothing: true }, session));
    return thread;
  }

  const conversation = isWritten ? await storeWritten() : await storeEvent();
  if (isWritten) await trustNumber(deps, { scope, contact }, at);
  return { scope, channelId, contact, conversation, item: { ...item, timestampMs: at.getTime() } };
}

/** What a message means for its conversation. A reaction or a STOP is no sales opportunity, and awaits no answer. */
function arrivingOf(
  item: InboundItem,
  { keyword, ...sent }: Pick<Arriving, 'at' | 'from'> & { readonly keyword: 'stop' | 'start' | null },
): Arriving {
  const { referral, reaction } = item;
  const saysSomething = reaction === undefined && keyword !== 'stop';
  return {
    ...sent,
    makesLead: saysSomething,
    awaitsAnswer: saysSomething,
    ...(referral === undefined ? {} : { referral: adReferralOf(referral, sent.at) }),
  };
}

/** What a survey needs of a message. */
const heardOf = (item: InboundItem, known: Omit<Heard, 'providerMessageId' | 'rowId' | 'text'>): Heard => ({
  ...known,
  providerMessageId: item.providerMessageId,
  rowId: item.reply?.kind === 'list-row' ? (item.reply.id ?? null) : null,
  text: item.messageType === 'text' ? (item.text ?? null) : null,
});

/**
 * Finishes what a crash may have left undone for a stored message, in the conversation where it is. A message that came
 * with the backlog before moves into the live conversation: now somebody waits for an answer.
 */
async function receiveAgain(
  deps: InboundDeps,
  { scope, channelId, contact }: InboundPlace,
  {
    item,
    writerKeys: from,
    earlier,
  }: Omit<ReceivedMessage, 'repliesTo'> & { readonly earlier: StoredMessage },
): Promise<Arrival | null> {
  const { messages, conversations, arrivals, incomingFiles, runInTransaction, clock } = deps;
  const { _id: messageId } = earlier;
  const at = writtenTimeOf(earlier);
  const isWritten = isWrittenByContact(item);
  const isBacklog = isWritten && earlier.isImported === true;
  const conversation = isBacklog
    ? await conversations.findOrOpen(scope, { channelId, contactId: contact._id }, at)
    : await conversations.findById(scope, earlier.conversationId);
  if (conversation === null) return null;
  if (isBacklog) {
    const keyword = (await deps.readKeyword(scope, item))?.keyword ?? null;
    const { awaitsAnswer } = arrivingOf(item, { at, from, keyword });
    // Before it is brought in: a repetition would not know any more that nobody waited for an answer to it.
    if (awaitsAnswer)
      await runInTransaction((session) => arrivals.awaitAnswer(scope, conversation, at, session));
    await bringIn(deps, scope, { messageId, conversationId: conversation._id, at, awaitsAnswer });
  }
  await keepSource(messages, scope, { messageId, item, at, now: clock.now() });
  await incomingFiles.keep(scope, { messageId, channelId, contactId: contact._id, media: item.media });
  if (isWritten) {
    await conversations.noteInbound(scope, conversation._id, { at, from });
    await trustNumber(deps, { scope, contact }, at);
  }
  return { scope, channelId, contact, conversation, item: { ...item, timestampMs: at.getTime() } };
}

interface BroughtIn extends Pick<Arriving, 'at' | 'awaitsAnswer'> {
  readonly messageId: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
}

/** Moves a message of the backlog into the live conversation, where it is the latest one that is unread; once. */
const bringIn = (
  { messages, arrivals, runInTransaction }: InboundDeps,
  scope: ClientScope,
  { messageId, conversationId, ...arriving }: BroughtIn,
): Promise<void> =>
  runInTransaction(async (session) => {
    const into = { conversationId, asksNothing: !arriving.awaitsAnswer };
    if (!(await messages.bringIn(scope, messageId, into, session))) return;
    const thread = await arrivals.bringIn(scope, conversationId, arriving, session);
    if (thread !== null) await messages.setPlace(scope, messageId, placeOfArrival(thread), session);
  });

/** A number from which the contact writes works. */
async function trustNumber(
  { numbers }: Pick<InboundDeps, 'numbers'>,
  { scope, contact }: Pick<Arrival, 'scope' | 'contact'>,
  at: Date,
): Promise<void> {
  const { _id: contactId, phoneNumber, numberSuspect } = contact;
  if (numberSuspect !== undefined && phoneNumber !== undefined)
    await numbers.trust(scope, { contactId, phoneNumber }, at);
}

interface InboundDraft extends ReceivedMessage {
  readonly scope: ClientScope;
  readonly conversation: Pick<ConversationDoc, '_id' | 'channelId' | 'contactId'>;
  readonly at: Date;
  readonly now: Date;
}

function draftInbound({ item, repliesTo, writerKeys, ...place }: InboundDraft): MessageDoc {
  const { contextId, contextFrom } = item;
  return draftEntry(
    { ...place, contactId: place.conversation.contactId },
    {
      direction: 'inbound',
      writerKeys,
      senderType: item.messageType === 'system' ? 'system' : 'contact',
      messageType: item.messageType,
      content: contentOf(item),
      ...(contextId === undefined ? {} : { contextMessageId: contextId }),
      ...(contextFrom === undefined ? {} : { contextFrom }),
      ...profileOf(item),
      ...(repliesTo === null ? {} : { repliesTo }),
      status: 'received',
      providerMessageId: item.providerMessageId,
    },
  );
}
