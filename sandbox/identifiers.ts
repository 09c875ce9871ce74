import { createHash, randomBytes } from 'node:crypto';

const OUTBOUND_MARK = Buffer.from([0x15, 0x02, 0x00, 0x11, 0x18, 0x12]);
const INBOUND_MARK = Buffer.from([0x15, 0x02, 0x00, 0x12, 0x18, 0x14]);

function wamid(person: string, mark: Buffer, idText: string): string {
  const name = Buffer.from(person.slice(0, 64), 'latin1');
  const head = Buffer.from([0x1c, 0x18, name.length]);
  const bytes = Buffer.concat([head, name, mark, Buffer.from(idText, 'latin1'), Buffer.from([0])]);
  return `wamid.${bytes.toString('base64')}`;
}

const randomHex = (byteCount: number): string => randomBytes(byteCount).toString('hex').toUpperCase();

/** A unique message id in Meta's layout: the contact and 72 random bits, in base64. */
export const createOutboundWamid = (person: string): string => wamid(person, OUTBOUND_MARK, randomHex(9));

export const createInboundWamid = (person: string): string =>
  wamid(person, INBOUND_MARK, `3A${randomHex(9)}`);

export const createTraceId = (): string => `A${randomBytes(8).toString('base64url')}`;

export const createChallenge = (): string => String(randomBytes(4).readUInt32BE());

const stableDigits = (seed: string, count: number): string =>
  (createHash('sha256').update(seed).digest().readUIntBE(0, 6) % 10 ** count).toString().padStart(count, '0');

/** Account and number are derived from the phone number id, so that they survive restarts. */
export const deriveWabaId = (phoneNumberId: string): string =>
  `1${stableDigits(`waba:${phoneNumberId}`, 14)}`;

export const deriveDisplayNumber = (phoneNumberId: string): string =>
  `1555${stableDigits(`number:${phoneNumberId}`, 7)}`;

/** The user id of a contact, which Meta gives to each person and portfolio. */
export const deriveUserId = (waId: string, portfolio: string): string =>
  `US.${stableDigits(`user:${portfolio}:${waId}`, 14)}`;

export const createTemplateId = (seed: string): string => `2${stableDigits(`template:${seed}`, 14)}`;

export const deriveBusinessId = (wabaId: string): string => `3${stableDigits(`business:${wabaId}`, 14)}`;

export const createMediaId = (seed: string): string => `4${stableDigits(`media:${seed}`, 14)}`;
