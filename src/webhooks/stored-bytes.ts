import type { HoldFields } from './holds.ts';

/**
 * What a body takes of the database, with all that becomes of it, at most. Measured with messages of new people, the
 * dearest items: a test holds that no body stores more.
 */

/** The document of the event beside its body, and its entries in indexes. */
const eventBytes = 1_024;
/** A text is stored with the event, with the message, and in part with the provider's object: 2.4 times at most. */
const copies = 3;
/**
 * A message of a new person makes documents of 2,800 bytes (contact, conversation, lead, message, the provider's object,
 * what live events tell of them), one that opts out 3,800 with its audit.
 */
const itemBytes = 4_096;

/** One person who is held until the event is read, with its entry in an index. */
const holdBytes = 256;

export const storedBytesOf = (
  bytes: number,
  items: number,
  { holds = [] }: Pick<HoldFields, 'holds'> = {},
): number => eventBytes + bytes * copies + items * itemBytes + holds.length * holdBytes;

/** An event of an unverified channel takes at least so much of the day, which bounds how many of them wait. */
export const minUnverifiedBytes = 16 * 1024;
