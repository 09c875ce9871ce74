import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';

const headerPattern = /^sha256=([0-9a-f]{64})$/;

/** Whether a header can be a signature; says nothing about the body. */
export const isSignature = (header: string | readonly string[] | undefined): header is string =>
  typeof header === 'string' && headerPattern.test(header);

/** Meta's `X-Hub-Signature-256`: HMAC-SHA256 of the exact bytes of the body, keyed by the app secret. */
export const signBody = (rawBody: Buffer, secret: KeyObject): string =>
  `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;

/**
 * Whether the header signs these bytes with one of the current secrets (several during a rotation). Always pass the raw
 * bytes: Meta signs an escaped form that re-serialised JSON does not reproduce.
 */
export function isSignedBy(
  header: string | undefined,
  rawBody: Buffer,
  secrets: readonly KeyObject[],
): boolean {
  const given = headerPattern.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const givenBytes = Buffer.from(given, 'hex');
  return secrets.some((secret) =>
    timingSafeEqual(givenBytes, createHmac('sha256', secret).update(rawBody).digest()),
  );
}
