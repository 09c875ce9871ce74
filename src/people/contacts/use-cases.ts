import type { ClientSession, Types } from 'mongoose';
import type { Resource, ResourceRef } from '../../audit/resource.ts';
import { AppError } from '../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import type { ContactDoc, ContactFilter, ContactRecord } from './store/repository.ts';
import { createBatchWrites } from './batch-writes.ts';
import { findPerson } from './persons/links.ts';
import { hasIdentity, identityFields, type AnyIdentity } from './rules.ts';
import { createContactResource, type ContactDeps } from './resource.ts';
import { readSets } from './sets.ts';
import type { PeopleOrder } from './search.ts';
import { contactChange, draftContact } from './writes.ts';
import type { NewContact, Person, RequestedChanges, WriteDeps } from './writes.ts';
import { newId } from '../../platform/ids.ts';

export type { ContactDoc, ContactFilter, ContactRecord } from './store/repository.ts';
export type { ContactWrite } from './batch-writes.ts';
export type { NewContact, Person } from './writes.ts';

/** A stored opt-out whose unsent messages must be canceled. */
export interface StoredOptOut {
  readonly eventId: string;
  readonly storedAt: Date;
}

export interface ContactUseCaseDeps extends ContactDeps, WriteDeps {
  /** Cancels unsent messages after the commit. A port, because contacts must not import messages. */
  onOptOut(scope: ClientScope, contactId: Types.ObjectId, optOut: StoredOptOut): Promise<void>;
  /** Resolves when no call to the blocked person can begin. A port, for the same reason. */
  onBlocked(scope: ClientScope, contactId: Types.ObjectId): Promise<void>;
  /**
   * Erases what else is stored under the identities of a deleted contact, in the transaction that deletes it. A port,
   * because contacts must not import webhooks.
   */
  erasePerson(scope: ClientScope, identities: readonly string[], session: ClientSession): Promise<void>;
  /** Erases what rows of imported files say of the person, in the same transaction. */
  eraseRows(scope: ClientScope, identityKeys: readonly string[], session: ClientSession): Promise<void>;
  /** Erases the files that the contact has sent, in the same transaction. A port, because contacts must not import media. */
  eraseFiles(scope: ClientScope, contactId: Types.ObjectId, session: ClientSession): Promise<void>;
}

/** What higher areas do for contacts. */
export type ContactPorts = Pick<ContactUseCaseDeps, 'onOptOut' | 'onBlocked' | 'erasePerson' | 'eraseFiles'>;

export type ContactUseCases = ReturnType<typeof createContactUseCases>;

