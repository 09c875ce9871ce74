import type { ClientSession, Types } from 'mongoose';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { applyChanges, auditedFieldsOf, type ContactChanges } from './changes.ts';
import { applyConsent, type PersonStatement } from './consent.ts';
import type { ContactDoc, ContactIdentity, ContactRecord, ContactRepository } from './store/repository.ts';
import { identityFields, maximumNameLength, type AnyIdentity } from './rules.ts';
import { nameKeyOf } from '../../platform/name-key.ts';

export type { ContactDoc, ContactIdentity, ContactRecord } from './store/repository.ts';

/** What refers to contacts. It is handed in, because those features know contacts and not the other way round. */
export interface ContactDependents {
  /** Keeps copies of a contact's fields equal to it, inside the transaction that changes the contact. */
  contactChanged(scope: ClientScope, contact: ContactDoc, session: ClientSession): Promise<void>;
  /** What uses a contact and must not be left without it, as a sentence; null when nothing does. */
  useOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<string | null>;
  /** Deletes what goes with a contact, inside the transaction that deletes it. */
  contactDeleted(
    scope: ClientScope,
    actor: AuditActor,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<void>;
}

export interface ContactDeps {
  readonly contacts: ContactRepository;
  readonly dependents: ContactDependents;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ContactService = ReturnType<typeof createContactService>;

/** Contacts as messages need them. What people do with contacts is in `management.ts`. */
export function createContactService(deps: ContactDeps) {
  const { contacts, clock } = deps;

  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findById(scope, id),

    findByPhone: (scope: ClientScope, phoneNumber: string): Promise<ContactDoc | null> =>
      contacts.findByIdentity(scope, { phoneNumber }),

    findMany: (scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<ContactDoc[]> =>
      contacts.findMany(scope, ids),

    /**
     * The one contact of this identity, made with unknown consent when there is none; one query unless the contact
     * has to learn an identity. A contact made here has no audit event of its own: its first message tells why.
     */
    async findOrCreate(scope: ClientScope, identity: ContactIdentity, name?: string): Promise<ContactDoc> {
      const now = clock.now();
      const shortName = name?.slice(0, maximumNameLength);
      const contact = await contacts.findOrInsert(scope, identity, {
        _id: newId(),
        tags: [],
        optInStatus: 'unknown',
        customFields: {},
        consentLog: [],
        createdAt: now,
        updatedAt: now,
        version: 1,
        ...(shortName === undefined ? {} : { name: shortName, nameKey: nameKeyOf(shortName) }),
      });
      return knowsAll(contact, identity) ? contact : learnIdentity(deps, scope, contact, identity);
    },

    /** Keeps a name that the person shows on WhatsApp, unless the business has given one. */
    async setNameIfMissing(scope: ClientScope, id: Types.ObjectId, name: string): Promise<void> {
      await fillIn(deps, scope, id, { name: name.slice(0, maximumNameLength) });
    },

    /** With its log of consent. */
    findRecord: (scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord | null> =>
      contacts.findRecord(scope, id),

    /** Stores what the person has said about consent, once however often it comes; null when the contact is gone. */
    hear: (
      scope: ClientScope,
      id: Types.ObjectId,
      statement: PersonStatement,
    ): Promise<ContactRecord | null> =>
      rewrite(deps, scope, id, (record, at) => applyConsent(record, statement, at)),

    /** Reads a contact inside a transaction that copies from it: no change of the contact can come in between. */
    holdForCopy: (
      scope: ClientScope,
      id: Types.ObjectId,
      session: ClientSession,
    ): Promise<ContactDoc | null> => contacts.holdForCopy(scope, id, session),
  };
}

const knowsAll = (contact: ContactDoc, identity: ContactIdentity): boolean =>
  identityFields.every((field) => identity[field] === undefined || contact[field] !== undefined);

/** Adds the identities that the contact lacks, unless another contact has one: to merge two is for people. */
async function learnIdentity(
  deps: ContactDeps,
  scope: ClientScope,
  contact: ContactDoc,
  identity: ContactIdentity,
): Promise<ContactDoc> {
  try {
    return (await fillIn(deps, scope, contact._id, identity)) ?? contact;
  } catch (error) {
    if (isDuplicateKey(error)) return contact;
    throw error;
  }
}

type Fillable = AnyIdentity & { readonly name?: string };

/** Sets those of the fields that the contact lacks; null when the contact is gone. */
const fillIn = (
  deps: ContactDeps,
  scope: ClientScope,
  id: Types.ObjectId,
  fields: Fillable,
): Promise<ContactDoc | null> =>
  rewrite(deps, scope, id, (record, at) => {
    const missing: ContactChanges = Object.fromEntries(
      Object.entries(fields).filter(([field]) => record[field as keyof Fillable] === undefined),
    );
    return applyChanges(record, missing, { at, by: undefined });
  });

/** Replaces a contact in the name of the product, audited; null when it is gone. */
const rewrite = (
  { contacts, dependents, audit, clock }: ContactDeps,
  scope: ClientScope,
  id: Types.ObjectId,
  change: (record: ContactRecord, at: Date) => ContactRecord,
): Promise<ContactRecord | null> =>
  audit.audited(scope, { type: 'system' }, async (session) => {
    const record = await contacts.findRecord(scope, id, session);
    if (record === null) return { result: null, write: null };
    const next = change(record, clock.now());
    if (next === record) return { result: record, write: null };
    if (!(await contacts.replace(scope, record, next, session))) throw new Error('The contact has changed.');
    await dependents.contactChanged(scope, next, session);
    const write = {
      action: 'contact.updated',
      target: { type: 'contact', id },
      before: auditedFieldsOf(record),
      after: auditedFieldsOf(next),
    };
    return { result: next, write };
  });
