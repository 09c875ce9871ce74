/**
 * What a body takes of the database, with all that becomes of it, at most. Measured with messages of new people, the
 * dearest items: a test holds that no body stores more.
 */

/** The document of the event beside its body, and its entries in indexes. */
const eventBytes = 1_024;
/** The texts of a body are stored with the event, with the message and with the provider's object. */
const copies = 3;
/** A new contact, its conversation, its message, their history and their entries in indexes. */
const itemBytes = 3_072;

export const storedBytesOf = (bytes: number, items: number): number =>
  eventBytes + bytes * copies + items * itemBytes;
