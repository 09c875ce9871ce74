import { sha256Hex } from '../platform/ids.ts';
import { digitsOf } from '../platform/phone.ts';

/**
 * The fields by which Meta and relays name a person: numbers, `wa_id` and user ids. `to` is the person in a message that
 * the business wrote on its phone.
 */
const personFields =
  /"(?:wa_id|from|to|customer|recipient|(?:from_|to_|recipient_|parent_)?user_id|recipient_id|input|phone_number)"\s{0,9}:\s{0,9}"([^"\\]{1,160})"/g;

/** A body that names more persons is marked instead; only the history of a phone app has so many. */
const maxPersons = 100;

/** The only key of a body that names more than `maxPersons`. */
export const manyPersons = 'many';

/**
 * The key under which an event of this person is found. A digest keeps the index short; it hides nothing, because the body
 * beside it holds the number.
 */
export const personKeyOf = (id: string): string => sha256Hex(canonicalIdOf(id)).slice(0, 24);

/** The digits of a number in any spelling; a user id as it is. */
export const canonicalIdOf = (id: string): string => (/^\+?\d[\d\s().-]*$/.test(id) ? digitsOf(id) : id);

/** The keys of the persons whom a body names, without parsing it: it may be damaged. */
export function personKeysIn(body: string): readonly string[] {
  const keys = new Set<string>();
  for (const [, id = ''] of body.matchAll(personFields)) {
    keys.add(personKeyOf(id));
    if (keys.size > maxPersons) return [manyPersons];
  }
  return [...keys];
}
