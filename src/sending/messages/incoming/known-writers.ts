import type { ContactDirectory, ContactDoc } from '../../../people/contacts/directory.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Counterpart } from '../../../whatsapp/phone-messages.ts';
import type { WrittenIdentity } from '../store/inbound-writes.ts';
import type { MessageRepository } from '../store/repository.ts';
import { contactOfPerson } from './entries.ts';

export interface KnownWriterDeps {
  readonly contacts: Pick<ContactDirectory, 'findById'>;
  readonly messages: Pick<MessageRepository, 'findContactOf'>;
}

/**
 * The contact of the stored message that an item repeats, changes or continues; `gone` if it was deleted; null if there is
 * no such message. Asked before the person is looked for: a number may have got another owner since the message was stored,
 * and a repetition must not go to them.
 */
export async function findKnownWriter(
  { contacts, messages }: KnownWriterDeps,
  scope: ClientScope,
  identity: WrittenIdentity,
): Promise<ContactDoc | 'gone' | null> {
  if (identity.direction === 'inbound' && identity.writerKeys.length === 0) return null;
  const contactId = await messages.findContactOf(scope, identity);
  return contactId === null ? null : ((await contacts.findById(scope, contactId)) ?? 'gone');
}

/** As `findKnownWriter`; otherwise the contact of the person that the item names, without a lead; null if no id is usable. */
export async function findWriter(
  deps: KnownWriterDeps & { readonly contacts: Parameters<typeof contactOfPerson>[0] },
  scope: ClientScope,
  identity: WrittenIdentity,
  { person, at }: { readonly person: Counterpart | null; readonly at?: Date },
): Promise<ContactDoc | 'gone' | null> {
  const known = await findKnownWriter(deps, scope, identity);
  if (known !== null || person === null) return known;
  return contactOfPerson(deps.contacts, scope, { person, ...(at === undefined ? {} : { at }) });
}
