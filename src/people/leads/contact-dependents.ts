import type { AuditService } from '../../audit/service.ts';
import type { ContactDependents } from '../contacts/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { auditedFieldsOf, leadEventOf } from './changes.ts';
import type { LeadConversations } from './conversations.ts';
import type { LeadRepository } from './repository.ts';
import { copyOf } from './drafts.ts';

interface DependentsDeps {
  readonly leads: LeadRepository;
  readonly conversations: LeadConversations;
  readonly audit: AuditService;
  /** Opt-outs that outlast a contact's identities. */
  readonly addressStops: Pick<
    ContactDependents,
    'consentMoved' | 'identitiesNamed' | 'identityChanged' | 'messageAnswered'
  >;
  readonly stopInherited: ContactDependents['stopInherited'];
  readonly clock: Clock;
}

/** Deletes a contact's lead with the contact, and keeps a contact that has conversations. */
export const createContactDependents = ({
  leads,
  conversations,
  audit,
  addressStops,
  stopInherited,
  clock,
}: DependentsDeps): ContactDependents => ({
  contactsChanged: (scope, contacts, session) =>
    leads.copyContacts(
      scope,
      contacts.map((contact) => ({ contactId: contact._id, copy: copyOf(contact) })),
      { at: clock.now(), session },
    ),

  consentMoved: addressStops.consentMoved,
  identitiesNamed: addressStops.identitiesNamed,
  identityChanged: addressStops.identityChanged,
  messageAnswered: addressStops.messageAnswered,
  stopInherited,

  async useOfContact(scope, contactId, session) {
    const conversation = await conversations.anyOfContact(scope, contactId, session);
    if (conversation === null) return null;
    return { conversationId: conversation._id.toHexString(), status: conversation.status };
  },

  async contactDeleted(scope, actor, contactId, session) {
    const lead = await leads.removeOfContact(scope, contactId, session);
    if (lead === null || lead.deletedAt !== undefined) return;
    const target = { type: 'lead', id: lead._id };
    const before = auditedFieldsOf(lead);
    const action = 'lead.deleted';
    await audit.record(scope, actor, { action, target, before, after: null }, session);
    await audit.events.record(scope, session, leadEventOf({ action, before: lead, after: null }));
  },
});
