import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ContactDeps } from '../resource.ts';
import { callableNumberOf } from '../rules.ts';
import type { ContactDoc, ContactRecord, SamePerson } from '../store/repository.ts';
import type { Resource } from '../../../audit/resource.ts';
import type { Proven } from './decide.ts';
import { isSilenced, withConsentOf } from './shared-consent.ts';

/** Where a person can be reached; the contact is the one that has the address. */
export type PersonAddress = { readonly contactId: Types.ObjectId } & (
  | { readonly phoneNumber: string; readonly businessScopedUserId?: undefined }
  | { readonly businessScopedUserId: string; readonly phoneNumber?: undefined }
);

/** All that is known of the person behind a contact. */
export interface Person {
  /** The contact itself first, then the contacts known to be the same person. */
  readonly contacts: readonly [ContactDoc, ...ContactDoc[]];
  /** The current addresses, those of the contact first, numbers before user ids. */
  readonly addresses: readonly PersonAddress[];
  /** True if one of the contacts has opted out, and so on. */
  readonly isOptedOut: boolean;
  readonly hasStoppedMarketing: boolean;
  readonly isBlocked: boolean;
}

/** Far more than a person can have; a bound on the search. */
const maxContacts = 50;

type Contacts = Pick<ContactDeps['contacts'], 'findMany'>;

/** The person behind a contact: follows the links to contacts that are the same person. One query per step of a chain. */
export async function findPerson(
  contacts: Contacts,
  scope: ClientScope,
  contact: ContactDoc,
  session?: ClientSession,
): Promise<Person> {
  const found: [ContactDoc, ...ContactDoc[]] = [contact];
  const seen = new Set([contact._id.toHexString()]);
  let next = [...(contact.samePerson ?? [])];
  while (next.length > 0 && found.length < maxContacts) {
    const ids = next.map(({ contactId }) => contactId).filter((id) => !seen.has(id.toHexString()));
    for (const id of ids) seen.add(id.toHexString());
    const linked = ids.length === 0 ? [] : await contacts.findMany(scope, ids, session);
    found.push(...linked.toSorted((a, b) => (a._id.toHexString() < b._id.toHexString() ? -1 : 1)));
    next = linked.flatMap(({ samePerson = [] }) => samePerson);
  }
  return {
    contacts: found,
    addresses: found.flatMap(addressesOf),
    isOptedOut: found.some(({ optInStatus }) => optInStatus === 'opted-out'),
    hasStoppedMarketing: found.some(({ marketingStopped }) => marketingStopped === true),
    isBlocked: found.some(({ isBlocked }) => isBlocked === true),
  };
}

function addressesOf(contact: ContactDoc): PersonAddress[] {
  const { _id: contactId, businessScopedUserId } = contact;
  const phoneNumber = callableNumberOf(contact);
  return [
    ...(phoneNumber === undefined ? [] : [{ contactId, phoneNumber }]),
    ...(businessScopedUserId === undefined ? [] : [{ contactId, businessScopedUserId }]),
  ];
}

interface LinkDeps extends Pick<ContactDeps, 'contacts' | 'dependents' | 'audit' | 'clock'> {
  readonly resource: Resource<ContactRecord>;
}

interface Links {
  readonly contact: ContactDoc;
  readonly others: readonly Proven[];
  readonly at: Date;
}

/**
 * Records that contacts are the same person, on both sides, and shares their consent and block, in one transaction. Each
 * changed contact has its audit event. Idempotent.
 */
export async function linkContacts(
  deps: LinkDeps,
  scope: ClientScope,
  { contact, others, at }: Links,
): Promise<void> {
  for (const proven of others) {
    if (isLinked(contact, proven.contact._id) && isLinked(proven.contact, contact._id)) continue;
    await linkPair(deps, scope, { contact, proven, at });
  }
}

const isLinked = ({ samePerson = [] }: ContactDoc, id: Types.ObjectId): boolean =>
  samePerson.some(({ contactId }) => contactId.equals(id));

async function linkPair(
  deps: LinkDeps,
  scope: ClientScope,
  { contact, proven, at }: { contact: ContactDoc; proven: Proven; at: Date },
): Promise<void> {
  const { audit, clock, dependents, resource } = deps;
  const { reason } = proven;
  await audit.runInTransaction(async (session) => {
    const records = await lockPersons(deps, scope, [contact, proven.contact], session);
    const now = clock.now();
    for (const { _id } of records) {
      const link = linkOf(_id, { contact, proven: proven.contact });
      const decide = async (current: ContactRecord): Promise<ContactRecord> => {
        const others = records.filter((other) => !other._id.equals(_id));
        const shared = others.reduce((next, other) => withConsentOf(next, other, now), current);
        if (isSilenced(current, shared)) await dependents.stopInherited(scope, _id, session);
        return link === null ? shared : withLink(shared, { contactId: link, reason, at }, now);
      };
      const change = { action: 'contact.same-person', decide };
      await resource
        .within(session)
        .change(scope, { type: 'system' }, { id: _id, version: undefined }, change);
    }
  });
}

/**
 * Every contact of these persons, read and locked in the transaction. A concurrent link or statement of any of them
 * conflicts: the later one reads what the earlier one wrote. Without the locks, a statement could miss a contact that is
 * linked at the same moment, and two links at the two ends of a chain would not see each other.
 */
async function lockPersons(
  { contacts }: LinkDeps,
  scope: ClientScope,
  ends: readonly ContactDoc[],
  session: ClientSession,
): Promise<ContactRecord[]> {
  const current = await contacts.findMany(
    scope,
    ends.map(({ _id }) => _id),
    session,
  );
  const ids = new Map<string, Types.ObjectId>();
  for (const end of current) {
    const person = await findPerson(contacts, scope, end, session);
    for (const { _id } of person.contacts) ids.set(_id.toHexString(), _id);
  }
  const records: ContactRecord[] = [];
  // In one order, so that transactions of one person wait for each other instead of in a circle.
  for (const [, id] of [...ids].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    await contacts.holdForCopy(scope, id, session);
    const record = await contacts.findRecord(scope, id, session);
    if (record !== null) records.push(record);
  }
  return records;
}

/** The contact that this one is linked to; null if it is neither of the two. */
const linkOf = (id: Types.ObjectId, { contact, proven }: { contact: ContactDoc; proven: ContactDoc }) => {
  if (id.equals(contact._id)) return proven._id;
  return id.equals(proven._id) ? contact._id : null;
};

const withLink = (record: ContactRecord, link: SamePerson, now: Date): ContactRecord =>
  isLinked(record, link.contactId)
    ? record
    : { ...record, samePerson: [...(record.samePerson ?? []), link], updatedAt: now };
