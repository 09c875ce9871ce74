import { createHmac } from 'node:crypto';
import type { Random } from './mutate.ts';

/** Meta's signature, written anew here so that ours is not tested by itself. */
export const signatureOf = (body: Uint8Array, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const prefix = 'sha256=';

/** Headers that must not be accepted for the body whose genuine signature is given: one of many, by chance. */
export function forgeHeader(genuine: string, body: Buffer, random: Random): string | undefined {
  const hex = genuine.slice(prefix.length);
  const at = Math.floor(random() * hex.length);
  const flipped = (Number.parseInt(hex[at] ?? '0', 16) ^ (1 << Math.floor(random() * 4))).toString(16);
  const forgeries: readonly (() => string | undefined)[] = [
    () => `${prefix}${hex.slice(0, at)}${flipped}${hex.slice(at + 1)}`,
    () => `${prefix}${hex.slice(0, at)}`,
    () => `${genuine}${hex.slice(0, 2)}`,
    () => `${genuine}\n`,
    () => ` ${genuine}`,
    () => `${genuine},${genuine}`,
    () => hex,
    () => `sha1=${hex}`,
    () => `SHA256=${hex}`,
    () => `${prefix}${'0'.repeat(hex.length)}`,
    () => `${prefix}${hex.slice(0, -1)}g`,
    () => signatureOf(body, 'a secret of somebody else'),
    () => signatureOf(body, ''),
    () => signatureOf(Buffer.concat([body, Buffer.from(' ')]), 'the first secret'),
    () => `${prefix}${Buffer.from(hex, 'hex').toString('base64')}`,
    () => prefix,
    () => '',
    () => undefined,
  ];
  return forgeries[Math.floor(random() * forgeries.length)]?.();
}
