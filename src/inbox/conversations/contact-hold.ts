import type { ClientSession, Types } from 'mongoose';
import type { ContactDirectory, ContactDoc } from '../../people/contacts/directory.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';

export type HoldContact = ReturnType<typeof createHoldContact>;

/**
 * Keeps a contact from being deleted until the transaction that begins a conversation with it has ended. From then on the
 * conversation keeps it: a deletion that met the transaction is repeated, and finds the conversation.
 */
export const createHoldContact =
  (contacts: Pick<ContactDirectory, 'holdForCopy'>) =>
  /** Throws `not-found` if the contact has just been deleted. */
  async (scope: ClientScope, contactId: Types.ObjectId, session: ClientSession): Promise<ContactDoc> => {
    const contact = await contacts.holdForCopy(scope, contactId, session);
    if (contact === null) throw notFound('contact');
    return contact;
  };
