/** How events name a person. Source: Meta's webhook reference, "business-scoped user ids" and "system messages". Pure. */

import { z } from 'zod';
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
const maxUsername = 64;
const maxName = 200;

/** The person that these fields name; null if they name none. A number and a user id may stand in each other's place. */
export function readPerson({ number, userId, parentUserId, username }: NamedBy): PersonIdentity | null {
  const numbers = [number, userId].map(digitsOf);
  const ids = [userId, number, parentUserId].map(userIdOf).filter((id) => id !== undefined);
  const whatsappId = numbers.find((digits) => digits !== undefined);
  const ownId = ids.find((id) => !parentPattern.test(id));
  const parentId = ids.find((id) => parentPattern.test(id)) ?? userIdOf(parentUserId);
  if (whatsappId === undefined && ownId === undefined && parentId === undefined) return null;
  const phoneNumber = whatsappId === undefined ? null : normalisePhone(`+${whatsappId}`);
  const shownName = shownText(username, maxUsername);
  return {
    ...(phoneNumber === null ? {} : { phoneNumber }),
    ...(whatsappId === undefined ? {} : { whatsappId }),
    ...(ownId === undefined ? {} : { businessScopedUserId: ownId }),
    ...(parentId === undefined || parentId === ownId ? {} : { parentUserId: parentId }),
    ...(shownName === undefined ? {} : { username: shownName }),
  };
}

/** 5 to 20 digits, with or without `+` and separators; the plan of the country does not matter, Meta vouches for them. */
function digitsOf(given: unknown): string | undefined {
  if (typeof given !== 'string' && !(typeof given === 'number' && Number.isSafeInteger(given)))
    return undefined;
  const text = String(given).replace(/[\s().-]|\p{Cf}/gu, '');
  return /^\+?([1-9]\d{4,19})$/.exec(text)?.[1];
}

const userIdOf = (given: unknown): string | undefined =>
  typeof given === 'string' && userIdPattern.test(given) ? given : undefined;

const shownText = (given: unknown, max: number): string | undefined =>
  typeof given === 'string' ? cleanName(given, max) : undefined;

const ContactEntry = z.looseObject({
  wa_id: z.unknown().optional(),
  user_id: z.unknown().optional(),
  parent_user_id: z.unknown().optional(),
  profile: z
    .looseObject({ name: z.unknown().optional(), username: z.unknown().optional() })
    .optional()
    .catch(undefined),
});
type ContactEntry = z.output<typeof ContactEntry>;

/** The `contacts` of a body, and whether the body has only one item, so that a single entry can only be about it. */
export interface BodyContacts {
  readonly contacts: readonly unknown[];
  readonly isAlone: boolean;
}

interface ReadEntry {
  readonly entry: ContactEntry;
  readonly named: PersonIdentity | null;
}

interface ReadEntries {
  readonly all: readonly ReadEntry[];
  /** The first entry with each name. */
  readonly byName: ReadonlyMap<string, ReadEntry>;
}

/** One look through the contacts of a body serves all of its items: both may be thousands. */
const readEntries = new WeakMap<readonly unknown[], ReadEntries>();

function entriesOf(contacts: readonly unknown[]): ReadEntries {
  const known = readEntries.get(contacts);
  if (known !== undefined) return known;
  const all = contacts.flatMap((contact) => {
    const entry = ContactEntry.safeParse(contact);
    return entry.success ? [{ entry: entry.data, named: personOfEntry(entry.data) }] : [];
  });
  const byName = new Map<string, ReadEntry>();
  for (const read of all) {
    for (const name of namesOf(read.named)) if (!byName.has(name)) byName.set(name, read);
  }
  const entries = { all, byName };
  readEntries.set(contacts, entries);
  return entries;
}

/** The names that belong to one person only, each with its kind. */
function namesOf(person: PersonIdentity | null): string[] {
  if (person === null) return [];
  const { businessScopedUserId, parentUserId } = person;
  return Object.entries({ number: numberOf(person), businessScopedUserId, parentUserId }).flatMap(
    ([kind, name]) => (name === undefined ? [] : [`${kind} ${name}`]),
  );
}

/** The entry about this person: the one that shares an id, or the only one of a single item if it contradicts nothing. */
function entryOf({ contacts, isAlone }: BodyContacts, person: PersonIdentity | null): ContactEntry | null {
  const { all, byName } = entriesOf(contacts);
  const same = namesOf(person).flatMap((name) => byName.get(name) ?? [])[0];
  if (same !== undefined) return same.entry;
  const [only, ...others] = all;
  if (only === undefined || others.length > 0 || !isAlone) return null;
  return only.named === null || person === null || !contradicts(only.named, person) ? only.entry : null;
}

const personOfEntry = ({ wa_id, user_id, parent_user_id, profile }: ContactEntry): PersonIdentity | null =>
  readPerson({
    number: wa_id,
    userId: user_id,
    parentUserId: parent_user_id,
    username: profile?.username,
  });

const numberOf = ({ phoneNumber, whatsappId }: PersonIdentity) => phoneNumber ?? whatsappId;

const contradicts = (a: PersonIdentity, b: PersonIdentity): boolean =>
  [
    [numberOf(a), numberOf(b)],
    [a.businessScopedUserId, b.businessScopedUserId],
  ].some(([left, right]) => left !== undefined && right !== undefined && left !== right);

/** A person with the name that they show on WhatsApp. */
export interface ShownPerson {
  readonly person: PersonIdentity | null;
  readonly profileName?: string;
}

/** The person in fields of an item, completed from the body's entry about the same person. */
export function readShownPerson(fields: NamedBy, body: BodyContacts): ShownPerson {
  const named = readPerson(fields);
  const entry = entryOf(body, named);
  if (entry === null) return { person: named };
  const completed = personOfEntry(entry);
  const profileName = shownText(entry.profile?.name, maxName);
  return {
    person: named === null ? completed : { ...completed, ...named },
    ...(profileName === undefined ? {} : { profileName }),
  };
}

const Recipient = z.looseObject({
  recipient_id: z.unknown().optional(),
  recipient_user_id: z.unknown().optional(),
  parent_recipient_user_id: z.unknown().optional(),
  /** The same in other pages of the reference. */
  recipient_parent_user_id: z.unknown().optional(),
  recipient_type: z.unknown().optional(),
  recipient_participant_id: z.unknown().optional(),
});

/** The recipient that a receipt names; null for groups, whose participants say nothing of the recipient. */
export function readRecipient(status: unknown, body: BodyContacts): PersonIdentity | null {
  const fields = Recipient.safeParse(status).data;
  if (fields === undefined) return null;
  const { recipient_id: number, recipient_user_id: userId } = fields;
  const parentUserId = fields.parent_recipient_user_id ?? fields.recipient_parent_user_id;
  const isGroup = fields.recipient_type === 'group' || fields.recipient_participant_id !== undefined;
  return isGroup ? null : readShownPerson({ number, userId, parentUserId }, body).person;
}

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