/** The actions of users on contacts. */
export function createContactUseCases(deps: ContactUseCaseDeps) {
  const { contacts, dependents, audit, erasePerson, eraseFiles, eraseRows } = deps;
  const resource = createContactResource(deps);

  return {
    ...createContactSteps(deps, resource),

    get: (scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord> =>
      resource.require(scope, { id, version: undefined }),

    list: createListContacts(deps),

    /** Throws `already-exists` with the id of the contact that has one of the identities. */
    async create(scope: ClientScope, by: Person, fields: NewContact): Promise<ContactRecord> {
      const _id = newId();
      const wanted = { ...identityIn(fields), _id };
      return namingTheOwner(deps, scope, wanted, () =>
        audit.runInTransaction(async (session) => {
          await assertFree(deps, scope, wanted, session);
          const record = { ...(await draftNew(deps, scope, fields, { by, session })), _id };
          const recalled = await deps.memory.recall(scope, { record, before: null }, session);
          return resource.within(session).create(scope, by, recalled);
        }),
      );
    },

    /** Changes the given fields; repeating the change changes nothing. Throws `already-exists`. */
    async update(
      scope: ClientScope,
      by: Person,
      ref: ResourceRef,
      changes: RequestedChanges,
    ): Promise<ContactRecord> {
      const wanted = { ...identityIn(changes), _id: ref.id };
      const { action, decide } = contactChange(deps, scope, by, changes);
      const change = {
        action,
        async decide(current: ContactRecord, session: ClientSession) {
          await assertFree(deps, scope, wanted, session);
          return decide(current, session);
        },
      };
      const record = await namingTheOwner(deps, scope, wanted, () => resource.change(scope, by, ref, change));
      await finishConsent({ ...deps, resource }, scope, by, { record, changes });
      return record;
    },

    /** Deletes a contact and its lead; throws `in-use` while the contact has a conversation, open or closed. */
    remove: (scope: ClientScope, by: Person, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async (contact, session) => {
        const { _id } = contact;
        const use = await dependents.useOfContact(scope, _id, session);
        if (use !== null) {
          const { conversationId, status } = use;
          const detail = `The contact has the conversation ${conversationId} (${status}).`;
          throw new AppError('in-use', detail, { extensions: { conversationId } });
        }
        await dependents.contactDeleted(scope, by, _id, session);
        await contacts.unlink(scope, _id, session);
        await erasePerson(
          scope,
          identityFields.flatMap((field) => contact[field] ?? []),
          session,
        );
        await eraseFiles(scope, _id, session);
        await eraseRows(scope, contact.identityKeys, session);
        await deps.memory.remember(scope, contact, session);
      }),
  };
}

/** With `tag`, only those who have the tag of this name. */
const createListContacts =
  ({ contacts, sets }: ContactUseCaseDeps) =>
  async (
    scope: ClientScope,
    { tag, ...filter }: Omit<ContactFilter, 'tagId'> & { readonly tag?: string },
    { limit, order }: { limit: number; order: PeopleOrder<ContactDoc> },
  ): Promise<Page<ContactDoc>> => {
    const [tagId] = tag === undefined ? [] : (await sets.tags.find(scope, [tag])).values();
    if (tag !== undefined && tagId === undefined) return { items: [], nextCursor: null };
    const asked = { ...filter, ...(tagId === undefined ? {} : { tagId }) };
    return toPage(await contacts.list(scope, asked, order, limit + 1), limit, order.cursorOf);
  };

/** A new contact with what the user gave, not stored; its tags are made if they are missing. */
async function draftNew(
  deps: ContactUseCaseDeps,
  scope: ClientScope,
  fields: NewContact,
  write: { readonly by: Person; readonly session: ClientSession },
): Promise<ContactRecord> {
  const requested = { given: fields.customFields, current: {}, isNew: true };
  const [customFields] = await deps.checkFields(scope, [requested], write.session);
  const tagged = { requested: { tags: fields.tags }, current: {} };
  const [sets] = await readSets(deps.sets, scope, [tagged], write);
  return draftContact(deps, scope, write.by, { fields, customFields, tagIds: sets?.tagIds });
}

/** Steps inside another noun's transaction, each with its own audit event. */
const createContactSteps = (deps: ContactUseCaseDeps, resource: Resource<ContactRecord>) => ({
  findByIdentity: (scope: ClientScope, identity: AnyIdentity, session: ClientSession) =>
    deps.contacts.findByIdentity(scope, identity, { session }),

  findWithin: (scope: ClientScope, id: Types.ObjectId, session: ClientSession) =>
    deps.contacts.findRecord(scope, id, session),

  holdForCopy: (scope: ClientScope, id: Types.ObjectId, session: ClientSession) =>
    deps.contacts.holdForCopy(scope, id, session),

  /**
   * Without tags and custom fields, required ones too: what creates contacts on the way does not know them. Throws the duplicate key
   * error if another contact concurrently gets one of the identities.
   */
  async createWithin(
    scope: ClientScope,
    by: Person,
    fields: Omit<NewContact, 'customFields' | 'tags'>,
    session: ClientSession,
  ): Promise<ContactRecord> {
    const record = draftContact(deps, scope, by, { fields, customFields: undefined });
    const recalled = await deps.memory.recall(scope, { record, before: null }, session);
    return resource.within(session).create(scope, by, recalled);
  },

  writeEachWithin: createBatchWrites(deps, resource),

  findRecord: (scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord | null> =>
    deps.contacts.findRecord(scope, id),

  /** Throws `not-found`. */
  changeWithin: (
    scope: ClientScope,
    by: Person,
    { id, changes }: { id: Types.ObjectId; changes: RequestedChanges },
    session: ClientSession,
  ): Promise<ContactRecord> =>
    resource
      .within(session)
      .change(scope, by, { id, version: undefined }, contactChange(deps, scope, by, changes)),

  /** Completes the changes of consent. Call it after the commit of `changeWithin`. */
  finishConsent: (scope: ClientScope, by: Person, written: WrittenContact): Promise<void> =>
    finishConsent({ ...deps, resource }, scope, by, written),
});

interface WrittenContact {
  readonly record: ContactRecord;
  readonly changes: RequestedChanges;
}

/**
 * Cancels the messages that an opt-out forbids, changes the other contacts of the person in the same way, and waits until
 * no call to a blocked person can begin.
 */
async function finishConsent(
  deps: ContactUseCaseDeps & { readonly resource: Resource<ContactRecord> },
  scope: ClientScope,
  by: Person,
  written: WrittenContact,
): Promise<void> {
  await shareConsent(deps, scope, by, written);
  if (written.changes.isBlocked === true) await deps.onBlocked(scope, written.record._id);
}

async function shareConsent(
  deps: ContactUseCaseDeps & { readonly resource: Resource<ContactRecord> },
  scope: ClientScope,
  by: Person,
  { record, changes }: WrittenContact,
): Promise<void> {
  await finishOptOut(deps, scope, record, changes);
  const { optInStatus, consent, isBlocked } = changes;
  const shared = { optInStatus, consent, isBlocked };
  if ((optInStatus ?? isBlocked) === undefined || record.samePerson === undefined) return;
  const { contacts: all } = await findPerson(deps.contacts, scope, record);
  for (const { _id } of all.slice(1)) {
    const other = await deps.resource.changeIfExists(scope, by, _id, contactChange(deps, scope, by, shared));
    if (other !== null) await finishOptOut(deps, scope, other, shared);
  }
}

async function finishOptOut(
  { onOptOut }: ContactUseCaseDeps,
  scope: ClientScope,
  { _id, consentLog }: ContactRecord,
  { optInStatus, consent }: RequestedChanges,
): Promise<void> {
  const { eventId, at: storedAt } = consentLog.at(-1) ?? {};
  if (optInStatus !== 'opted-out' || consent === undefined) return;
  if (eventId !== undefined && storedAt !== undefined) await onOptOut(scope, _id, { eventId, storedAt });
}

const identityIn = (changes: RequestedChanges): AnyIdentity =>
  Object.fromEntries(
    identityFields.flatMap((field) => (typeof changes[field] === 'string' ? [[field, changes[field]]] : [])),
  );

type Wanted = AnyIdentity & { readonly _id: Types.ObjectId };

/** Throws `already-exists` if another contact has one of the identities, in any spelling. */
async function assertFree(
  { contacts }: ContactDeps,
  scope: ClientScope,
  wanted: Wanted,
  session: ClientSession,
): Promise<void> {
  if (!hasIdentity(wanted)) return;
  const owner = await contacts.findByIdentity(scope, wanted, { except: wanted._id, session });
  if (owner !== null) throw alreadyThere(owner, wanted);
}

/** Runs a write; if the unique index refuses it, throws `already-exists` with the id of the other contact. */
async function namingTheOwner<T>(
  { contacts }: ContactDeps,
  scope: ClientScope,
  wanted: Wanted,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const owner =
      isDuplicateKey(error) && hasIdentity(wanted)
        ? await contacts.findByIdentity(scope, wanted, { except: wanted._id })
        : null;
    throw owner === null ? error : alreadyThere(owner, wanted);
  }
}

/** Names the other contact, so that the caller can change that one instead. */
function alreadyThere(owner: ContactDoc, identity: AnyIdentity): AppError {
  const id = owner._id.toHexString();
  const same = identityFields.find(
    (field) => identity[field] !== undefined && identity[field] === owner[field],
  );
  const field = same ?? identityFields.find((name) => identity[name] !== undefined) ?? 'phoneNumber';
  return new AppError('already-exists', `The contact ${id} already has this ${field}.`, {
    errors: [{ path: `body.${field}`, message: `Already used by the contact ${id}.` }],
    extensions: { existingId: id },
  });
}
