/** How events name a person. Source: Meta's webhook reference, "business-scoped user ids" and "system messages". Pure. */

import { normalisePhone } from '../platform/phone.ts';
import { cleanName } from '../platform/text.ts';

/** The names of one person in an event; all of them belong to the same person at the time of the event. */
export interface PersonIdentity {
  /** E.164; missing if the provider's digits are not a number of any plan that we know. */
  readonly phoneNumber?: string;
  /** The digits that the provider vouches for. */
  readonly whatsappId?: string;
  readonly businessScopedUserId?: string;
  /** The id of the person for the parent business of several portfolios. */
  readonly parentUserId?: string;
  /** Shown only: it can change owners. */
  readonly username?: string;
}

/** The raw fields that may name a person; each may be missing, null, empty or in another field's place. */
export interface NamedBy {
  readonly number?: unknown;
  readonly userId?: unknown;
  readonly parentUserId?: unknown;
  readonly username?: unknown;
}

/** Meta promises letters and digits; whatever else it sends is kept, because nobody else gives such ids. */
const userIdPattern = /^[A-Z]{2}\.[\w.-]{1,157}$/;
const parentPattern = /^[A-Z]{2}\.ENT\./;
const digitsPattern = /^\+?([1-9]\d{4,19})$/;
const maxUsername = 64;

/** The names in fields as they are written, before anybody looks at the plan of the number. */
export type WrittenNames = Pick<PersonIdentity, 'whatsappId' | 'businessScopedUserId' | 'parentUserId'>;

/** The names that these fields hold; null if they hold none. A number and a user id may stand in each other's place. */
export function readNames({ number, userId, parentUserId }: NamedBy): WrittenNames | null {
  const numbers = [number, userId].map(digitsOf);
  const ids = [userId, number, parentUserId].map(userIdOf).filter((id) => id !== undefined);
  const whatsappId = numbers.find((digits) => digits !== undefined);
  const ownId = ids.find((id) => !parentPattern.test(id));
  const parentId = ids.find((id) => parentPattern.test(id)) ?? userIdOf(parentUserId);
  if (whatsappId === undefined && ownId === undefined && parentId === undefined) return null;
  return {
    ...(whatsappId === undefined ? {} : { whatsappId }),
    ...(ownId === undefined ? {} : { businessScopedUserId: ownId }),
    ...(parentId === undefined || parentId === ownId ? {} : { parentUserId: parentId }),
  };
}

/** The person that these fields name; null if they name none. */
export function readPerson(fields: NamedBy): PersonIdentity | null {
  const names = readNames(fields);
  if (names === null) return null;
  const phoneNumber = names.whatsappId === undefined ? null : normalisePhone(`+${names.whatsappId}`);
  const shownName = typeof fields.username === 'string' ? cleanName(fields.username, maxUsername) : undefined;
  return {
    ...(phoneNumber === null ? {} : { phoneNumber }),
    ...names,
    ...(shownName === undefined ? {} : { username: shownName }),
  };
}

/** 5 to 20 digits, with or without `+` and separators; the plan of the country does not matter, Meta vouches for them. */
function digitsOf(given: unknown): string | undefined {
  if (typeof given !== 'string' && !(typeof given === 'number' && Number.isSafeInteger(given)))
    return undefined;
  const text = String(given);
  return digitsPattern.exec(text)?.[1] ?? digitsPattern.exec(text.replace(/[\s().-]|\p{Cf}/gu, ''))?.[1];
}

const userIdOf = (given: unknown): string | undefined =>
  typeof given === 'string' && userIdPattern.test(given) ? given : undefined;

/** The names of a sender, as an inbound item has them. */
export interface SenderFields {
  readonly from?: string;
  readonly fromUserId?: string;
  readonly fromParentUserId?: string;
  readonly username?: string;
}

export const senderOf = ({
  from,
  fromUserId,
  fromParentUserId,
  username,
}: SenderFields): PersonIdentity | null =>
  readPerson({ number: from, userId: fromUserId, parentUserId: fromParentUserId, username });

export const toSenderFields = (person: PersonIdentity): SenderFields => ({
  ...(person.whatsappId === undefined ? {} : { from: person.whatsappId }),
  ...(person.businessScopedUserId === undefined ? {} : { fromUserId: person.businessScopedUserId }),
  ...(person.parentUserId === undefined ? {} : { fromParentUserId: person.parentUserId }),
  ...(person.username === undefined ? {} : { username: person.username }),
});
