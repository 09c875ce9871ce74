import type { Types } from 'mongoose';
import { z } from 'zod';
import type { ContactDirectory, ContactDoc } from '../../people/contacts/directory.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationFilter, ConversationRepository } from './repository.ts';

export const ContactSummary = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    phoneNumber: z.string().nullable(),
  })
  .meta({ id: 'ContactSummary' });

export const toContactSummary = ({ _id, name, phoneNumber }: ContactDoc): z.input<typeof ContactSummary> => ({
  id: _id.toHexString(),
  name: name ?? null,
  phoneNumber: phoneNumber ?? null,
});

export type ContactsOfConversations = ReturnType<typeof createContactsOfConversations>;

/** The contacts of conversations, by the ids of these; leaves out deleted ones. */
export const createContactsOfConversations =
  ({
    conversations,
    contacts,
  }: {
    readonly conversations: Pick<ConversationRepository, 'contactIdsOf'>;
    readonly contacts: Pick<ContactDirectory, 'findMany'>;
  }) =>
  async (
    scope: ClientScope,
    conversationIds: readonly Types.ObjectId[],
  ): Promise<ReadonlyMap<string, ContactDoc>> => {
    if (conversationIds.length === 0) return new Map();
    const ids = await conversations.contactIdsOf(scope, conversationIds);
    const found = await contacts.findMany(scope, [...ids.values()]);
    const byId = new Map(found.map((contact) => [contact._id.toHexString(), contact]));
    return new Map(
      [...ids].flatMap(([conversationId, contactId]) => {
        const contact = byId.get(contactId.toHexString());
        return contact === undefined ? [] : [[conversationId, contact]];
      }),
    );
  };

/** The conversations of more contacts are not sorted within a request. */
export const maxFoundContacts = 1_000;

/** The contacts whom `q` finds; throws `search-too-broad` if they are too many. */
async function findContactsBy(
  contacts: Pick<ContactDirectory, 'findIdsBy'>,
  scope: ClientScope,
  q: string,
): Promise<readonly Types.ObjectId[]> {
  const ids = await contacts.findIdsBy(scope, q, maxFoundContacts + 1);
  if (ids.length <= maxFoundContacts) return ids;
  throw new AppError('search-too-broad', `More than ${maxFoundContacts} contacts fit the words.`);
}

/** The filter with the contacts whom `q` finds; null if no conversation can match. Throws `search-too-broad`. */
export async function filterBy(
  contacts: Pick<ContactDirectory, 'findIdsBy'>,
  scope: ClientScope,
  { contactId, ...filter }: ConversationFilter,
  q: string | undefined,
): Promise<ConversationFilter | null> {
  if (q === undefined) return { ...filter, ...(contactId === undefined ? {} : { contactId }) };
  const found = await findContactsBy(contacts, scope, q);
  const contactIds = contactId === undefined ? found : found.filter((id) => id.equals(contactId));
  return contactIds.length === 0 ? null : { ...filter, contactIds };
}
