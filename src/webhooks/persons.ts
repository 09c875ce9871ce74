import { sha256Hex } from '../platform/ids.ts';
import { digitsOf } from '../platform/phone.ts';

/**
 * The fields by which Meta and relays name a person: numbers, `wa_id` and user ids. `to` is the person in a message that
 * the business wrote on its phone.
 */
const fieldNames =
  '(?:new_)?wa_id|from|to|customer|recipient|(?:from_|to_|recipient_)?(?:parent_)?user_id|parent_recipient_user_id|recipient_id|input|phone_number';
const personFields = new RegExp(`"(?:${fieldNames})"\\s{0,9}:\\s{0,9}"([^"\\\\]{1,160})"`, 'g');

/**
 * Such a field whose value may name a person in a way that `personFields` does not read: a number, a text with escapes, a
 * long one, or one far from its name.
 */
const unreadableField = new RegExp(
  `"(?:${fieldNames})"(?:\\s{10,}:|\\s{0,9}:(?:\\s{10}|\\s{0,9}(?:"(?![^"\\\\]{0,160}")|[\\d-])))`,
);

/** A body that names more persons is marked instead; only the history of a phone app has so many. */
const maxPersons = 100;

/** The only key of a body that names more than `maxPersons`, or persons whom nobody can tell without parsing it. */
export const manyPersons = 'many';

/**
 * The key under which an event of this person is found. A digest keeps the index short; it hides nothing, because the body
 * beside it holds the number.
 */
export const personKeyOf = (id: string): string => sha256Hex(canonicalIdOf(id)).slice(0, 24);

/** The digits of a number, whatever separates them; a user id as it is. */
export function canonicalIdOf(id: string): string {
  const compact = id.replace(/[\s().-]|\p{Cf}/gu, '');
  return /^\+?\d+$/.test(compact) ? digitsOf(compact) : id;
}

/** The keys of the persons whom a body names, without parsing it: it may be damaged. */
export function personKeysIn(body: string): readonly string[] {
  if (unreadableField.test(body)) return [manyPersons];
  const keys = new Set<string>();
  for (const [, id = ''] of body.matchAll(personFields)) {
    keys.add(personKeyOf(id));
    if (keys.size > maxPersons) return [manyPersons];
  }
  return [...keys];
}
