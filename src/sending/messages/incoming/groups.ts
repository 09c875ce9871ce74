import type { Types } from 'mongoose';
import type { ContactDirectory, ContactDoc } from '../../../people/contacts/directory.ts';
import type { Arrivals } from '../../../inbox/conversations/arrivals.ts';
import { placeOfArrival } from '../../../inbox/conversations/order.ts';
import type { ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { Clock } from '../../../platform/clock.ts';
import { retryOnDuplicateKey, scopeOf, type ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { GroupEventItem } from '../../../whatsapp/group-events.ts';
import type { InboundItem } from '../../../whatsapp/inbound.ts';
import type { EchoItem } from '../../../whatsapp/phone-messages.ts';
import type { MessageRepository } from '../store/repository.ts';
import type { FilesOfMessages } from './files.ts';
import { profileOf } from './arrival.ts';
import {
  contactOfPerson,
  contentFields,
  draftEntry,
  findEarlier,
  storeEntry,
  storeEntryWithin,
  writerKeysOf,
  type EntryToStore,
} from './entries.ts';
import { findKnownWriter, learnAgain, writerOf } from './known-writers.ts';
import { isWrittenByContact, messageTime } from './rules.ts';

export interface GroupDeps {
  readonly messages: MessageRepository;
  readonly incomingFiles: FilesOfMessages;
  readonly contacts: Pick<
    ContactDirectory,
    'findById' | 'findOrCreate' | 'setNameIfMissing' | 'follow' | 'learn'
  >;
  readonly conversations: ConversationThreads;
  readonly arrivals: Pick<Arrivals, 'wakeByMessage'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export type Groups = ReturnType<typeof createGroups>;

interface GroupPlace {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  readonly groupId: string;
}

/**
 * Messages in groups, each group a thread of its own. A message in a group opens no window, makes no lead and is no
 * statement about consent: a STOP there is said to the group, and nobody in it would expect it to end their own messages.
 */
export function createGroups(deps: GroupDeps) {
  const { messages, conversations, clock } = deps;
  const storeAndCount = createCountedStore(deps);

  return {
    ...createGroupNotes(deps),

    /** A message of a participant; false if they cannot be identified. */
    async receive({ scope, channelId, groupId }: GroupPlace, item: InboundItem): Promise<boolean> {
      const now = clock.now();
      const at = messageTime(item.timestampMs, now);
      const { providerMessageId } = item;
      const writerKeys = writerKeysOf(item);
      const written = { channelId, direction: 'inbound', providerMessageId } as const;
      const known = await findKnownWriter(deps, scope, { ...written, writerKeys });
      if (known !== null) await learnAgain(deps.contacts, scope, { identity: writerOf(item), at });
      if (known === 'gone') return true;
      const author = known ?? (await findAuthor(deps, scope, item, at));
      if (author === null) return false;
      const stored = await findEarlier(messages, scope, { ...written, contactId: author._id });
      if (stored !== null) return true;
      const conversation = await conversations.findOrOpenGroup(scope, { channelId, groupId }, at);
      const entry = draftEntry(
        { scope, conversation, contactId: author._id, at, now },
        {
          direction: 'inbound',
          senderType: 'contact',
          groupId,
          writerKeys,
          status: 'received',
          ...profileOf(item),
          ...(await contentFields(messages, { scope, channelId, contactId: author._id }, item)),
        },
      );
      await storeAndCount({ entry, message: item, now });
      return true;
    },
  };
}

/** What the contacts of a group did not write. */
const createGroupNotes = (deps: GroupDeps) => {
  const { messages, conversations, clock } = deps;
  return {
    /** A message that the business sent to the group from its phone. */
    async receiveEcho({ scope, channelId, groupId }: GroupPlace, { message }: EchoItem): Promise<void> {
      const { providerMessageId } = message;
      const sent = { channelId, direction: 'outbound', providerMessageId } as const;
      if ((await findEarlier(messages, scope, sent)) !== null) return;
      const now = clock.now();
      const at = messageTime(message.timestampMs, now);
      const conversation = await conversations.findOrOpenGroup(scope, { channelId, groupId }, at);
      const entry = draftEntry(
        { scope, conversation, contactId: conversation.contactId, at, now },
        {
          direction: 'outbound',
          senderType: 'phone',
          groupId,
          status: 'sent',
          ...(await contentFields(
            messages,
            { scope, channelId, contactId: conversation.contactId },
            message,
          )),
        },
      );
      await storeEntry(deps, { entry, message, now });
    },

    /** A change of the group, as an entry of its thread; a new subject renames it. */
    async noteEvent(scope: ClientScope, channelId: Types.ObjectId, item: GroupEventItem): Promise<void> {
      const { groupId, word, details, key, subject } = item;
      const told = { channelId, direction: 'inbound', providerMessageId: key } as const;
      if ((await findEarlier(messages, scope, told)) !== null) return;
      const now = clock.now();
      const at = messageTime(item.atMs, now);
      const conversation = await conversations.findOrOpenGroup(scope, { channelId, groupId }, at);
      if (subject !== undefined) await conversations.nameGroup(scope, conversation._id, { subject, at });
      const entry = draftEntry(
        { scope, conversation, contactId: conversation.contactId, at, now },
        {
          direction: 'inbound',
          senderType: 'system',
          groupId,
          messageType: 'group_event',
          content: { event: { word, details } },
          status: 'received',
          providerMessageId: key,
        },
      );
      await messages.insert(scope, entry);
    },
  };
};

/** The participant who wrote; null if they cannot be identified. */
const findAuthor = (
  { contacts }: Pick<GroupDeps, 'contacts'>,
  scope: ClientScope,
  item: InboundItem,
  at: Date,
): Promise<ContactDoc | null> => {
  const { identityChange, profileName: name } = item;
  return identityChange === undefined
    ? contactOfPerson(contacts, scope, { person: authorOf(item), at })
    : contacts.follow(scope, identityChange, { at, name });
};

const authorOf = ({ from, fromUserId, fromParentUserId, profileName, username }: InboundItem) => ({
  ...(from === undefined ? {} : { waId: from }),
  ...(fromUserId === undefined ? {} : { userId: fromUserId }),
  ...(fromParentUserId === undefined ? {} : { parentUserId: fromParentUserId }),
  ...(profileName === undefined ? {} : { name: profileName }),
  ...(username === undefined ? {} : { username }),
});

/** Stores a message, counts it as unread and ends a snooze in one transaction; a repetition does nothing. */
const createCountedStore =
  ({ messages, incomingFiles, conversations, arrivals, runInTransaction }: GroupDeps) =>
  ({ entry, message, now }: EntryToStore): Promise<void> =>
    retryOnDuplicateKey(async () => {
      const scope = scopeOf(entry.clientId);
      const { channelId, contactId, direction } = entry;
      const { providerMessageId } = message;
      const written = { channelId, contactId, direction, providerMessageId };
      if ((await findEarlier(messages, scope, written)) !== null) return;
      await runInTransaction(async (session) => {
        const isWritten = isWrittenByContact(message);
        const thread = isWritten
          ? await conversations.noteArrival(scope, entry.conversationId, session)
          : null;
        const place = thread === null ? {} : placeOfArrival(thread);
        const placed = { ...entry, ...place };
        await storeEntryWithin({ messages, incomingFiles }, { entry: placed, message, now }, session);
        if (thread !== null) await arrivals.wakeByMessage(scope, thread, entry.timestamp, session);
      });
    });
