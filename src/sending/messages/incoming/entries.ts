import type { ClientSession, Types } from 'mongoose';
import { factKeysOf } from '../../../consent/address-stops/facts.ts';
import type { ContactDirectory, ContactDoc } from '../../../people/contacts/directory.ts';
import type { ConversationDoc } from '../../../inbox/conversations/threads.ts';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { readPerson, senderOf } from '../../../whatsapp/identity.ts';
import type { InboundItem } from '../../../whatsapp/inbound.ts';
import type { Counterpart } from '../../../whatsapp/phone-messages.ts';
import type { MessageIdentity, StoredMessage } from '../store/inbound-writes.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import { writtenTimeOf } from '../rules.ts';
import { contentOf, keepSource } from './arrival.ts';
import type { FilesOfMessages } from './files.ts';
import { answeredOf, threadTimes } from './rules.ts';

/** Null if no id is usable. */
export const identityOfPerson = ({ waId, userId, parentUserId, username }: Omit<Counterpart, 'name'>) =>
  readPerson({ number: waId, userId, parentUserId, username });

/** The keys of the identities that the person is named by. */
export const keysOfPerson = (person: Omit<Counterpart, 'name'>): string[] =>
  factKeysOf(identityOfPerson(person) ?? {});

/** The keys of the identities that a message came from. */
export const writerKeysOf = (item: InboundItem): string[] => factKeysOf(senderOf(item) ?? {});

/** The contact of the person whom an event of that time names, without a lead; null if no id is usable. */
export async function contactOfPerson(
  contacts: Pick<ContactDirectory, 'findOrCreate' | 'setNameIfMissing'>,
  scope: ClientScope,
  { person, at }: { readonly person: Counterpart; readonly at: Date },
): Promise<ContactDoc | null> {
  const identity = identityOfPerson(person);
  if (identity === null) return null;
  const contact = await contacts.findOrCreate(scope, identity, person.name, at);
  if (contact.name === undefined && person.name !== undefined)
    await contacts.setNameIfMissing(scope, contact._id, person.name);
  return contact;
}

/** The stored message of this identity; null if there is none, or only one that stands for it. */
export async function findEarlier(
  messages: Pick<MessageRepository, 'findStored'>,
  scope: ClientScope,
  identity: MessageIdentity,
): Promise<StoredMessage | null> {
  const stored = await messages.findStored(scope, identity);
  return stored?.awaitsOriginal === true ? null : stored;
}

/** Whether a stored message is of this author. */
export const isSame = (
  stored: StoredMessage,
  { channelId, contactId, direction }: Pick<MessageDoc, 'channelId' | 'contactId' | 'direction'>,
): boolean =>
  stored.direction === direction && stored.channelId.equals(channelId) && stored.contactId.equals(contactId);

type Given = Pick<
  MessageDoc,
  'direction' | 'senderType' | 'messageType' | 'content' | 'status' | 'providerMessageId'
> &
  Partial<MessageDoc>;

interface EntryPlace {
  readonly scope: ClientScope;
  readonly conversation: Pick<ConversationDoc, '_id' | 'channelId'>;
  readonly contactId: Types.ObjectId;
  /** When it was written. */
  readonly at: Date;
  readonly now: Date;
}

/** A message that the product did not send: it has no workflow and no calls to the provider. */
export const draftEntry = (
  { scope, conversation, contactId, at, now }: EntryPlace,
  { statusHistory, writerKeys = [], ...given }: Given,
): MessageDoc => ({
  _id: newId(),
  ...scope,
  conversationId: conversation._id,
  channelId: conversation.channelId,
  contactId,
  ...threadTimes(at, now),
  dispatch: { attempt: 0, isCalling: false, attempts: [] },
  statusHistory: statusHistory ?? [
    { key: `${given.status}:${at.getTime()}`, status: given.status, timestamp: at },
  ],
  ...given,
  ...writerOf({ direction: given.direction, contactId, writerKeys }),
});

/**
 * Who wrote an inbound message, which is part of its identity: the contact, and what WhatsApp called it, which may be
 * another contact's by the time the message is delivered again.
 */
function writerOf({
  direction,
  contactId,
  writerKeys,
}: Required<Pick<MessageDoc, 'direction' | 'contactId' | 'writerKeys'>>): Pick<
  MessageDoc,
  'writerId' | 'writerKeys'
> {
  if (direction === 'outbound') return {};
  return { writerId: contactId, ...(writerKeys.length === 0 ? {} : { writerKeys }) };
}

interface ContentPlace {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  readonly contactId: Types.ObjectId;
}

/** The fields that come from the provider's message, in either direction. */
export async function contentFields(
  messages: Pick<MessageRepository, 'findAnswered'>,
  { scope, channelId, contactId }: ContentPlace,
  message: InboundItem,
) {
  const { contextId, contextFrom, providerMessageId, messageType } = message;
  const found =
    contextId === undefined
      ? []
      : await messages.findAnswered(scope, { channelId, providerMessageId: contextId });
  const answered = answeredOf(found, contactId);
  return {
    messageType,
    providerMessageId,
    content: contentOf(message),
    ...(contextId === undefined ? {} : { contextMessageId: contextId }),
    ...(contextFrom === undefined ? {} : { contextFrom }),
    ...(answered === null ? {} : { repliesTo: answered._id }),
  };
}

export interface EntryToStore {
  readonly entry: MessageDoc;
  /** What the entry was made of. */
  readonly message: InboundItem;
  readonly now: Date;
}

interface EntryStore<Names extends keyof MessageRepository> {
  readonly messages: Pick<MessageRepository, Names>;
  readonly incomingFiles: FilesOfMessages;
}

/** Stores the entry and what it does not show; false if it is stored already. */
export async function storeEntry(
  { messages, incomingFiles }: EntryStore<'insert' | 'completeOriginal' | 'keepSource'>,
  { entry, message, now }: EntryToStore,
): Promise<boolean> {
  const { clientId } = entry;
  const at = writtenTimeOf(entry);
  const { providerMessageId } = message;
  const scope = { clientId };
  const keep = async (messageId: Types.ObjectId): Promise<void> => {
    await keepSource(messages, scope, { messageId, item: message, at, now });
    await incomingFiles.keep(scope, { ...entry, messageId, media: message.media });
  };
  if (await messages.insert(scope, entry)) {
    await keep(entry._id);
    return true;
  }
  // A change of the message may have arrived before it.
  const completed = await messages.completeOriginal(scope, { ...entry, providerMessageId });
  if (completed === null) return false;
  await keep(completed);
  return true;
}

/**
 * As `storeEntry`, in the transaction that also counts the message: both happen or none. Throws the duplicate key error if
 * another process has stored it.
 */
export async function storeEntryWithin(
  { messages, incomingFiles }: EntryStore<'insertWithin' | 'completeOriginal' | 'keepSource'>,
  { entry, message, now }: EntryToStore,
  session: ClientSession,
): Promise<Types.ObjectId> {
  const { clientId } = entry;
  const { providerMessageId } = message;
  const scope = { clientId };
  const completed = await messages.completeOriginal(scope, { ...entry, providerMessageId }, session);
  if (completed === null) await messages.insertWithin(scope, entry, session);
  const messageId = completed ?? entry._id;
  await keepSource(messages, scope, { messageId, item: message, at: writtenTimeOf(entry), now }, session);
  await incomingFiles.keep(scope, { ...entry, messageId, media: message.media }, session);
  return messageId;
}
