import { canonicalIdOf } from './persons.ts';

/** Whom the items of a body name, found without parsing it. */
export interface NamedInBody {
  /** All ids, as they are written. */
  readonly ids: readonly string[];
  /** The ids, in canonical spelling, that one item gives to one person: at least two in each group. */
  readonly groups: readonly (readonly string[])[];
  /** The provider's ids of messages that an author without a number quotes. */
  readonly quotes: readonly string[];
}

/** One element of a list, with the objects inside it up to the next list. */
interface Item {
  readonly sender: string[];
  readonly recipient: string[];
  readonly quotes: string[];
}

/** An open object or list. */
interface Level {
  readonly isList: boolean;
  /** The name of the field in which it stands. */
  readonly field: string;
  readonly item: Item;
  /** Items of its lists: an only entry of `contacts` is about an only item, whatever it names. */
  contacts: readonly Item[];
  others: readonly Item[];
}

/** The sender and the recipient are two persons; what else names one stands beside the sender, or alone. */
const fields: ReadonlyMap<string, FieldKind> = new Map([
  ...['from', 'from_user_id', 'from_parent_user_id', 'wa_id', 'new_wa_id', 'customer', 'input'].map(asSender),
  ...['user_id', 'parent_user_id', 'phone_number'].map(asSender),
  ...['to', 'to_user_id', 'to_parent_user_id', 'recipient', 'recipient_id'].map(asRecipient),
  ...['recipient_user_id', 'recipient_parent_user_id', 'parent_recipient_user_id'].map(asRecipient),
  ...(['previous', 'current'] as const).map((name) => [name, 'changed'] as const),
  ['id', 'id'],
  ['message_id', 'reaction'],
  ['body', 'notice'],
]);
type FieldKind = 'sender' | 'recipient' | 'changed' | 'id' | 'reaction' | 'notice';
function asSender(name: string): readonly [string, FieldKind] {
  return [name, 'sender'];
}
function asRecipient(name: string): readonly [string, FieldKind] {
  return [name, 'recipient'];
}

/** The longest name of these fields, each of its characters written as an escape. */
const maxFieldLength = 6 * 'parent_recipient_user_id'.length;
/** Longer references are not read as one. */
const maxReference = 512;
const numberPattern = /^\d{5,20}$/;
/** As `identity-changes.ts` reads it. */
const oldNumberPattern = /\bfrom \+?(\d{5,20})\b/;

