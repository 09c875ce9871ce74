import type { Types } from 'mongoose';

/**
 * Where an event comes from. Events of one source are processed in their order, and sources take turns, so that the flood
 * of one business does not delay another. All secret addresses of a business are one source, whatever their bodies name:
 * anyone who knows an address can post there, and a business can have any number of them.
 */
export const sourceOf = (body: string, ownerId: Types.ObjectId | undefined): string =>
  ownerId === undefined ? (numberIn(body) ?? accountIn(body) ?? unnamed) : `client:${ownerId.toHexString()}`;

/** Bodies that name neither a number nor an account. */
const unnamed = 'unnamed';

/** Bodies of Meta with events of several numbers: they wait for the flood of none of them. */
const several = 'several';

/** Meta names the account in the first line of the body. */
const searchedLength = 16_384;

const phoneNumberId = /"phone_number_id"\s{0,9}:\s{0,9}"([^"\\]{1,64})"/g;
const accountId = /"entry"\s{0,9}:\s{0,9}\[\s{0,9}\{\s{0,9}"id"\s{0,9}:\s{0,9}"([^"\\]{1,64})"/;

function numberIn(body: string): string | null {
  let first: string | undefined;
  for (const [, id] of body.matchAll(phoneNumberId)) {
    if (first !== undefined && id !== first) return several;
    first = id;
  }
  return first === undefined ? null : `number:${first}`;
}

function accountIn(body: string): string | null {
  const id = accountId.exec(body.slice(0, searchedLength))?.[1];
  return id === undefined ? null : `account:${id}`;
}
