import type { ClientSession, Types } from 'mongoose';
import type { Resource } from '../../audit/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { applyChanges, type ContactChanges } from './changes.ts';
import { applyConsent, type PersonStatement } from './consent.ts';
import { createContactResource, type ContactDeps } from './resource.ts';
import type { ContactDoc, ContactIdentity, ContactRecord } from './store/repository.ts';
import { findPerson, type Person } from './persons/links.ts';
import { withEvidence } from './persons/evidence.ts';
import { createPersons } from './persons/persons.ts';
import { lookupKeysOf, maxNameLength, type AnyIdentity } from './rules.ts';
import { cleanName } from '../../platform/text.ts';

export type { Answered } from './persons/decide.ts';
export type { Person } from './persons/links.ts';
export type { ConsentMove, ContactDependents } from './resource.ts';
export type { ContactDoc, ContactIdentity, ContactRecord } from './store/repository.ts';
export type { ContactPlace, ContactSummary } from './store/segment-queries.ts';

export type ContactDirectory = ReturnType<typeof createContactDirectory>;

/** Reads by the filters of segments, and by the keys of identities. */
const plainReads = ({
  findPlacesWhere,
  narrowWhere,
  summariseWhere,
  findByKeys,
}: ContactDeps['contacts']) => ({
  ...{ findPlacesWhere, narrowWhere, summariseWhere, findByKeys },
});

/** Contacts for other nouns. The actions of users on contacts are in `use-cases.ts`. */
export function createContactDirectory(deps: ContactDeps) {
  const { contacts, clock } = deps;
  const resource = createContactResource(deps);
  const persons = createPersons({ ...deps, resource });
  const following = withEvidence(persons, deps);

  const stated = (scope: ClientScope, id: Types.ObjectId, statement: PersonStatement) =>
    resource.changeIfExists(scope, { type: 'system' }, id, {
      action: 'contact.updated',
      decide: (record) => applyConsent(record, statement, clock.now()),
    });

  return {
    findById: (scope: ClientScope, id: Types.ObjectId): Promise<ContactDoc | null> =>
      contacts.findById(scope, id),

    findByPhone: (scope: ClientScope, phoneNumber: string): Promise<ContactDoc | null> =>
      contacts.findByIdentity(scope, { phoneNumber }),

    findMany: (scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<ContactDoc[]> =>
      contacts.findMany(scope, ids),

    /** The ids of contacts whom `q` finds, as in the list of contacts; up to `limit`. Throws `search-too-broad`. */
    findIdsBy: (scope: ClientScope, q: string, limit: number): Promise<Types.ObjectId[]> =>
      contacts.findIdsBy(scope, q, limit),

    ...plainReads(contacts),

    /** Finds the contacts of people whom events name; see `persons/persons.ts`. */
    ...following,

    /** As `recognise`, for an identity that no event named; `at` is the time of an event if there was one. */
    findOrCreate: (
      scope: ClientScope,
      identity: ContactIdentity,
      name?: string,
      at?: Date,
    ): Promise<ContactDoc> => following.recognise(scope, { identity, at }, { name }),

    /** The contact that `findOrCreate` would create, with what is remembered of a deleted one. Stores nothing. */
    draft: persons.draft,

    /** The person behind a contact: all contacts known to be the same person, and their current addresses. */
    personOf: (scope: ClientScope, contact: ContactDoc): Promise<Person> =>
      findPerson(contacts, scope, contact),

    /** Every contact that has or had this address; a former number may belong to somebody else by now. */
    async contactsOfAddress(scope: ClientScope, address: AnyIdentity): Promise<ContactDoc[]> {
      const keys = lookupKeysOf(address);
      const [current, former] = await Promise.all([
        contacts.findByKeys(scope, keys),
        contacts.findFormerOwners(scope, keys),
      ]);
      const ids = new Set(current.map(({ _id }) => _id.toHexString()));
      return [...current, ...former.filter(({ _id }) => !ids.has(_id.toHexString()))];
    },

    /**
     * The contact with this id, every other contact that has one of the keys, and all contacts known to be the same
     * person as one of them. A message or an opt-out of one concerns them all. Leaves out missing contacts.
     */
    async findPerson(scope: ClientScope, id: Types.ObjectId, keys: readonly string[]): Promise<ContactDoc[]> {
      const found = await contacts.findWithKeys(scope, id, keys);
      const linked = found.filter(({ samePerson = [] }) => samePerson.length > 0);
      const people = await Promise.all(linked.map((contact) => findPerson(contacts, scope, contact)));
      const all = [...found, ...people.flatMap((person) => person.contacts)];
      return [...new Map(all.map((contact) => [contact._id.toHexString(), contact])).values()];
    },

    /** Stores the person's WhatsApp name if the contact has no name. */
    async setNameIfMissing(scope: ClientScope, id: Types.ObjectId, name: string): Promise<void> {
      const shown = cleanName(name, maxNameLength);
      if (shown !== undefined) await fillIn({ resource, clock }, scope, id, { name: shown });
    },

    /** Includes the consent log. */
    findRecord: (scope: ClientScope, id: Types.ObjectId): Promise<ContactRecord | null> =>
      contacts.findRecord(scope, id),

    /**
     * Stores a person's statement about consent, on every contact of the person. Idempotent; null if the contact was
     * deleted. If it fails half-way, the caller repeats it.
     */
    async recordStatement(
      scope: ClientScope,
      id: Types.ObjectId,
      statement: PersonStatement,
    ): Promise<ContactRecord | null> {
      const record = await stated(scope, id, statement);
      if (record?.samePerson === undefined) return record;
      const { contacts: all } = await findPerson(contacts, scope, record);
      for (const other of all.slice(1)) await stated(scope, other._id, statement);
      return record;
    },

    /** Reads a contact and locks it until the end of a transaction that copies from it, or begins to refer to it. */
    holdForCopy: (
      scope: ClientScope,
      id: Types.ObjectId,
      session: ClientSession,
    ): Promise<ContactDoc | null> => contacts.holdForCopy(scope, id, session),
  };
}

interface FillInDeps {
  readonly resource: Resource<ContactRecord>;
  readonly clock: Clock;
}

interface Fillable {
  readonly name?: string;
}

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
