import assert from 'node:assert/strict';
import type { Connection } from 'mongoose';
import { withoutMentions } from '../../src/inbox/notes/mentions.ts';
import type { NoteDoc } from '../../src/inbox/notes/model.ts';
import { contactTokens } from '../../src/people/contacts/search.ts';
import type { ContactDoc } from '../../src/people/contacts/store/model.ts';
import type { LeadDoc } from '../../src/people/leads/model.ts';
import { searchTokens } from '../../src/platform/search/tokens.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { searchedText } from '../../src/sending/messages/searched-text.ts';

/**
 * Compares the tokens of everything that the product stored with its text: a way to write a text without its tokens fails
 * the suite that takes it. What tests have stored themselves has no tokens, and is left out until the product writes it.
 */
export async function assertTokens(connection: Connection): Promise<void> {
  const withTokens = { searchTokens: { $exists: true } };
  const wrong: string[] = [];
  const compare = (what: string, { _id, searchTokens: stored }: Stored, expected: readonly string[]) => {
    if (JSON.stringify(stored ?? []) === JSON.stringify(expected)) return;
    wrong.push(`${what} ${String(_id)}: ${(stored ?? []).join(' ')} instead of ${expected.join(' ')}`);
  };
  const messages = connection.collection<MessageDoc>('messages');
  // Nobody was told of it yet, so that the product has created it.
  const created = { $or: [withTokens, { isUnannounced: true as const }] };
  for await (const message of messages.find(created))
    compare('message', message, searchTokens(searchedText(message)));
  const contacts = new Map<string, ContactDoc>();
  for await (const contact of connection.collection<ContactDoc>('contacts').find(withTokens)) {
    contacts.set(contact._id.toHexString(), contact);
    compare('contact', contact, contactTokens(contact));
  }
  for await (const lead of connection.collection<LeadDoc>('leads').find(withTokens)) {
    const contact = contacts.get(lead.contactId.toHexString());
    if (contact !== undefined) compare('lead', lead, contactTokens(contact));
  }
  for await (const note of connection.collection<NoteDoc>('notes').find())
    compare('note', note, searchTokens(withoutMentions(note.body)));
  assert.deepEqual(wrong, [], 'tokens that differ from the text');
}

interface Stored {
  readonly _id: unknown;
  readonly searchTokens?: readonly string[];
}
