import type { Types } from 'mongoose';

/**
 * Where an event comes from. Events of one source are processed in their order, and sources take turns, so that the flood
 * of one business does not delay another. A channel's own address is always a source of its own, whatever its bodies
 * name: anyone who knows the address can post there.
 */
export const sourceOf = (body: string, channelId: Types.ObjectId | undefined): string =>
  channelId === undefined
    ? (firstId(body, phoneNumberId, 'number') ?? firstId(body, accountId, 'account') ?? unnamed)
    : `channel:${channelId.toHexString()}`;

/** Bodies that name neither a number nor an account. */
const unnamed = 'unnamed';

/** Meta names the number in the first lines of a change, and the account in the first line of the body. */
const searchedLength = 16_384;

const phoneNumberId = /"phone_number_id"\s{0,9}:\s{0,9}"([^"\\]{1,64})"/;
const accountId = /"entry"\s{0,9}:\s{0,9}\[\s{0,9}\{\s{0,9}"id"\s{0,9}:\s{0,9}"([^"\\]{1,64})"/;

function firstId(body: string, pattern: RegExp, kind: string): string | null {
  const id = pattern.exec(body.slice(0, searchedLength))?.[1];
  return id === undefined ? null : `${kind}:${id}`;
}
