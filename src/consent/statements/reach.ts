import type { Types } from 'mongoose';
import type { ContactDirectory, ContactDoc } from '../../people/contacts/directory.ts';
import { identitiesInKeys, keysInAnySpelling } from '../../people/contacts/rules.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Reach } from './withdrawal.ts';

type Person = Pick<ContactDoc, '_id' | 'phoneNumber' | 'whatsappId' | 'businessScopedUserId'>;

export interface PersonReach extends Reach {
  /** The other contacts of the same person. */
  readonly others: readonly Types.ObjectId[];
}

/** Whom a statement of this contact concerns: every contact of the person, and every address of these contacts. */
export async function reachOf(
  contacts: Pick<ContactDirectory, 'findPerson'>,
  scope: ClientScope,
  contact: Person,
): Promise<PersonReach> {
  const people = await contacts.findPerson(scope, contact._id, keysInAnySpelling(contact));
  const others = people.filter(({ _id }) => !_id.equals(contact._id));
  const keys = [contact, ...others].flatMap(keysInAnySpelling);
  return {
    others: others.map(({ _id }) => _id),
    contactIds: [contact, ...others].map(({ _id }) => _id),
    ...identitiesInKeys([...new Set(keys)]),
  };
}
