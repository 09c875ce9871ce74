import assert from 'node:assert/strict';
import type { CrmUser } from '../crm-client.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface PersonAnswers {
  readonly contact: Fields;
  readonly conversations: readonly Fields[];
  /** As the single view shows them, oldest first. */
  readonly messages: readonly Fields[];
  /** As the list shows them. */
  readonly listed: readonly Fields[];
}

/** All items of a list. */
async function listAll(user: CrmUser, path: string): Promise<Fields[]> {
  const items: Fields[] = [];
  for (let cursor = ''; ;) {
    const answer = await user.call<{ items: Fields[]; nextCursor: string | null }>(
      `${path}?limit=100${cursor}`,
    );
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    items.push(...answer.body.items);
    if (answer.body.nextCursor === null) return items;
    cursor = `&cursor=${answer.body.nextCursor}`;
  }
}

/** All that the API shows of the contacts of a client, by contact. */
export async function readPeople(user: CrmUser): Promise<readonly PersonAnswers[]> {
  const contacts = await listAll(user, '/api/contacts');
  const conversations = await listAll(user, '/api/conversations');
  const listed = (await listAll(user, '/api/messages')).toReversed();
  const messages: Fields[] = [];
  for (const { id } of listed) messages.push({ ...(await user.getMessage(String(id))) });
  return contacts.map((contact) => {
    const isOf = ({ contactId }: Fields) => contactId === contact['id'];
    return {
      contact,
      conversations: conversations.filter(isOf),
      messages: messages.filter(isOf),
      listed: listed.filter(isOf),
    };
  });
}

/** The people whom a body names. */
export function peopleIn(people: readonly PersonAnswers[], bodies: readonly string[]): PersonAnswers[] {
  const text = bodies.join('\n');
  return people.filter(({ contact }) => {
    const ids = [contact['whatsappId'], contact['businessScopedUserId']];
    return ids.some((id) => typeof id === 'string' && text.includes(`"${id}"`));
  });
}

export interface AllAnswers {
  readonly contacts: readonly Fields[];
  /** The consent histories of the contacts. */
  readonly consent: readonly Fields[];
  readonly conversations: readonly Fields[];
  /** As the single view shows them. */
  readonly messages: readonly Fields[];
  /** The events of the channel. */
  readonly events: readonly Fields[];
}

/** All that the API shows of a client with one channel. */
export async function readAll(user: CrmUser): Promise<AllAnswers> {
  const contacts = await listAll(user, '/api/contacts');
  const conversations = await listAll(user, '/api/conversations');
  const events = await listAll(user, `/api/channels/${user.channelId}/events`);
  const consent: Fields[] = [];
  for (const { id } of contacts)
    consent.push((await user.call<Fields>(`/api/contacts/${String(id)}/consent`)).body);
  const messages: Fields[] = [];
  for (const { id } of await listAll(user, '/api/messages'))
    messages.push({ ...(await user.getMessage(String(id))) });
  return { contacts, consent, conversations, messages, events };
}
