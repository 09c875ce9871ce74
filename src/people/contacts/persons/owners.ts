import {
  arrivedAt,
  identityFields,
  lookupKeysOf,
  numberKeysOf,
  type Alias,
  type AnyIdentity,
  type IdentityField,
} from '../rules.ts';
import type { ContactDoc } from '../store/repository.ts';

/** Contacts that have, or had, one of the identities. */
export type Found = readonly ContactDoc[];

/** The contact that each identity belonged to at that time; of a message, the time is less exact than of a change. */
export function ownersAt(
  identity: AnyIdentity,
  at: Date,
  found: Found,
  isExact = false,
): Map<IdentityField, ContactDoc> {
  const owners = new Map<IdentityField, ContactDoc>();
  for (const field of identityFields) {
    const keys = new Set(lookupKeysOf({ [field]: identity[field] }));
    const owner =
      keys.size === 0
        ? undefined
        : (formerOwner(keys, at, found, isExact) ?? ownerSince(keys, at, found, isExact));
    if (owner !== undefined) owners.set(field, owner);
  }
  return owners;
}

/** WhatsApp announces a change a moment after it: messages from the new number may be this much older. */
export const announcedWithinMs = 60_000;

const arrivedAfter = (contact: ContactDoc, at: Date, isExact: boolean): boolean =>
  (arrivedAt(contact)?.getTime() ?? 0) > at.getTime() + (isExact ? 0 : announcedWithinMs);

/** The contact that has the identity, unless it moved to it later. */
function ownerSince(
  keys: ReadonlySet<string>,
  at: Date,
  found: Found,
  isExact: boolean,
): ContactDoc | undefined {
  const owner = currentOwner(keys, found);
  return owner !== undefined &&
    numberKeysOf(owner).some((key) => keys.has(key)) &&
    arrivedAfter(owner, at, isExact)
    ? undefined
    : owner;
}

/** When whoever had the number at that time had left it, because the contact that has it now moved to it. */
export function numberLeftAt(
  { phoneNumber, whatsappId }: AnyIdentity,
  at: Date,
  found: Found,
  isExact = false,
): Date | undefined {
  const keys = new Set(lookupKeysOf({ phoneNumber, whatsappId }));
  const owner = keys.size === 0 ? undefined : currentOwner(keys, found);
  if (owner === undefined || !arrivedAfter(owner, at, isExact)) return undefined;
  return new Date((arrivedAt(owner)?.getTime() ?? 0) - 1);
}

/** A person may write from the new number, on a second account, this long before they move the first one to it. */
const secondAccountMs = 60 * 60_000;

/**
 * The contacts that were known at a number before somebody else moved to it: those that have left it, if nobody has it
 * now, and the one that still has it, by events from before.
 */
export function predecessors(
  { phoneNumber, whatsappId }: AnyIdentity,
  at: Date,
  found: Found,
): { readonly known: Found; readonly evicted: Found } {
  const keys = new Set(lookupKeysOf({ phoneNumber, whatsappId }));
  const owner = currentOwner(keys, found);
  if (owner === undefined)
    return {
      known: formerWindows(keys, at, found).flatMap(({ since, contact }) => (since < at ? [contact] : [])),
      evicted: [],
    };
  const { numberSince, numberSeenAt } = owner;
  const isEarlier = numberSince !== undefined && numberSince.getTime() + secondAccountMs < at.getTime();
  return { known: [], evicted: isEarlier && numberSeenAt === undefined ? [owner] : [] };
}

/** The keys begin with the canonical spelling, so that a contact stored in another spelling comes second. */
export function currentOwner(keys: ReadonlySet<string>, found: Found): ContactDoc | undefined {
  const owners = [...keys].map((key) => found.find(({ identityKeys }) => identityKeys.includes(key)));
  return owners.find((owner) => owner !== undefined);
}

/** The contact that had the number at that time and has lost it since: of several, the one that lost it first. */
function formerOwner(
  keys: ReadonlySet<string>,
  at: Date,
  found: Found,
  isExact: boolean,
): ContactDoc | undefined {
  const latest = at.getTime() + (isExact ? 0 : announcedWithinMs);
  const windows = formerWindows(keys, at, found);
  return windows.find(({ arrived }) => arrived === undefined || arrived.getTime() <= latest)?.contact;
}

interface Window {
  readonly contact: ContactDoc;
  readonly since: Date;
  /** When the contact moved to the number, if WhatsApp said so. */
  readonly arrived: Date | undefined;
  readonly until: Date;
}

/** The contacts that left the number at that time or later, in this order. */
export function formerWindows(keys: ReadonlySet<string>, at: Date, found: Found): Window[] {
  const isOf = ({ field, value, reason }: Alias) =>
    reason !== 'corrected' && numberKeysOf({ [field]: value }).some((key) => keys.has(key));
  const windows = found.flatMap((contact) =>
    (contact.aliases ?? [])
      .filter(isOf)
      .flatMap(({ at: since, arrived, until }) =>
        until !== undefined && until >= at ? [{ contact, since, arrived, until }] : [],
      ),
  );
  return windows.toSorted((a, b) => a.until.getTime() - b.until.getTime());
}
