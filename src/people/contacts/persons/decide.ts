import {
  arrivedAt,
  identityFields,
  lookupKeysOf,
  numberKeysOf,
  type AnyIdentity,
  type IdentityField,
} from '../rules.ts';
import type { ContactDoc, ContactIdentity, SamePersonReason } from '../store/repository.ts';
import {
  announcedWithinMs,
  currentOwner,
  formerWindows,
  numberLeftAt,
  ownersAt,
  predecessors,
  type Found,
} from './owners.ts';
import type { IdentityMove } from './timeline.ts';

/** Our message that the sender answers: only the person who got it can quote it. */
export interface Answered {
  /** The contact that the message was sent to. */
  readonly contact: ContactDoc;
  /** The address that it was sent to. */
  readonly address: AnyIdentity;
  readonly sentAt: Date;
}

/** Another contact that the event proves to be the same person. */
export interface Proven {
  readonly contact: ContactDoc;
  readonly reason: SamePersonReason;
}

/**
 * A contact that got a number while another worker stored that the person had left it: it is that person, and loses the
 * number at that time.
 */
export interface Displaced {
  readonly contact: ContactDoc;
  /** The contact that the other worker stored it on. */
  readonly sameAs: ContactDoc;
  readonly from: AnyIdentity;
  readonly at: Date;
}

/** What an event says of a person leads to one of these. */
export type Decision =
  /** No contact has any of the identities. */
  | { readonly kind: 'create'; readonly leftAt: Date | undefined }
  /** The contact is the person's; `add` are the identities that no other contact has. */
  | {
      readonly kind: 'known';
      readonly contact: ContactDoc;
      readonly add: ContactIdentity;
      /** When the person had left the number, because the contact that has it moved to it then. */
      readonly leftAt: Date | undefined;
      readonly displaced: readonly Displaced[];
      readonly sameAs: readonly Proven[];
    };

/**
 * Decides which contact an event is about. The number's contact comes first, because messages go to the number; other
 * contacts that the event names are the same person.
 */
export function decideSighting(
  {
    identity: given,
    at,
    since,
  }: { readonly identity: ContactIdentity; readonly at: Date; readonly since?: Date | undefined },
  found: Found,
  answered?: Answered,
): Decision {
  const identity = since === undefined ? given : withoutLostNumber(given, { since, at }, found);
  const named = ownersAt(identity, at, found);
  const takenAt = numberTakenAt(identity, at, named);
  const owners = takenAt === undefined ? named : withoutNumbers(named);
  const [contact, ...others] = distinct([...owners.values()]);
  const leftAt = takenAt ?? numberLeftAt(identity, at, found);
  if (contact === undefined) {
    return answered !== undefined && leftAt === undefined && canBelongTo(answered.contact, identity)
      ? { kind: 'known', contact: answered.contact, add: identity, leftAt, displaced: [], sameAs: [] }
      : { kind: 'create', leftAt };
  }
  const displaced = displacedFrom(identity, found);
  const proven = [...changedInto(displaced), ...provenBy(answered, contact)];
  return {
    kind: 'known',
    contact,
    add: restOf(identity, owners, contact),
    leftAt,
    displaced,
    sameAs: [
      ...others.map((other): Proven => ({ contact: other, reason: 'named-together' })),
      ...proven.filter((one) => !isSame(one.contact, contact)),
    ],
  };
}

/**
 * When somebody else came to the number, if the event is about the one who had it before: it names a user id that its owner has
 * left for another number since then, by WhatsApp's word, and the contact that has the number is known there only after that, by
 * another user id. Known there before, it may be the same person, who has a user id for each portfolio.
 */
function numberTakenAt(
  { businessScopedUserId }: ContactIdentity,
  at: Date,
  owners: ReadonlyMap<IdentityField, ContactDoc>,
): Date | undefined {
  const writer = owners.get('businessScopedUserId');
  const there = owners.get('phoneNumber') ?? owners.get('whatsappId');
  if (writer === undefined || there?.numberSince === undefined || isSame(writer, there)) return undefined;
  const left = (writer.aliases ?? []).find(
    ({ field, value, reason, until }) =>
      field === 'businessScopedUserId' &&
      value === businessScopedUserId &&
      (reason === 'user-id-changed' || reason === 'number-changed') &&
      until !== undefined &&
      until >= at,
  )?.until;
  if (left === undefined || numberKeysOf(writer).length === 0 || there.businessScopedUserId === undefined)
    return undefined;
  const cameLater = there.numberSince.getTime() > left.getTime() + announcedWithinMs;
  return cameLater ? new Date(there.numberSince.getTime() - 1) : undefined;
}

const withoutNumbers = (owners: ReadonlyMap<IdentityField, ContactDoc>): Map<IdentityField, ContactDoc> =>
  new Map([...owners].filter(([field]) => numberFields.every((number) => number !== field)));

/** Without the numbers that have had two owners since shortly before then: it is not known which of them is named. */
function withoutLostNumber(
  identity: ContactIdentity,
  { since, at }: { readonly since: Date; readonly at: Date },
  found: Found,
): ContactIdentity {
  const first = new Date(since.getTime() - announcedWithinMs);
  const [before, after] = [ownersAt(identity, first, found), ownersAt(identity, at, found)];
  const isLost = (field: string) =>
    numberFields.some((each) => each === field && before.get(each) !== after.get(each));
  return Object.fromEntries(Object.entries(identity).filter(([field]) => !isLost(field)));
}

const numberFields = ['phoneNumber', 'whatsappId'] as const;

/** A contact that moves, with the parts of the change that concern it. */
export interface ContactMove {
  readonly contact: ContactDoc;
  readonly from: AnyIdentity;
  readonly to: ContactIdentity;
}

