import type { Types } from 'mongoose';
import { normalisePhone } from '../../../platform/phone.ts';
import { callableNumberOf } from '../../../people/contacts/rules.ts';
import type { ContactDoc, ContactDirectory } from '../../../people/contacts/directory.ts';
import type { ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { LeadDirectory } from '../../../people/leads/directory.ts';
import { addressOfContact, reachedThrough, type Address } from '../../gates/recipient.ts';
import { AppError, notFound } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TemplateDoc } from '../../../templates/catalogue.ts';
import type { SendTemplateBody } from '../schemas.ts';
import { notANumber } from '../recipient-fields.ts';

interface Named {
  /** The field of the body that names the recipient. */
  readonly field: keyof NamedRecipient;
  /** The channel of the conversation, if the body names one. */
  readonly channelId: Types.ObjectId | undefined;
}

/** The recipient of a send: an existing contact, or a phone number that may not have a contact yet. */
export type Recipient = Named &
  (
    | { readonly contact: null; readonly phoneNumber: string }
    | {
        readonly contact: ContactDoc;
        /** The contact of the same person that has the address: usually this one. */
        readonly reached: ContactDoc;
        /** Undefined if only the person's business-scoped user id is known. */
        readonly phoneNumber: string | undefined;
      }
  );

type NamedRecipient = Pick<SendTemplateBody, 'to' | 'contactId' | 'leadId' | 'conversationId'>;

interface RecipientDeps {
  readonly contacts: ContactDirectory;
  readonly leads: LeadDirectory;
  readonly conversations: ConversationThreads;
}

/** Finds the recipient; writes nothing. Throws `invalid-input` or `not-found`. */
export async function findRecipient(
  scope: ClientScope,
  body: NamedRecipient,
  deps: RecipientDeps,
): Promise<Recipient> {
  if (body.to !== undefined) {
    const phoneNumber = normalisePhone(body.to);
    if (phoneNumber === null) throw invalidRecipient('to', notANumber);
    return { field: 'to', phoneNumber, contact: null, channelId: undefined };
  }
  const { contactId, ...named } = await findContactId(scope, body, deps);
  const contact = await deps.contacts.findById(scope, contactId);
  if (contact === null) throw notFound('contact');
  const reached = await reachedContact(scope, contact, deps);
  return { ...named, phoneNumber: callableNumberOf(reached), contact, reached };
}

/** A contact whose number another contact of the same person has now is reached through that one. */
async function reachedContact(
  scope: ClientScope,
  contact: ContactDoc,
  { contacts }: RecipientDeps,
): Promise<ContactDoc> {
  if (addressOfContact(contact) !== null || contact.samePerson === undefined) return contact;
  return reachedThrough(contact, (await contacts.personOf(scope, contact)).contacts);
}

async function findContactId(
  scope: ClientScope,
  body: Omit<NamedRecipient, 'to'>,
  deps: RecipientDeps,
): Promise<Named & { readonly contactId: Types.ObjectId }> {
  if (body.conversationId !== undefined) {
    const conversation = await deps.conversations.findById(scope, body.conversationId);
    if (conversation === null) throw notFound('conversation');
    if (conversation.group !== undefined) {
      throw new AppError(
        'wrong-state',
        'The conversation is a group. Messages are sent to contacts: name one, or answer from the phone of the business.',
      );
    }
    const { contactId, channelId } = conversation;
    return { field: 'conversationId', contactId, channelId };
  }
  if (body.leadId !== undefined) {
    const lead = await deps.leads.findById(scope, body.leadId);
    if (lead === null) throw notFound('lead');
    return { field: 'leadId', contactId: lead.contactId, channelId: undefined };
  }
  if (body.contactId === undefined) throw invalidRecipient('to', 'Name the recipient.');
  return { field: 'contactId', contactId: body.contactId, channelId: undefined };
}

/** Prefers the phone number, by which Meta reaches users of every app version. */
export function addressOf(recipient: Recipient): Address {
  const { phoneNumber } = recipient;
  if (phoneNumber !== undefined) return { to: phoneNumber };
  const address = recipient.contact === null ? null : addressOfContact(recipient.reached);
  if (address !== null) return address;
  throw invalidRecipient(
    recipient.field,
    'The contact has neither a phone number nor a business-scoped user id.',
  );
}

/** Meta delivers sign-in codes to phone numbers only (131062). */
export function assertReachable(
  { field, phoneNumber }: Recipient,
  { category }: Pick<TemplateDoc, 'category'>,
): void {
  if (category !== 'authentication' || phoneNumber !== undefined) return;
  throw invalidRecipient(field, 'The contact has no phone number, which a sign-in code requires.');
}

const invalidRecipient = (field: keyof NamedRecipient, message: string): AppError =>
  new AppError('invalid-input', 'The recipient is invalid.', {
    errors: [{ path: `body.${field}`, message }],
  });
