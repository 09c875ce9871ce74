/** Who the items of a body are about: their own fields, completed from the `contacts` beside them. Pure. */

import { z } from 'zod';
import { cleanName } from '../platform/text.ts';
import { readNames, readPerson, type NamedBy, type PersonIdentity, type WrittenNames } from './identity.ts';

const ContactEntry = z.object({
  wa_id: z.unknown().optional(),
  user_id: z.unknown().optional(),
  parent_user_id: z.unknown().optional(),
  profile: z
    .object({ name: z.unknown().optional(), username: z.unknown().optional() })
    .optional()
    .catch(undefined),
});
type ContactEntry = z.output<typeof ContactEntry>;

const maxName = 200;

/** The `contacts` of a body, and whether the body has only one item, so that a single entry can only be about it. */
export interface BodyContacts {
  readonly contacts: readonly unknown[];
  readonly isAlone: boolean;
}

interface ReadEntry {
  readonly entry: ContactEntry;
  readonly names: WrittenNames | null;
  /** Read once somebody whose digits end the same has asked: the plan of a number takes longer than all the rest. */
  person?: PersonIdentity | null;
}

interface ReadEntries {
  readonly all: readonly ReadEntry[];
  /** The first entry with each name, as it is written. */
  readonly byName: ReadonlyMap<string, ReadEntry>;
  /** In order, by the end of the digits, which is the same in all spellings of a number. */
  readonly byTail: ReadonlyMap<string, readonly ReadEntry[]>;
}

const tailLength = 6;
/** No honest body has as many; above it, only digits that are written the same are the same number. */
const maxSameTail = 100;

const tailOf = (digits: string): string => digits.slice(-tailLength);

/** One look through the contacts of a body serves all of its items: both may be thousands. */
const readEntries = new WeakMap<readonly unknown[], ReadEntries>();

function entriesOf(contacts: readonly unknown[]): ReadEntries {
  const known = readEntries.get(contacts);
  if (known !== undefined) return known;
  const all = contacts.flatMap((contact): ReadEntry[] => {
    const entry = ContactEntry.safeParse(contact);
    return entry.success ? [{ entry: entry.data, names: readNames(namesOfEntry(entry.data)) }] : [];
  });
  const byName = new Map<string, ReadEntry>();
  const byTail = new Map<string, ReadEntry[]>();
  for (const read of all) {
    for (const name of keysOf(read.names)) if (!byName.has(name)) byName.set(name, read);
    const digits = read.names?.whatsappId;
    if (digits === undefined) continue;
    const tail = tailOf(digits);
    const same = byTail.get(tail);
    if (same === undefined) byTail.set(tail, [read]);
    else same.push(read);
  }
  const entries = { all, byName, byTail };
  readEntries.set(contacts, entries);
  return entries;
}

const namesOfEntry = ({ wa_id, user_id, parent_user_id, profile }: ContactEntry): NamedBy => ({
  number: wa_id,
  userId: user_id,
  parentUserId: parent_user_id,
  username: profile?.username,
});

/** The written names that belong to one person only, each with its kind. */
const keysOf = (names: { readonly [Kind in keyof WrittenNames]: string | undefined } | null): string[] =>
  Object.entries(names ?? {}).flatMap(([kind, name]) => (name === undefined ? [] : [`${kind} ${name}`]));

/** The entry about this person: the one that shares an id, or the only one of a single item if it contradicts nothing. */
function findEntry({ contacts, isAlone }: BodyContacts, person: PersonIdentity | null): ReadEntry | null {
  const entries = entriesOf(contacts);
  const same = person === null ? undefined : (findByNumber(entries, person) ?? findByIds(entries, person));
  if (same !== undefined) return same;
  const [only] = entries.all;
  if (only === undefined || entries.all.length > 1 || !isAlone) return null;
  const named = personOf(only);
  return named === null || person === null || !contradicts(named, person) ? only : null;
}

function findByNumber({ byName, byTail }: ReadEntries, person: PersonIdentity): ReadEntry | undefined {
  const { whatsappId } = person;
  if (whatsappId === undefined) return undefined;
  const near = byTail.get(tailOf(whatsappId)) ?? [];
  if (near.length > maxSameTail) return byName.get(`whatsappId ${whatsappId}`);
  const number = numberOf(person);
  return near.find((read) => numberOf(personOf(read)) === number);
}

const findByIds = (
  { byName }: ReadEntries,
  { businessScopedUserId, parentUserId }: PersonIdentity,
): ReadEntry | undefined =>
  keysOf({ businessScopedUserId, parentUserId }).flatMap((key) => byName.get(key) ?? [])[0];

function personOf(read: ReadEntry): PersonIdentity | null {
  read.person ??= readPerson(namesOfEntry(read.entry));
  return read.person;
}

const numberOf = (person: PersonIdentity | null): string | undefined =>
  person?.phoneNumber ?? person?.whatsappId;

const contradicts = (other: PersonIdentity, person: PersonIdentity): boolean =>
  [
    [numberOf(other), numberOf(person)],
    [other.businessScopedUserId, person.businessScopedUserId],
  ].some(([left, right]) => left !== undefined && right !== undefined && left !== right);

/** A person with the name that they show on WhatsApp. */
export interface ShownPerson {
  readonly person: PersonIdentity | null;
  readonly profileName?: string;
}

/** The person in fields of an item, completed from the body's entry about the same person. */
export function readShownPerson(fields: NamedBy, body: BodyContacts): ShownPerson {
  const named = readPerson(fields);
  const found = findEntry(body, named);
  if (found === null) return { person: named };
  const completed = personOf(found);
  const name = found.entry.profile?.name;
  const profileName = typeof name === 'string' ? cleanName(name, maxName) : undefined;
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
