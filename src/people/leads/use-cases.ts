import type { ClientSession, Types } from 'mongoose';
import { createResource, type Resource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import type { ConsentStatement } from '../contacts/changes.ts';
import type { ContactUseCases, ContactRecord, Person } from '../contacts/use-cases.ts';
import type { OptInStatus } from '../contacts/rules.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { PeopleOrder } from '../contacts/search.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import { applyLeadChanges, auditedFieldsOf, leadEventOf, type LeadChanges } from './changes.ts';
import type { LeadConversations } from './conversations.ts';
import type { LeadDoc, LeadFilter, LeadRepository } from './repository.ts';
import { draftLead, insertLead } from './drafts.ts';

export type { LeadDoc, LeadFilter } from './repository.ts';

export interface LeadUseCaseDeps {
  readonly leads: LeadRepository;
  readonly contacts: ContactUseCases;
  readonly conversations: LeadConversations;
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** Fields of the contact that a lead's body may contain. */
interface ContactPart {
  readonly name?: string | null | undefined;
  readonly optInStatus?: OptInStatus | undefined;
  readonly consent?: ConsentStatement | undefined;
}

export interface NewLead extends Omit<LeadChanges, 'assignedAgentId'>, ContactPart {
  readonly phoneNumber?: string | undefined;
  readonly contactId?: Types.ObjectId | undefined;
  readonly name?: string | undefined;
  readonly assignedAgentId?: Types.ObjectId | undefined;
}

export type LeadPatch = LeadChanges & ContactPart;

export type LeadUseCases = ReturnType<typeof createLeadUseCases>;

/** The actions of users on leads. */
export function createLeadUseCases(deps: LeadUseCaseDeps) {
  const { leads, contacts, conversations, audit, clock } = deps;
  const resource = createLeadResource(deps);

  return {
    get: (scope: ClientScope, id: Types.ObjectId): Promise<LeadDoc> =>
      resource.require(scope, { id, version: undefined }),

    async list(
      scope: ClientScope,
      filter: LeadFilter,
      { limit, order }: { limit: number; order: PeopleOrder<LeadDoc> },
    ): Promise<Page<LeadDoc>> {
      const found = await leads.list(scope, filter, order, limit + 1);
      return toPage(found, limit, order.cursorOf);
    },

    /**
     * Creates the lead of a contact, and the contact too if the phone number is new. Name and consent are stored on
     * the contact. Throws `already-exists` with the id of the lead that the contact has.
     */
    async create(scope: ClientScope, by: Person, fields: NewLead): Promise<LeadDoc> {
      await assertAssignable(deps, scope, fields.assignedAgentId);
      const attempt = () =>
        audit.runInTransaction((session) =>
          createOnce({ ...deps, resource }, scope, { by, fields }, session),
        );
      const { lead, contact } = await attempt().catch((error: unknown) => {
        // The contact was created concurrently; the second attempt finds it.
        if (isDuplicateKey(error)) return attempt();
        throw error;
      });
      await contacts.finishConsent(scope, by, { record: contact, changes: fields });
      return lead;
    },

    /** Changes the given fields; repeating the change changes nothing. */
    async update(scope: ClientScope, by: Person, ref: ResourceRef, patch: LeadPatch): Promise<LeadDoc> {
      const { name, optInStatus, consent, ...own } = patch;
      await assertAssignable(deps, scope, own.assignedAgentId);
      const changes = { name, optInStatus, consent };
      const { lead, contact } = await audit.runInTransaction(async (session) => {
        const steps = resource.within(session);
        const { contactId } = await steps.require(scope, ref);
        const changed = await contacts.changeWithin(scope, by, { id: contactId, changes }, session);
        // The contact's change may have updated the lead's copies, and with them its version.
        const anyVersion = { id: ref.id, version: undefined };
        const next = await steps.change(scope, by, anyVersion, {
          action: 'lead.updated',
          decide: (current) => applyLeadChanges(current, own, clock.now()),
        });
        return { lead: next, contact: changed };
      });
      await contacts.finishConsent(scope, by, { record: contact, changes });
      return lead;
    },

    /**
     * Deletes a lead; throws `in-use` while it has an open or pending conversation. The record is only marked (see
     * `model.ts`), because closed conversations refer to it; the contact does not change.
     */
    remove: (scope: ClientScope, by: Person, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async ({ _id }) => {
        const live = await conversations.liveOfLead(scope, _id);
        if (live === null) return;
        const conversationId = live._id.toHexString();
        const which = `conversation ${conversationId} (${live.status})`;
        throw new AppError('in-use', `The lead has the ${which}. Close it first.`, {
          extensions: { conversationId },
        });
      }),
  };
}

const createLeadResource = ({ leads, audit, clock }: LeadUseCaseDeps): Resource<LeadDoc> =>
  createResource<LeadDoc>(audit, {
    type: 'lead',
    find: leads.findById,
    insert: (scope, lead, session) => insertLead(leads, scope, lead, session),
    replace: leads.replace,
    remove(scope, current, session) {
      const at = clock.now();
      const deleted = { ...current, version: current.version + 1, updatedAt: at, deletedAt: at };
      return leads.replace(scope, current, deleted, session);
    },
    auditedFieldsOf,
    eventOf: leadEventOf,
  });

async function createOnce(
  deps: LeadUseCaseDeps & { readonly resource: Resource<LeadDoc> },
  scope: ClientScope,
  { by, fields }: { by: Person; fields: NewLead },
  session: ClientSession,
) {
  const { leads, contacts, resource, clock } = deps;
  const { stage = 'new', tags = [], assignedAgentId } = fields;
  const written = await contactFor(deps, scope, { by, fields }, session);
  const contactId = written._id;
  const contact = await contacts.holdForCopy(scope, contactId, session);
  if (contact === null) throw notFound('contact');
  const earlier = await leads.findOfContact(scope, contactId, session);
  if (earlier !== null && earlier.deletedAt === undefined) {
    const id = earlier._id.toHexString();
    const message = `The contact already has the lead ${id}.`;
    const path = fields.contactId === undefined ? 'body.phoneNumber' : 'body.contactId';
    throw new AppError('already-exists', message, {
      errors: [{ path, message }],
      extensions: { existingId: id },
    });
  }
  const fresh = { stage, tags, ...(assignedAgentId === undefined ? {} : { assignedAgentId }) };
  const draft = draftLead(scope, { contact, earlier, fresh, at: clock.now() });
  const lead = await resource.within(session).create(scope, by, draft);
  return { lead, contact: written };
}

/** The given contact after the changes, or a new one for an unknown phone number. */
async function contactFor(
  { contacts }: LeadUseCaseDeps,
  scope: ClientScope,
  { by, fields }: { by: Person; fields: NewLead },
  session: ClientSession,
): Promise<ContactRecord> {
  const { phoneNumber, contactId, name, optInStatus, consent } = fields;
  if (contactId === undefined) {
    const known = await contacts.findByIdentity(scope, { phoneNumber }, session);
    if (known !== null) return changeKnown(known);
    return contacts.createWithin(scope, by, { phoneNumber, name, optInStatus, consent }, session);
  }
  const named = await contacts.findWithin(scope, contactId, session);
  if (named === null) throw notFound('contact');
  return changeKnown(named);

  function changeKnown(contact: Pick<ContactRecord, '_id' | 'optInStatus'>) {
    if (optInStatus !== undefined && optInStatus !== contact.optInStatus && consent === undefined) {
      const message = `The contact is ${contact.optInStatus}. Give the source of the new consent.`;
      throw invalid('consent', message);
    }
    const changes = { name, optInStatus, consent };
    return contacts.changeWithin(scope, by, { id: contact._id, changes }, session);
  }
}

async function assertAssignable(
  { users }: LeadUseCaseDeps,
  scope: ClientScope,
  agentId: Types.ObjectId | null | undefined,
): Promise<void> {
  if (agentId === undefined || agentId === null) return;
  const agent = await users.findById(scope, agentId);
  if (agent === null) throw notFound('user');
  if (agent.status !== 'active') throw invalid('assignedAgentId', 'The user is not active.');
}

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The lead is not valid.', {
    errors: [{ path: `body.${field}`, message }],
  });
