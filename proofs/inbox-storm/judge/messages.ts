import { groupBy } from '../../shared/group-by.ts';
import type {
  PostedMessage,
  StoredContact,
  StoredConversation,
  StoredMessage,
  StormFacts,
} from '../facts.ts';

type Facts = Pick<StormFacts, 'posted' | 'messages' | 'contacts' | 'conversations'>;

interface Stored {
  readonly contacts: ReadonlyMap<string, StoredContact>;
  readonly conversations: ReadonlyMap<string, StoredConversation>;
}

/** Every accepted message once, in a conversation of its contact; one live conversation for each. Pure. */
export function* judgeMessages({ posted, messages, contacts, conversations }: Facts): Generator<string> {
  const stored = { contacts: byId(contacts), conversations: byId(conversations) };
  const byWamid = groupBy(messages, ({ wamid }) => wamid);
  for (const message of posted) {
    const found = byWamid.get(message.wamid) ?? [];
    if (found.length !== 1) yield `message ${message.wamid} is stored ${found.length} times`;
    for (const one of found) yield* judgePlace(message, one, stored);
  }
  const known = new Set(posted.map(({ wamid }) => wamid));
  for (const wamid of byWamid.keys())
    if (!known.has(wamid)) yield `message ${wamid} is stored and was never accepted`;
  for (const [phone, same] of groupBy(contacts, (contact) => contact.phone))
    if (same.length > 1) yield `contact ${phone} is stored ${same.length} times`;
  const live = conversations.filter(({ status }) => status !== 'closed');
  for (const [contactId, same] of groupBy(live, (conversation) => conversation.contactId))
    if (same.length > 1) yield `contact ${contactId} has ${same.length} live conversations`;
}

function* judgePlace(
  { wamid, from, isFromAd }: PostedMessage,
  { conversationId, contactId }: StoredMessage,
  { contacts, conversations }: Stored,
): Generator<string> {
  const conversation = conversations.get(conversationId);
  if (conversation === undefined) yield `message ${wamid} is in no conversation`;
  else if (conversation.contactId !== contactId)
    yield `message ${wamid} is in the conversation of another contact`;
  else if (isFromAd && !conversation.isFromAd)
    yield `conversation ${conversation.id} has lost the advertisement of message ${wamid}`;
  const phone = contacts.get(contactId)?.phone;
  if (phone !== from) yield `message ${wamid} belongs to ${phone ?? 'nobody'} and not to ${from}`;
}

/** The file of every accepted message is there, with the bytes that the contact sent. Pure. */
export function* judgeFiles({ posted, files }: Pick<StormFacts, 'posted' | 'files'>): Generator<string> {
  const byWamid = new Map(files.map((file) => [file.wamid, file]));
  for (const { wamid, sha256 } of posted) {
    if (sha256 === null) continue;
    const file = byWamid.get(wamid);
    if (file?.state !== 'stored') yield `the file of message ${wamid} is ${file?.state ?? 'not there'}`;
    else if (file.sha256 !== sha256) yield `the file of message ${wamid} has other bytes`;
  }
}

/** Every accepted answer is stored, in its conversation, and taken by the provider at most once. Pure. */
export function* judgeReplies({
  accepted,
  replies,
}: Pick<StormFacts, 'accepted' | 'replies'>): Generator<string> {
  const stored = byId(replies);
  for (const { id, conversationId } of accepted) {
    const reply = stored.get(id);
    if (reply === undefined) yield `answer ${id} was accepted and is not stored`;
    else if (reply.conversationId !== conversationId) yield `answer ${id} is in another conversation`;
  }
  const known = new Set(accepted.map(({ id }) => id));
  for (const { id, taken } of replies) {
    if (!known.has(id)) yield `answer ${id} is stored and no agent knows it`;
    if (taken > 1) yield `answer ${id} was sent ${taken} times`;
  }
}

const byId = <Item extends { readonly id: string }>(items: readonly Item[]): ReadonlyMap<string, Item> =>
  new Map(items.map((item) => [item.id, item]));
