import {
  identityFields,
  lookupKeysOf,
  numberKeysOf,
  type AnyIdentity,
  type IdentityField,
} from '../rules.ts';
import type { ContactDoc, ContactIdentity, SamePersonReason } from '../store/repository.ts';

/** Contacts that have, or had, one of the identities. */
export type Found = readonly ContactDoc[];

/** Our message that the sender answers: only the person who got it can quote it. */
export interface Answered {
  /** The contact that the message was sent to. */
  readonly contact: ContactDoc;
  /** The address that it was sent to. */
  readonly address: AnyIdentity;
}

/** Another contact that the event proves to be the same person. */
export interface Proven {
  readonly contact: ContactDoc;
  readonly reason: SamePersonReason;
}

/** What an event says of a person leads to one of these. */
export type Decision =
  /** No contact has any of the identities. */
  | { readonly kind: 'create'; readonly sameAs: readonly Proven[] }
  /** The contact is the person's; `add` are the identities that no other contact has. */
  | {
      readonly kind: 'known';
      readonly contact: ContactDoc;
      readonly add: ContactIdentity;
      readonly sameAs: readonly Proven[];
    };

/**
 * Decides which contact an event is about. The number's contact comes first, because messages go to the number; other
 * contacts that the event names are the same person.
 */
export function decideSighting(
  { identity, at }: { readonly identity: ContactIdentity; readonly at: Date },
  found: Found,
  answered?: Answered,
): Decision {
  const owners = ownersAt(identity, at, found);
  const [contact, ...others] = distinct([...owners.values()]);
  if (contact === undefined) {
    if (answered === undefined) return { kind: 'create', sameAs: [] };
    return canBelongTo(answered.contact, identity)
      ? { kind: 'known', contact: answered.contact, add: identity, sameAs: [] }
      : { kind: 'create', sameAs: [{ contact: answered.contact, reason: 'answered' }] };
  }
  return {
    kind: 'known',
    contact,
    add: restOf(identity, owners, contact),
    sameAs: [
      ...others.map((other): Proven => ({ contact: other, reason: 'named-together' })),
      ...provenBy(answered, contact).filter((proven) => !isSame(proven.contact, contact)),
    ],
  };
}

/** What a change of identity leads to: the contact that moves, and the one that has the new identity already. */
export interface MoveDecision {
  /** Null if no contact has the old or the new identity. */
  readonly contact: ContactDoc | null;
  /** The new identities that the contact may take. */
  readonly to: ContactIdentity;
  readonly sameAs: readonly Proven[];
}

export function decideMove(
  { from, to, at }: { readonly from: AnyIdentity | null; readonly to: ContactIdentity; readonly at: Date },
  found: Found,
): MoveDecision {
  const old = distinct([...ownersAt(from ?? {}, at, found).values()]);
  // Just after the change: a former owner of the new number had it before.
  const owners = ownersAt(to, new Date(at.getTime() + 1), found);
  const present = distinct([...owners.values()]);
  const [contact, ...others] = distinct([...old, ...present]);
  if (contact === undefined) return { contact: null, to, sameAs: [] };
  const sameAs = others.map((other): Proven => ({ contact: other, reason: 'identity-changed' }));
  return { contact, to: restOf(to, owners, contact), sameAs };
}

/** The contact that each identity belonged to at that time. */
function ownersAt(identity: AnyIdentity, at: Date, found: Found): Map<IdentityField, ContactDoc> {
  const owners = new Map<IdentityField, ContactDoc>();
  for (const field of identityFields) {
    const keys = new Set(lookupKeysOf({ [field]: identity[field] }));
    const owner = keys.size === 0 ? undefined : (formerOwner(keys, at, found) ?? currentOwner(keys, found));
    if (owner !== undefined) owners.set(field, owner);
  }
  return owners;
}

const currentOwner = (keys: ReadonlySet<string>, found: Found): ContactDoc | undefined =>
  found.find(({ identityKeys }) => identityKeys.some((key) => keys.has(key)));

/** The contact that had the number at that time and has lost it since: of several, the one that lost it first. */
function formerOwner(keys: ReadonlySet<string>, at: Date, found: Found): ContactDoc | undefined {
  const windows = found.flatMap((contact) =>
    (contact.aliases ?? [])
      .filter(
        ({ field, value, reason }) =>
          reason !== 'corrected' && numberKeysOf({ [field]: value }).some((key) => keys.has(key)),
      )
      .flatMap(({ until }) => (until !== undefined && until >= at ? [{ contact, until }] : [])),
  );
  return windows.toSorted((a, b) => a.until.getTime() - b.until.getTime())[0]?.contact;
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
