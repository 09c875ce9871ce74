import type { Types } from 'mongoose';
import { normalisePhone } from '../../contacts/rules.ts';
import type { ContactDoc, ContactService } from '../../contacts/service.ts';
import type { ConversationService } from '../../conversations/service.ts';
import type { LeadService } from '../../leads/service.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SendTemplateBody } from '../schemas.ts';

/** Whom a send names: a contact that is there, or a phone number for which one may have to be made. */
export interface Recipient {
  /** Missing where only the person's business-scoped user id is known. */
  readonly phoneNumber: string | undefined;
  readonly contact: ContactDoc | null;
  /** The channel of the conversation that was named. */
  readonly channelId: Types.ObjectId | undefined;
}

type NamedRecipient = Pick<SendTemplateBody, 'to' | 'contactId' | 'leadId' | 'conversationId'>;

interface RecipientDeps {
  readonly contacts: ContactService;
  readonly leads: LeadService;
  readonly conversations: ConversationService;
}

/** Finds the recipient without writing anything. An id of another client is not found. */
export async function findRecipient(
  scope: ClientScope,
  body: NamedRecipient,
  deps: RecipientDeps,
): Promise<Recipient> {
  if (body.to !== undefined) {
    const phoneNumber = normalisePhone(body.to);
    if (phoneNumber === null)
      throw invalidRecipient('to', 'Must be a phone number as E.164, with + and country code.');
    return { phoneNumber, contact: null, channelId: undefined };
  }
  const { contactId, channelId } = await findContactId(scope, body, deps);
  const contact = await deps.contacts.findById(scope, contactId);
  if (contact === null) throw notFound('contact');
  return { phoneNumber: contact.phoneNumber, contact, channelId };
}

async function findContactId(
  scope: ClientScope,
  body: Omit<NamedRecipient, 'to'>,
  deps: RecipientDeps,
): Promise<{ contactId: Types.ObjectId; channelId: Types.ObjectId | undefined }> {
  if (body.conversationId !== undefined) {
    const conversation = await deps.conversations.findById(scope, body.conversationId);
    if (conversation === null) throw notFound('conversation');
    return conversation;
  }
  if (body.leadId !== undefined) {
    const lead = await deps.leads.findById(scope, body.leadId);
    if (lead === null) throw notFound('lead');
    return { contactId: lead.contactId, channelId: undefined };
  }
  if (body.contactId === undefined) throw invalidRecipient('to', 'Name the recipient.');
  return { contactId: body.contactId, channelId: undefined };
}

export const invalidRecipient = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The recipient cannot be used.', {
    errors: [{ path: `body.${field}`, message }],
  });
