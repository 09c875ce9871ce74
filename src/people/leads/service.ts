import type { ClientSession, Types } from 'mongoose';
import type { ContactDoc, ContactService } from '../contacts/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { ContactCopy, LeadDoc, LeadRepository } from './repository.ts';

export type { LeadDoc } from './repository.ts';

export interface LeadDeps {
  readonly leads: LeadRepository;
  readonly contacts: Pick<ContactService, 'holdForCopy'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export type LeadService = ReturnType<typeof createLeadService>;

/** Leads as messages need them. What people do with leads is in `management.ts`. */
export function createLeadService({ leads, contacts, runInTransaction, clock }: LeadDeps) {
  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<LeadDoc | null> => leads.findById(scope, id),

    /**
     * The contact's lead, in one query when there is one; a new one begins in stage `new`. Throws `not-found` when
     * the contact has just been deleted. A lead made here has no audit event of its own: its first message tells why.
     */
    async findOrCreate(scope: ClientScope, contactId: Types.ObjectId): Promise<LeadDoc> {
      const known = await leads.findOfContact(scope, contactId);
      if (known !== null && known.deletedAt === undefined) return known;
      return runInTransaction(async (session) => {
        const contact = await contacts.holdForCopy(scope, contactId, session);
        if (contact === null) throw notFound('contact');
        const earlier = await leads.findOfContact(scope, contactId, session);
        if (earlier !== null && earlier.deletedAt === undefined) return earlier;
        const fresh = { stage: 'new', tags: [] } as const;
        return openLead(leads, scope, { contact, earlier, fresh, at: clock.now() }, session);
      });
    },
  };
}

interface NewLead {
  /** Held by the transaction. */
  readonly contact: ContactDoc;
  /** The contact's deleted lead. */
  readonly earlier: LeadDoc | null;
  readonly fresh: Pick<LeadDoc, 'stage' | 'tags' | 'assignedAgentId'>;
  readonly at: Date;
}

/** Makes the lead of a contact that has none; a deleted one comes back under its id with nothing of what it was. */
export async function openLead(
  leads: LeadRepository,
  scope: ClientScope,
  { contact, earlier, fresh, at }: NewLead,
  session: ClientSession,
): Promise<LeadDoc> {
  const lead: LeadDoc = {
    _id: earlier?._id ?? newId(),
    ...scope,
    contactId: contact._id,
    ...copyOf(contact),
    ...fresh,
    createdAt: at,
    updatedAt: at,
    version: (earlier?.version ?? 0) + 1,
  };
  if (earlier === null) await leads.insert(scope, lead, session);
  else if (!(await leads.replace(scope, earlier, lead, session))) throw new Error('The lead has changed.');
  return lead;
}

/** What a lead copies from its contact. */
export const copyOf = ({ phoneNumber, name, nameKey, optInStatus }: ContactDoc): ContactCopy => ({
  ...(phoneNumber === undefined ? {} : { phoneNumber }),
  ...(name === undefined ? {} : { name }),
  ...(nameKey === undefined ? {} : { nameKey }),
  optInStatus,
});
