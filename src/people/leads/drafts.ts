import type { ClientSession } from 'mongoose';
import type { ContactDoc } from '../contacts/directory.ts';
import { contactTokens } from '../contacts/search.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ContactCopy, LeadDoc, LeadRepository } from './repository.ts';

interface LeadDraft {
  /** Locked by the transaction. */
  readonly contact: ContactDoc;
  /** The contact's deleted lead. */
  readonly earlier: LeadDoc | null;
  readonly fresh: Pick<LeadDoc, 'stage' | 'tags' | 'assignedAgentId' | 'source'>;
  readonly at: Date;
}

/** A new lead of a contact. It continues the id and the versions of the contact's deleted lead, if there is one. */
export const draftLead = (scope: ClientScope, { contact, earlier, fresh, at }: LeadDraft): LeadDoc => ({
  _id: earlier?._id ?? newId(),
  ...scope,
  contactId: contact._id,
  ...copyOf(contact),
  ...fresh,
  createdAt: at,
  updatedAt: at,
  version: (earlier?.version ?? 0) + 1,
});

/** Inserts a lead, or replaces the contact's deleted one, which has the version before it. */
export async function insertLead(
  leads: LeadRepository,
  scope: ClientScope,
  lead: LeadDoc,
  session: ClientSession,
): Promise<void> {
  if (lead.version === 1) return leads.insert(scope, lead, session);
  const deleted = { ...lead, version: lead.version - 1 };
  if (!(await leads.replace(scope, deleted, lead, session)))
    throw new Error('The deleted lead of the contact has changed.');
}

/** The fields that a lead copies from its contact. */
export function copyOf(contact: ContactDoc): ContactCopy {
  const { phoneNumber, name, nameKey, username, usernameKey, optInStatus } = contact;
  return {
    ...(phoneNumber === undefined ? {} : { phoneNumber }),
    ...(name === undefined ? {} : { name }),
    ...(nameKey === undefined ? {} : { nameKey }),
    ...(username === undefined ? {} : { username }),
    ...(usernameKey === undefined ? {} : { usernameKey }),
    searchTokens: contactTokens(contact),
    optInStatus,
  };
}
