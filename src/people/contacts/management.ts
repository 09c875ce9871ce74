import type { ClientSession, Types } from 'mongoose';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import type { ContactChanges } from './changes.ts';
import type { ContactDoc, ContactFilter, ContactRecord } from './store/repository.ts';
import { identityFields, type AnyIdentity } from './rules.ts';
import type { ContactDeps } from './service.ts';
import {
  changeRecord,
  draftContact,
  lostRace,
  readForWrite,
  writeOf,
  type NewContact,
  type Person,
} from './writes.ts';

export type { ContactDoc, ContactFilter, ContactRecord } from './store/repository.ts';
export type { NewContact, Person } from './writes.ts';

/** An opt-out that is stored: what waits for the person has to go. */
export interface StoredOptOut {
  readonly eventId: string;
  readonly storedAt: Date;
}

export interface ContactManagementDeps extends ContactDeps {
  /** Runs after the commit; handed in, because who cancels messages knows contacts and not the other way round. */
  onOptOut(scope: ClientScope, contactId: Types.ObjectId, optOut: StoredOptOut): Promise<void>;
}

export type ContactManagement = ReturnType<typeof createContactManagement>;

/** What people do with contacts. */
export function createContactManagement(deps: ContactManagementDeps) {
  const { contacts, dependents, audit } = deps;

  return {
    ...createContactSteps(deps),

    async get(scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord> {
      const record = await contacts.findRecord(scope, id);
      if (record === null) throw notFound('contact');
      return record;
    },

    async list(
      scope: ClientScope,
      filter: ContactFilter,
      { limit, order }: { limit: number; order: ListOrder<ContactDoc> },
    ): Promise<Page<ContactDoc>> {
      const found = await contacts.list(scope, filter, order, limit + 1);
      return toPage(found, limit, order.cursorOf);
    },

    /** Throws `already-exists` with the id of the contact that has one of the identities. */
    async create(scope: ClientScope, by: Person, fields: NewContact): Promise<ContactRecord> {
      const record = draftContact(deps, scope, by, fields);
      const wanted = { ...identityIn(fields), _id: record._id };
      return namingTheOwner(deps, scope, wanted, () =>
        audit.audited(scope, by, async (session) => {
          await assertFree(deps, scope, wanted, session);
          await contacts.insert(scope, record, session);
          return { result: record, write: writeOf('created', null, record) };
        }),
      );
    },

    /** Changes what is given; the same again changes nothing. Throws `precondition-failed` on a lost race. */
    async update(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      { changes, version }: { changes: ContactChanges; version: number | undefined },
    ): Promise<ContactRecord> {
      const wanted = { ...identityIn(changes), _id: id };
      const record = await namingTheOwner(deps, scope, wanted, () =>
        audit.audited(scope, by, async (session) => {
          const current = await readForWrite(deps, scope, { id, version }, session);
          await assertFree(deps, scope, wanted, session);
          const next = await changeRecord(deps, scope, { by, current, changes }, session);
          return { result: next, write: writeOf('updated', current, next) };
        }),
      );
      await finishOptOut(deps, scope, record, changes);
      return record;
    },

    /** Deletes a contact and its lead; throws `in-use` while a conversation, and so any message, refers to it. */
    async remove(
      scope: ClientScope,
      by: Person,
      id: Types.ObjectId,
      version: number | undefined,
    ): Promise<void> {
      await audit.audited(scope, by, async (session) => {
        const current = await readForWrite(deps, scope, { id, version }, session);
        const use = await dependents.useOfContact(scope, id);
        if (use !== null) throw new AppError('in-use', use);
        if (!(await contacts.remove(scope, current, session))) throw lostRace();
        await dependents.contactDeleted(scope, by, id, session);
        return { result: undefined, write: writeOf('deleted', current, null) };
      });
    },
  };
}

/** The same inside a transaction of another feature, each with its own audit event. */
const createContactSteps = (deps: ContactManagementDeps) => ({
  findByIdentity: (scope: ClientScope, identity: AnyIdentity, session: ClientSession) =>
    deps.contacts.findByIdentity(scope, identity, { session }),

  findWithin: (scope: ClientScope, id: Types.ObjectId, session: ClientSession) =>
    deps.contacts.findRecord(scope, id, session),

  holdForCopy: (scope: ClientScope, id: Types.ObjectId, session: ClientSession) =>
    deps.contacts.holdForCopy(scope, id, session),

  /** Throws the duplicate key error when an identity is taken by somebody who came at the same time. */
  async createWithin(
    scope: ClientScope,
    by: Person,
    fields: NewContact,
    session: ClientSession,
  ): Promise<ContactRecord> {
    const record = draftContact(deps, scope, by, fields);
    await deps.contacts.insert(scope, record, session);
    await deps.audit.record(scope, by, writeOf('created', null, record), session);
    return record;
  },

  /** Throws `not-found` when there is no such contact. */
  async changeWithin(
    scope: ClientScope,
    by: Person,
    { id, changes }: { id: Types.ObjectId; changes: ContactChanges },
    session: ClientSession,
  ): Promise<ContactRecord> {
    const current = await readForWrite(deps, scope, { id, version: undefined }, session);
    const next = await changeRecord(deps, scope, { by, current, changes }, session);
    await deps.audit.record(scope, by, writeOf('updated', current, next), session);
    return next;
  },

  /** After the commit of `changeWithin`: does what an opt-out asks for, if the changes had one. */
  finishOptOut: (scope: ClientScope, record: ContactRecord, changes: ContactChanges): Promise<void> =>
    finishOptOut(deps, scope, record, changes),
});

async function finishOptOut(
  { onOptOut }: ContactManagementDeps,
  scope: ClientScope,
  { _id, consentLog }: ContactRecord,
  { optInStatus, consent }: ContactChanges,
): Promise<void> {
  const { eventId, at: storedAt } = consentLog.at(-1) ?? {};
  if (optInStatus !== 'opted-out' || consent === undefined) return;
  if (eventId !== undefined && storedAt !== undefined) await onOptOut(scope, _id, { eventId, storedAt });
}

const identityIn = (changes: ContactChanges): AnyIdentity =>
  Object.fromEntries(
    identityFields.flatMap((field) => (typeof changes[field] === 'string' ? [[field, changes[field]]] : [])),
  );

type Wanted = AnyIdentity & { readonly _id: Types.ObjectId };

/** Sees that no other contact has one of the identities, in whatever spelling. */
async function assertFree(
  { contacts }: ContactDeps,
  scope: ClientScope,
  wanted: Wanted,
  session: ClientSession,
): Promise<void> {
  if (identityFields.every((field) => wanted[field] === undefined)) return;
  const owner = await contacts.findByIdentity(scope, wanted, { except: wanted._id, session });
  if (owner !== null) throw alreadyThere(owner, wanted);
}

/** Runs a write; when somebody was faster and the unique index has refused it, says who has the identity now. */
async function namingTheOwner<T>(
  { contacts }: ContactDeps,
  scope: ClientScope,
  wanted: Wanted,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const owner = isDuplicateKey(error)
      ? await contacts.findByIdentity(scope, wanted, { except: wanted._id })
      : null;
    throw owner === null ? error : alreadyThere(owner, wanted);
  }
}

/** Says which contact it is, so that the caller can change that one instead. */
function alreadyThere(owner: ContactDoc, identity: AnyIdentity): AppError {
  const id = owner._id.toHexString();
  const same = identityFields.find(
    (field) => identity[field] !== undefined && identity[field] === owner[field],
  );
  const field = same ?? identityFields.find((name) => identity[name] !== undefined) ?? 'phoneNumber';
  return new AppError('already-exists', `The contact ${id} has this ${field} already.`, {
    errors: [{ path: `body.${field}`, message: `The contact ${id} has it.` }],
  });
}