/** What a change of identity leads to. */
export interface MoveDecision {
  /** The contacts that had a part of the old identity; the first takes the new one, as far as it is free. */
  readonly moves: readonly [ContactMove, ...ContactMove[]] | readonly [];
  /** When the person had left the new number too, because the contact that has it moved to it then. */
  readonly leftAt: Date | undefined;
  readonly displaced: readonly Displaced[];
  /** Other people who had the new number before, and have it no more. */
  readonly evicted: Found;
  /** Contacts that are the same person as the first one. */
  readonly sameAs: readonly Proven[];
}

export function decideMove({ reason, from, to, at }: IdentityMove, found: Found): MoveDecision {
  // The times of changes are exact: who comes at that time or later is not the one who leaves.
  const isExact = from !== null;
  const oldOwners = ownersAt(from ?? {}, isExact ? new Date(at.getTime() - 1) : at, found, isExact);
  const old = distinct([...oldOwners.values()]);
  const displaced = [from ?? {}, to].flatMap((identity) => displacedFrom(identity, found));
  const stale = displaced.map((one) => one.contact);
  const before = reason === 'number-changed' ? predecessors(to, at, found) : { known: [], evicted: [] };
  // Also one that has a new user id by a message from the number: it loses the number, or nobody could take it.
  const evicted = before.evicted.filter((one) => ![...old, ...stale].includes(one));
  const mayHaveIt = found.filter((contact) => ![...before.known, ...evicted].includes(contact));
  // Just after the change: a former owner of the new number had it before.
  const since = new Date(at.getTime() + 1);
  const { phoneNumber, whatsappId, ...ids } = to;
  const newOwners = new Map([
    ...ownersAt({ phoneNumber, whatsappId }, since, mayHaveIt, isExact),
    ...ownersAt(ids, since, found, isExact),
  ]);
  const leftAt = numberLeftAt(to, at, found, isExact);
  const [contact, ...others] = distinct([...old, ...newOwners.values(), ...stale]);
  if (contact === undefined) return { moves: [], leftAt, displaced: [], evicted, sameAs: [] };
  const fromOf = (owner: ContactDoc) => restOf(from ?? {}, oldOwners, owner);
  return {
    moves: [
      { contact, from: fromOf(contact), to: restOf(to, newOwners, contact) },
      ...others
        .filter((other) => old.includes(other))
        .map((other): ContactMove => ({ contact: other, from: ownOf(from ?? {}, oldOwners, other), to: {} })),
    ],
    leftAt,
    displaced,
    evicted,
    sameAs: others.map((other): Proven => ({ contact: other, reason: 'identity-changed' })),
  };
}

const changedInto = (displaced: readonly Displaced[]): Proven[] =>
  displaced.map(({ contact }) => ({ contact, reason: 'identity-changed' }));

/** The contact that has a number since before another contact left it. */
function displacedFrom(identity: AnyIdentity, found: Found): Displaced[] {
  const keys = new Set(lookupKeysOf({ phoneNumber: identity.phoneNumber, whatsappId: identity.whatsappId }));
  const owner = keys.size === 0 ? undefined : currentOwner(keys, found);
  if (owner === undefined) return [];
  const arrived = arrivedAt(owner);
  // Of two changes within a minute, the later is not of the one who has just come: the two exchange numbers.
  const since =
    arrived === undefined
      ? (owner.numberSince ?? owner.createdAt)
      : new Date(arrived.getTime() + announcedWithinMs);
  const former = formerWindows(keys, since, found).find(({ contact }) => !isSame(contact, owner));
  if (former === undefined) return [];
  const { phoneNumber, whatsappId } = owner;
  return [{ contact: owner, sameAs: former.contact, from: { phoneNumber, whatsappId }, at: former.until }];
}

/** The identities that are free, or the contact's own. */
function restOf(
  identity: ContactIdentity,
  owners: ReadonlyMap<IdentityField, ContactDoc>,
  contact: ContactDoc,
): ContactIdentity {
  const taken = new Set<string>(
    [...owners].flatMap(([field, owner]) => (isSame(owner, contact) ? [] : [field])),
  );
  return Object.fromEntries(Object.entries(identity).filter(([field]) => !taken.has(field)));
}

/** The identities that the contact owned. */
const ownOf = (
  identity: AnyIdentity,
  owners: ReadonlyMap<IdentityField, ContactDoc>,
  contact: ContactDoc,
): AnyIdentity =>
  Object.fromEntries(
    [...owners].flatMap(([field, owner]) => (isSame(owner, contact) ? [[field, identity[field]]] : [])),
  );

/** A contact takes an unknown identity only where it has none: a number is replaced only on WhatsApp's own word. */
const canBelongTo = (contact: ContactDoc, identity: AnyIdentity): boolean => {
  const hasNumber = numberKeysOf(contact).length > 0;
  const namesNumber = numberKeysOf(identity).length > 0;
  const isFree = identityFields
    .filter((field) => field !== 'phoneNumber' && field !== 'whatsappId')
    .every((field) => identity[field] === undefined || contact[field] === undefined);
  return !(hasNumber && namesNumber) && isFree;
};

/** No proof if the sender has the address that the message went to: the number may have changed hands before. */
function provenBy(answered: Answered | undefined, sender: ContactDoc): readonly Proven[] {
  if (answered === undefined) return [];
  const keys = new Set(lookupKeysOf(answered.address));
  return sender.identityKeys.some((key) => keys.has(key))
    ? []
    : [{ contact: answered.contact, reason: 'answered' }];
}

const isSame = (a: ContactDoc, b: ContactDoc): boolean => a._id.equals(b._id);

const distinct = (contacts: Found): ContactDoc[] =>
  contacts.filter((contact, place) => contacts.findIndex((other) => isSame(other, contact)) === place);
