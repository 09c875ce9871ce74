import { factKeysOf } from '../../../consent/address-stops/facts.ts';
import type { ContactDirectory, ContactDoc } from '../../../people/contacts/directory.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Counterpart } from '../../../whatsapp/phone-messages.ts';
import type { WrittenIdentity } from '../store/inbound-writes.ts';
import type { MessageRepository } from '../store/repository.ts';
import { senderOf, type PersonIdentity } from '../../../whatsapp/identity.ts';
import type { InboundItem } from '../../../whatsapp/inbound.ts';
import { contactOfPerson, identityOfPerson } from './entries.ts';

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

/**
 * What an item says of its person although its message is stored: a change may have come before it and named less, so it is
 * no repetition to the people. Nothing if it names only one identity.
 */
export async function learnAgain(
  contacts: Pick<ContactDirectory, 'learn'>,
  scope: ClientScope,
  { identity, at }: { readonly identity: PersonIdentity | null; readonly at: Date },
): Promise<void> {
  if (identity !== null && factKeysOf(identity).length > 1)
    await contacts.learn(scope, { identity, at }, { isExact: true });
}

/** Whoever wrote the item; null if it announces a change, which was followed before it was stored. */
export const writerOf = (item: InboundItem): PersonIdentity | null =>
  item.identityChange === undefined ? senderOf(item) : null;

/** As `findKnownWriter`; otherwise the contact of the person that the item names, without a lead; null if no id is usable. */
export async function findWriter(
  deps: KnownWriterDeps & {
    readonly contacts: Parameters<typeof contactOfPerson>[0] & Pick<ContactDirectory, 'learn'>;
  },
  scope: ClientScope,
  identity: WrittenIdentity,
  { person, at }: { readonly person: Counterpart | null; readonly at: Date },
): Promise<ContactDoc | 'gone' | null> {
  const known = await findKnownWriter(deps, scope, identity);
  if (person === null) return known;
  if (known === null) return contactOfPerson(deps.contacts, scope, { person, at });
  await learnAgain(deps.contacts, scope, { identity: identityOfPerson(person), at });
  return known;
}
