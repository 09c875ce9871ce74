import type { ClientSession, Types } from 'mongoose';
import type { ContactDirectory, ContactDoc } from '../contacts/directory.ts';
import type { EventRecorder } from '../../events/recorder.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { AdReferral } from './ad-referral.ts';
import { leadEventOf } from './changes.ts';
import { draftLead, insertLead } from './drafts.ts';
import type { LeadDoc, LeadRepository } from './repository.ts';

export type { LeadDoc } from './repository.ts';

export interface LeadDeps {
  readonly leads: LeadRepository;
  readonly contacts: Pick<ContactDirectory, 'holdForCopy'>;
  readonly runInTransaction: RunInTransaction;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export type LeadDirectory = ReturnType<typeof createLeadDirectory>;

/** A conversation that needs a lead. */
export interface LeadCause {
  readonly contactId: Types.ObjectId;
  /** The advertisement that brought the contact. */
  readonly source?: AdReferral | undefined;
  /** The contact, if the transaction has locked it already. */
  readonly held?: ContactDoc;
}

interface NewLead extends Pick<LeadCause, 'source'> {
  readonly contact: ContactDoc;
  /** The contact's deleted lead. */
  readonly earlier: LeadDoc | null;
}

const isLive = (lead: LeadDoc | null): lead is LeadDoc => lead !== null && lead.deletedAt === undefined;

/** Leads for other nouns. The actions of users on leads are in `use-cases.ts`. */
export function createLeadDirectory({ leads, contacts, runInTransaction, events, clock }: LeadDeps) {
  /** The contact's lead, or a new one in stage `new`, which the contact's lock makes the only one. */
  async function findOrCreateWithin(
    scope: ClientScope,
    { contactId, source, held }: LeadCause,
    session: ClientSession,
  ): Promise<LeadDoc> {
    const known = await leads.findOfContact(scope, contactId, session);
    if (isLive(known)) {
      if (source !== undefined) await leads.setSource(scope, { _id: known._id, source }, session);
      return known;
    }
    if (held !== undefined) return create(scope, { contact: held, earlier: known, source }, session);
    const contact = await contacts.holdForCopy(scope, contactId, session);
    if (contact === null) throw notFound('contact');
    const earlier = await leads.findOfContact(scope, contactId, session);
    return isLive(earlier) ? earlier : create(scope, { contact, earlier, source }, session);
  }

  async function create(
    scope: ClientScope,
    { contact, earlier, source }: NewLead,
    session: ClientSession,
  ): Promise<LeadDoc> {
    const fresh = { stage: 'new', tags: [], ...(source === undefined ? {} : { source }) } as const;
    const lead = draftLead(scope, { contact, earlier, fresh, at: clock.now() });
    await insertLead(leads, scope, lead, session);
    const written = { action: 'lead.created', before: null, after: lead };
    await events.record(scope, session, leadEventOf(written));
    return lead;
  }

  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<LeadDoc | null> => leads.findById(scope, id),

    contactsWhere: leads.contactsWhere,

    /**
     * The contact's lead, in one query if it exists; otherwise a new lead in stage `new`. Throws `not-found` if the
     * contact has just been deleted. A lead created here has no audit event, because its first message explains it.
     */
    async findOrCreate(scope: ClientScope, contactId: Types.ObjectId): Promise<LeadDoc> {
      const known = await leads.findOfContact(scope, contactId);
      if (isLive(known)) return known;
      return runInTransaction((session) => findOrCreateWithin(scope, { contactId }, session));
    },

    /** As `findOrCreate`, in the caller's transaction. A lead without a source gets that of the cause. */
    findOrCreateWithin,
  };
}
