import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Types } from 'mongoose';

/** A new document id. Ids are ordered by time, so they also break ties in keyset paging. */
export const newId = (): Types.ObjectId => new Types.ObjectId();

/** An id made from a text: equal for equal texts. Its time means nothing. */
export const derivedId = (text: string): Types.ObjectId =>
  Types.ObjectId.createFromHexString(sha256Hex(text).slice(0, 24));

export const newUuid = (): string => randomUUID();

/** An unguessable secret of `bytes` random bytes, in URL-safe base64. */
export const newSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** Lower-case hexadecimal SHA-256; stored in place of secrets that are only compared. */
export const sha256Hex = (value: string | Buffer): string => createHash('sha256').update(value).digest('hex');

/** A number in [0, 1) for jitter. */
export const randomFraction = (): number => randomBytes(4).readUInt32BE() / 2 ** 32;
