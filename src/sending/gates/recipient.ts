import { Types } from 'mongoose';
import type { ContactDoc } from '../../people/contacts/directory.ts';
import { callableNumberOf, keysInAnySpelling, type AnyIdentity } from '../../people/contacts/rules.ts';
import { sha256Hex } from '../../platform/ids.ts';
import { normalisePhone } from '../../platform/phone.ts';

/** Where a message goes: a number as E.164, or the business-scoped user id of a person whose number is not known. */
export type Address =
  | { readonly to: string; readonly recipientUserId?: never }
  | { readonly recipientUserId: string; readonly to?: never };

/** The addresses of a stored message: the current one, and the one at acceptance if that was another. */
export interface AddressedMessage {
  readonly to?: string;
  readonly recipientUserId?: string;
  readonly acceptedFor?: { readonly to?: string; readonly recipientUserId?: string };
}

/** Prefers the phone number, by which Meta reaches users of every app version. Null if the contact has neither. */
export function addressOfContact(
  contact: Pick<ContactDoc, 'phoneNumber' | 'whatsappId' | 'businessScopedUserId'>,
): Address | null {
  const { businessScopedUserId } = contact;
  const phoneNumber = callableNumberOf(contact);
  if (phoneNumber !== undefined) return { to: phoneNumber };
  return businessScopedUserId === undefined ? null : { recipientUserId: businessScopedUserId };
}

type Reachable = Pick<
  ContactDoc,
  '_id' | 'phoneNumber' | 'whatsappId' | 'businessScopedUserId' | 'numberSince' | 'samePerson'
>;

/**
 * The contact through which the person of a contact is reached: the contact itself, or, if it has lost its address, the
 * contact of the same person with the latest number, else with a user id. `people` may hold others, too.
 */
export function reachedThrough<Contact extends Reachable>(
  contact: Contact,
  people: readonly Contact[],
): Contact {
  if (addressOfContact(contact) !== null) return contact;
  const [first] = personIn(contact, people)
    .filter((one) => addressOfContact(one) !== null)
    .toSorted(
      (a, b) => latenessOf(b) - latenessOf(a) || (a._id.toHexString() < b._id.toHexString() ? -1 : 1),
    );
  return first ?? contact;
}

/** A number without a time is older than each with one, and newer than none. */
const latenessOf = (contact: Reachable): number =>
  callableNumberOf(contact) === undefined ? -1 : (contact.numberSince?.getTime() ?? 0);

/** The contact, and those of `people` that links prove to be the same person. */
function personIn<Contact extends Reachable>(contact: Contact, people: readonly Contact[]): Contact[] {
  const found = [contact];
  for (const one of found)
    for (const { contactId } of one.samePerson ?? []) {
      const linked = people.find(({ _id }) => _id.equals(contactId));
      if (linked !== undefined && !found.some(({ _id }) => _id.equals(contactId))) found.push(linked);
    }
  return found;
}

/** The current address of a message; null for an inbound one. */
export function addressOfMessage({ to, recipientUserId }: AddressedMessage): Address | null {
  if (to !== undefined) return { to };
  return recipientUserId === undefined ? null : { recipientUserId };
}

/** Whether both name the same number, in any spelling, or the same user id. */
export const isSameAddress = (one: Address | null, another: Address | null): boolean =>
  comparable(one) === comparable(another);

/**
 * Identifies an address in counts of people (pair limit, messaging limit): Meta counts numbers, so a contact whose number
 * was corrected is another person to it. One id for all spellings of a number; shaped as the id of a contact, which
 * earlier versions stored.
 */
export const placeOf = (address: Address): Types.ObjectId =>
  Types.ObjectId.createFromHexString(sha256Hex(comparable(address) ?? '').slice(0, 24));

const comparable = (address: Address | null): string | null => {
  if (address === null) return null;
  return address.to === undefined
    ? `id:${address.recipientUserId}`
    : `tel:${normalisePhone(address.to) ?? address.to}`;
};

/** The identity keys of every address of a message, in any spelling. */
export const keysOfMessage = (message: AddressedMessage): string[] => [
  ...new Set([message, message.acceptedFor ?? {}].flatMap((at) => keysInAnySpelling(identityOf(at)))),
];

const identityOf = ({ to, recipientUserId }: AddressedMessage): AnyIdentity => ({
  phoneNumber: to,
  businessScopedUserId: recipientUserId,
});
