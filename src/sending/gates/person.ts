import type { Types } from 'mongoose';
import type { ContactDirectory, ContactDoc } from '../../people/contacts/directory.ts';
import { formerKeysOf, identityKeysOf, keysInAnySpelling } from '../../people/contacts/rules.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import {
  addressOfContact,
  keysOfMessage,
  reachedThrough,
  type Address,
  type AddressedMessage,
} from './recipient.ts';
import type { GateFacts } from './rules.ts';

/** What can be told of the person without the message. */
export type PersonConsent = Omit<GateFacts['contact'], 'hasWrittenSince'>;

/** The person whom a message is for, as stored now. */
export interface PersonFacts {
  readonly contact: ContactDoc;
  /** The contact that has the address: another one of the same person, if this one has lost its own. */
  readonly reached: ContactDoc;
  /** Where a message to the contact goes now; null if the person has no address. */
  readonly address: Address | null;
  /** The consent of everyone who has an address of the message or of the contact. */
  readonly consent: PersonConsent;
  /** The keys of all these addresses. */
  readonly keys: readonly string[];
  /** These keys, and those of every identity, past ones too, of everyone whose opt-out would concern the message. */
  readonly identities: readonly string[];
  /** The contact, and everyone whose opt-out would concern the message. */
  readonly contactIds: readonly Types.ObjectId[];
}

export interface PersonDeps {
  readonly contacts: Pick<ContactDirectory, 'findPerson'>;
  /** Opt-outs that stay at identities which their contact has lost. */
  readonly addressStops: {
    kindsAt(
      scope: ClientScope,
      keys: readonly string[],
    ): Promise<ReadonlySet<'opted-out' | 'marketing-stopped'>>;
  };
}

export interface ToContact extends AddressedMessage {
  readonly contactId: Types.ObjectId;
}

/**
 * Reads the contact of a message, and every contact and opt-out at its addresses, fresh from the database: one round, or
 * two if the person has other identities than the message's addresses. Null if the contact was deleted. `fresh` is the
 * contact that an accepted message would create: it is judged before it is stored.
 */
export const createPersonReader =
  ({ contacts, addressStops }: PersonDeps) =>
  async (scope: ClientScope, message: ToContact, fresh?: ContactDoc): Promise<PersonFacts | null> => {
    const { contactId } = message;
    const readAt = async (keys: readonly string[]) => {
      const [people, stops] = await Promise.all([
        contacts.findPerson(scope, contactId, keys),
        addressStops.kindsAt(scope, keys),
      ]);
      return { people, stops };
    };
    const firstKeys = keysOfMessage(message);
    const first = await readAt(firstKeys);
    const contact = first.people.find(({ _id }) => _id.equals(contactId)) ?? fresh;
    if (contact === undefined) return null;
    const known = new Set(firstKeys);
    const reached = reachedThrough(contact, first.people);
    const own = [...keysInAnySpelling(contact), ...keysInAnySpelling(reached)];
    const others = [...new Set(own)].filter((key) => !known.has(key));
    const rest = others.length === 0 ? { people: [], stops: new Set<never>() } : await readAt(others);
    const people = [contact, ...first.people, ...rest.people];
    return {
      contact,
      reached,
      address: addressOfContact(reached),
      keys: [...firstKeys, ...others],
      identities: [...new Set([...firstKeys, ...others, ...people.flatMap(everyKeyOf)])],
      contactIds: people.map(({ _id }) => _id),
      consent: consentOf(people, new Set([...first.stops, ...rest.stops])),
    };
  };

const everyKeyOf = (contact: ContactDoc): readonly string[] => [
  ...keysInAnySpelling(contact),
  ...identityKeysOf(contact),
  ...formerKeysOf(contact),
];

/** The strictest of everyone's: an opt-out or a block of one contact concerns the whole address. */
const consentOf = (
  people: readonly ContactDoc[],
  stops: Awaited<ReturnType<PersonDeps['addressStops']['kindsAt']>>,
): PersonConsent => ({
  hasOptedOut: people.some(({ optInStatus }) => optInStatus === 'opted-out'),
  hasAddressOptedOut: stops.has('opted-out'),
  hasStoppedMarketing:
    people.some(({ marketingStopped }) => marketingStopped === true) || stops.has('marketing-stopped'),
  isBlocked: people.some(({ isBlocked }) => isBlocked === true),
});
