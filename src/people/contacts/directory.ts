import type { ClientSession, Types } from 'mongoose';
import type { Resource } from '../../audit/resource.ts';
import { newId } from '../../platform/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { applyChanges, type ContactChanges } from './changes.ts';
import { applyConsent, type PersonStatement } from './consent.ts';
import { createContactResource, type ContactDeps } from './resource.ts';
import type { ContactDoc, ContactIdentity, ContactRecord } from './store/repository.ts';
import { identityFields, maxNameLength, type AnyIdentity } from './rules.ts';
import { nameKeyOf } from '../../platform/name-key.ts';

export type { ContactDependents } from './resource.ts';
export type { ContactDoc, ContactIdentity, ContactRecord } from './store/repository.ts';

export type ContactDirectory = ReturnType<typeof createContactDirectory>;

/** Contacts for other nouns. The actions of users on contacts are in `use-cases.ts`. */
export function createContactDirectory(deps: ContactDeps) {
  const { contacts, clock } = deps;
  const resource = createContactResource(deps);

  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findById(scope, id),

    findByPhone: (scope: ClientScope, phoneNumber: string): Promise<ContactDoc | null> =>
      contacts.findByIdentity(scope, { phoneNumber }),

    findMany: (scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<ContactDoc[]> =>
      contacts.findMany(scope, ids),

    /**
     * The contact with this identity, created with unknown consent if none exists; one query unless the contact lacks
     * one of the identities. A contact created here has no audit event, because its first message explains it.
     */
    async findOrCreate(scope: ClientScope, identity: ContactIdentity, name?: string): Promise<ContactDoc> {
      const now = clock.now();
      const shortName = name?.slice(0, maxNameLength);
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
      return hasAllOf(contact, identity)
        ? contact
        : addIdentities({ resource, clock }, scope, contact, identity);
    },

    /** Stores the person's WhatsApp name if the contact has no name. */
    async setNameIfMissing(scope: ClientScope, id: Types.ObjectId, name: string): Promise<void> {
      await fillIn({ resource, clock }, scope, id, { name: name.slice(0, maxNameLength) });
    },

    /** Includes the consent log. */
    findRecord: (scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord | null> =>
      contacts.findRecord(scope, id),

    /** Stores a person's statement about consent. Idempotent; null if the contact was deleted. */
    recordStatement: (
      scope: ClientScope,
      id: Types.ObjectId,
      statement: PersonStatement,
    ): Promise<ContactRecord | null> =>
      resource.changeIfExists(scope, { type: 'system' }, id, {
        action: 'contact.updated',
        decide: (record) => applyConsent(record, statement, clock.now()),
      }),

    /** Reads a contact and locks it until the end of a transaction that copies from it. */
    holdForCopy: (
      scope: ClientScope,
      id: Types.ObjectId,
      session: ClientSession,
    ): Promise<ContactDoc | null> => contacts.holdForCopy(scope, id, session),
  };
}

const hasAllOf = (contact: ContactDoc, identity: ContactIdentity): boolean =>
  identityFields.every((field) => identity[field] === undefined || contact[field] !== undefined);

interface FillInDeps {
  readonly resource: Resource<ContactRecord>;
  readonly clock: Clock;
}

/** Adds the identities that the contact lacks, unless another contact has one: only users merge contacts. */
async function addIdentities(
  deps: FillInDeps,
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

/** Sets the fields that the contact lacks; null if the contact was deleted. */
const fillIn = (
  { resource, clock }: FillInDeps,
  scope: ClientScope,
  id: Types.ObjectId,
  fields: Fillable,
): Promise<ContactDoc | null> =>
  resource.changeIfExists(scope, { type: 'system' }, id, {
    action: 'contact.updated',
    decide(record) {
      const missing: ContactChanges = Object.fromEntries(
        Object.entries(fields).filter(([field]) => record[field as keyof Fillable] === undefined),
      );
      return applyChanges(record, missing, { at: clock.now(), by: undefined });
    },
  });
