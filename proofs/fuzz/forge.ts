import { below, pick, type Random } from '../shared/random.ts';
import { signatureOf } from '../shared/signature.ts';

const prefix = 'sha256=';

type Forgery = () => string | undefined;

/** A header that must not be accepted for the body whose genuine signature is given. */
export function forgeHeader(genuine: string, body: Buffer, random: Random): string | undefined {
  const hex = genuine.slice(prefix.length);
  const at = below(hex.length, random);
  const flipped = (Number.parseInt(hex[at] ?? '0', 16) ^ (1 << below(4, random))).toString(16);
  const forgeries: readonly [Forgery, ...Forgery[]] = [
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
    () => signatureOf(body, 'the secret of another app'),
    () => signatureOf(body, ''),
    () => signatureOf(Buffer.concat([body, Buffer.from(' ')]), 'the first secret'),
    () => `${prefix}${Buffer.from(hex, 'hex').toString('base64')}`,
    () => prefix,
    () => '',
    () => undefined,
  ];
  return pick(forgeries, random)();
}