const [quote, comma, colon, escape] = [0x22, 0x2c, 0x3a, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const [minus, zero, nine] = [0x2d, 0x30, 0x39];

/** Reads each character once. Of a damaged body it finds what stands before the damage, or too much. */
export function namedIn(body: string): NamedInBody {
  const names = createNames(body);
  let at = 0;
  while (at < body.length) {
    const unit = body.charCodeAt(at);
    if (unit === quote) {
      const end = endOfText(body, at + 1);
      names.text(at + 1, end);
      at = end;
    } else if (unit === colon) names.colon();
    else if (unit === comma) names.comma();
    else if (unit === openList || unit === openObject) names.open(unit === openList);
    else if (unit === closeList || unit === closeObject) names.close();
    else if (unit === minus || (unit >= zero && unit <= nine)) {
      const end = endOfNumber(body, at);
      names.number(at, end);
      at = end - 1;
    }
    at += 1;
  }
  return names.found();
}

export function endOfText(body: string, start: number): number {
  let at = body.indexOf('"', start);
  while (at !== -1 && isEscaped(body, at, start)) at = body.indexOf('"', at + 1);
  return at === -1 ? body.length : at;
}

/** Whether an odd number of escapes stands before it. */
function isEscaped(body: string, at: number, start: number): boolean {
  let before = at;
  while (before > start && body.charCodeAt(before - 1) === escape) before -= 1;
  return (at - before) % 2 === 1;
}

function endOfNumber(body: string, start: number): number {
  let at = start;
  while (at < body.length && isOfNumber(body.charCodeAt(at))) at += 1;
  return at;
}

const isOfNumber = (unit: number): boolean => (unit >= zero && unit <= nine) || numberSigns.has(unit);
/** `+`, `-`, `.`, `E` and `e`. */
const numberSigns: ReadonlySet<number> = new Set([0x2b, minus, 0x2e, 0x45, 0x65]);

/** Follows the objects and lists of a body, and the names of their fields. Most texts are passed over. */
function createNames(body: string) {
  const findings = createFindings();
  const levels: Level[] = [levelOf(false, '', newItem())];
  let field: string | null = null;
  let [start, end] = [0, 0];

  function value(from: number, to: number, isText: boolean): void {
    const level = levels.at(-1);
    if (field === null || level === undefined || from === to) return;
    const kind = fields.get(field);
    const role = kind === undefined ? null : roleOf(kind, field, { level, holder: levels.at(-2) });
    if (role === null) return;
    const raw = body.slice(from, to);
    const text = isText ? decoded(raw) : String(Number(raw));
    if (role === 'sender' || role === 'recipient') level.item[role].push(text);
    else if (role === 'notice') findings.addOldNumber(text);
    else if (text.length <= maxReference) level.item.quotes.push(text);
  }
  function closeLevel(): void {
    const level = levels.pop();
    if (level === undefined || level.isList) return;
    findings.addOnly(level);
    if (level.item !== levels.at(-1)?.item) findings.addItem(level.item);
  }
  function endField(): void {
    field = null;
    start = end;
  }

  return {
    text(from: number, to: number): void {
      if (field === null) [start, end] = [from, to];
      else {
        value(from, to, true);
        endField();
      }
    },
    number(from: number, to: number): void {
      value(from, to, false);
      endField();
    },
    colon(): void {
      field = end - start > maxFieldLength ? '' : decoded(body.slice(start, end));
      start = end;
    },
    comma: endField,
    open(isList: boolean): void {
      const [holder, level] = [levels.at(-2), levels.at(-1)];
      const list = level?.isList === true ? level.field : null;
      const isElement = list !== null && !isList;
      const item = isElement || level === undefined ? newItem() : level.item;
      if (isElement && holder !== undefined) addElement(holder, list, item);
      levels.push(levelOf(isList, list === null ? (field ?? '') : '', item));
      endField();
    },
    close(): void {
      if (levels.length > 1) closeLevel();
      endField();
    },
    found(): NamedInBody {
      while (levels.length > 0) closeLevel();
      return findings.found();
    },
  };
}

/** Two are enough to know that there are several. */
function addElement(holder: Level, list: string, item: Item): void {
  if (list === 'contacts' && holder.contacts.length < 2) holder.contacts = [...holder.contacts, item];
  if ((list === 'statuses' || list === 'messages') && holder.others.length < 2)
    holder.others = [...holder.others, item];
}

const none: readonly Item[] = [];
const levelOf = (isList: boolean, field: string, item: Item): Level => ({
  isList,
  field,
  item,
  contacts: none,
  others: none,
});
const newItem = (): Item => ({ sender: [], recipient: [], quotes: [] });

interface Place {
  readonly level: Level;
  readonly holder: Level | undefined;
}

/** Which person, or what else, the value of a field names here; null if nothing. */
function roleOf(
  kind: FieldKind,
  name: string,
  { level: { field: parent }, holder }: Place,
): 'sender' | 'recipient' | 'quote' | 'notice' | null {
  switch (kind) {
    case 'sender':
      // The sender of the quoted message is another one.
      return name === 'from' && parent === 'context' ? null : 'sender';
    case 'recipient':
      return 'recipient';
    case 'changed':
      return parent === 'user_id' || parent === 'parent_user_id' ? 'sender' : null;
    case 'id':
      // A message quotes by its context, a reaction by itself.
      return parent === 'context' ? 'quote' : holder?.field === 'threads' ? 'sender' : null;
    case 'reaction':
      return parent === 'reaction' ? 'quote' : null;
    case 'notice':
      return parent === 'system' ? 'notice' : null;
  }
}

function createFindings() {
  const groups: string[][] = [];
  const [ids, quotes] = [new Set<string>(), new Set<string>()];

  function addGroup(named: readonly string[]): void {
    if (named.length < 2) return;
    const canonical = new Set([...named].map(canonicalIdOf));
    if (canonical.size > 1) groups.push([...canonical]);
  }

  return {
    addItem({ sender, recipient, quotes: quoted }: Item): void {
      for (const named of [sender, recipient]) {
        for (const id of named) ids.add(id);
        addGroup(named);
      }
      if (quoted.length === 0 || sender.some((id) => numberPattern.test(canonicalIdOf(id)))) return;
      for (const id of quoted) quotes.add(id);
    },
    /** An only entry of `contacts` belongs to an only item. */
    addOnly({ contacts, others }: Level): void {
      const [[contact], [other]] = [contacts, others];
      if (contact === undefined || other === undefined || contacts.length + others.length > 2) return;
      const { sender, recipient } = other;
      addGroup([...contact.sender, ...(recipient.length === 0 ? sender : recipient)]);
    },
    addOldNumber(text: string): void {
      const number = oldNumberPattern.exec(text)?.[1];
      if (number !== undefined) ids.add(number);
    },
    found: (): NamedInBody => ({ ids: [...ids], groups, quotes: [...quotes] }),
  };
}

function decoded(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    // Not JSON, so nothing can be read from the body later either.
    return raw;
  }
}
