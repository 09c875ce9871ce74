import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { ConsentStatement } from '../contacts/changes.ts';
import type { ContactManagement, ContactRecord, Person } from '../contacts/management.ts';
import type { OptInStatus } from '../contacts/rules.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import type { UserService } from '../../identity/users/service.ts';
import { applyLeadChanges, auditedFieldsOf, type LeadChanges } from './changes.ts';
import type { LeadConversations } from './conversations.ts';
import type { LeadDoc, LeadFilter, LeadRepository } from './repository.ts';
import { openLead } from './service.ts';

export type { LeadDoc, LeadFilter } from './repository.ts';

export interface LeadManagementDeps {
  readonly leads: LeadRepository;
  readonly contacts: ContactManagement;
  readonly conversations: LeadConversations;
  readonly users: Pick<UserService, 'findById'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** What belongs to the contact and can be said along with its lead. */
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

export type LeadManagement = ReturnType<typeof createLeadManagement>;

/** What people do with leads. */
export function createLeadManagement(deps: LeadManagementDeps) {
  const { leads, contacts, conversations, audit, clock } = deps;

  return {
    async get(scope: ClientScope, id: Types.ObjectId): Promise<LeadDoc> {
      const lead = await leads.findById(scope, id);
      if (lead === null) throw notFound('lead');
      return lead;
    },

    async list(
      scope: ClientScope,
      filter: LeadFilter,
      { limit, order }: { limit: number; order: ListOrder<LeadDoc> },
    ): Promise<Page<LeadDoc>> {
      const found = await leads.list(scope, filter, order, limit + 1);
      return toPage(found, limit, order.cursorOf);
    },

    /**
     * Makes the lead of a contact, and the contact too when a phone number is new. Name and consent are the
     * contact's. Throws `already-exists` with the id of the lead that the contact has.
     */
    async create(scope: ClientScope, by: Person, fields: NewLead): Promise<LeadDoc> {
      await assertAssignable(deps, scope, fields.assignedAgentId);
      const attempt = () =>
        audit.audited(scope, by, (session) => createOnce(deps, scope, { by, fields }, session));
      const { lead, contact } = await attempt().catch((error: unknown) => {
        // Somebody has made the contact at the same moment: now it is found.
        if (isDuplicateKey(error)) return attempt();
        throw error;
      });
      await contacts.finishOptOut(scope, contact, fields);
      return lead;
    },

    /** Changes what is given; the same again changes nothing. Throws `precondition-failed` on a lost race. */
    async update(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      { patch, version }: { patch: LeadPatch; version: number | undefined },
    ): Promise<LeadDoc> {
      const { name, optInStatus, consent, ...own } = patch;
      await assertAssignable(deps, scope, own.assignedAgentId);
      const changes = { name, optInStatus, consent };
      const { lead, contact } = await audit.audited(scope, by, async (session) => {
        const before = await readForWrite(leads, scope, { id, version }, session);
        const changed = await contacts.changeWithin(scope, by, { id: before.contactId, changes }, session);
        // The contact's change may have brought new copies, and with them a new version.
        const current = await readForWrite(leads, scope, { id, version: undefined }, session);
        const next = applyLeadChanges(current, own, clock.now());
        if (next !== current && !(await leads.replace(scope, current, next, session))) throw lostRace();
        const result = { lead: next, contact: changed };
        return { result, write: writeOf('updated', before, next) };
      });
      await contacts.finishOptOut(scope, contact, changes);
      return lead;
    },

    /**
     * Deletes a lead; throws `in-use` while a conversation with it is not closed. Closed ones keep their history:
     * the record stays behind them (see `model.ts`), and the contact is not touched.
     */
    async remove(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      version: number | undefined,
    ): Promise<void> {
      await audit.audited(scope, by, async (session) => {
        const current = await readForWrite(leads, scope, { id, version }, session);
        const live = await conversations.liveOfLead(scope, id);
        if (live !== null) {
          const which = `The conversation ${live._id.toHexString()} (${live.status})`;
          throw new AppError('in-use', `${which} is about this lead; close it first.`);
        }
        const at = clock.now();
        const deleted = { ...current, version: current.version + 1, updatedAt: at, deletedAt: at };
        if (!(await leads.replace(scope, current, deleted, session))) throw lostRace();
        return { result: undefined, write: writeOf('deleted', current, null) };
      });
    },
  };
}

async function createOnce(
  deps: LeadManagementDeps,
  scope: ClientScope,
  { by, fields }: { by: Person; fields: NewLead },
  session: ClientSession,
) {
  const { leads, contacts, clock } = deps;
  const { stage = 'new', tags = [], assignedAgentId } = fields;
  const written = await contactFor(deps, scope, { by, fields }, session);
  const contactId = written._id;
  const contact = await contacts.holdForCopy(scope, contactId, session);
  if (contact === null) throw notFound('contact');
  const earlier = await leads.findOfContact(scope, contactId, session);
  if (earlier !== null && earlier.deletedAt === undefined) {
    const id = earlier._id.toHexString();
    const message = `The lead ${id} is of this contact.`;
    const path = fields.contactId === undefined ? 'body.phoneNumber' : 'body.contactId';
    throw new AppError('already-exists', message, { errors: [{ path, message }] });
  }
  const fresh = { stage, tags, ...(assignedAgentId === undefined ? {} : { assignedAgentId }) };
  const lead = await openLead(leads, scope, { contact, earlier, fresh, at: clock.now() }, session);
  return { result: { lead, contact: written }, write: writeOf('created', null, lead) };
}

/** The contact that is named, changed as asked for, or a new one for a phone number that nobody has. */
async function contactFor(
  { contacts }: LeadManagementDeps,
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
      const message = `The contact is ${contact.optInStatus}; say where the new consent comes from.`;
      throw invalid('consent', message);
    }
    const changes = { name, optInStatus, consent };
    return contacts.changeWithin(scope, by, { id: contact._id, changes }, session);
  }
}

async function readForWrite(
  leads: LeadRepository,
  scope: ClientScope,
  { id, version }: { id: Types.ObjectId; version: number | undefined },
  session: ClientSession,
): Promise<LeadDoc> {
  const current = await leads.findById(scope, id, session);
  if (current === null) throw notFound('lead');
  if (version !== undefined && version !== current.version) throw lostRace();
  return current;
}

async function assertAssignable(
  { users }: LeadManagementDeps,
  scope: ClientScope,
  agentId: Types.ObjectId | null | undefined,
): Promise<void> {
  if (agentId === undefined || agentId === null) return;
  const agent = await users.findById(scope, agentId);
  if (agent === null) throw notFound('user');
  if (agent.status !== 'active') throw invalid('assignedAgentId', 'This user is not active.');
}

function writeOf(did: 'created' | 'updated' | 'deleted', before: LeadDoc | null, after: LeadDoc | null) {
  const id = (after ?? before)?._id;
  if (id === undefined) throw new Error('A write needs a lead.');
  return {
    action: `lead.${did}`,
    target: { type: 'lead', id },
    before: before === null ? null : auditedFieldsOf(before),
    after: after === null ? null : auditedFieldsOf(after),
  };
}

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid-input', 'The lead cannot be stored like this.', {
    errors: [{ path: `body.${field}`, message }],
  });

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the lead since you read it.');
