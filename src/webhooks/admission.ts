import { AppError } from '../platform/errors.ts';
import { bodyBounds, findExceededBound, type BodyBound } from './body-bounds.ts';
import { maxSharedBytes } from './lease-size.ts';
import type { WebhookEventDoc } from './model.ts';
import { personKeysIn } from './persons.ts';
import { isUrgentBody } from './rules.ts';
import { sourceOf, type Addressee } from './source.ts';

/** A body that exceeds a bound; nothing of it is stored. */
export class BodyOutOfBounds extends AppError {
  readonly bound: BodyBound;

  constructor(bound: BodyBound) {
    super(
      'body-out-of-bounds',
      `The body may have at most ${bodyBounds[bound]} ${bound}. Nothing was stored.`,
    );
    this.bound = bound;
  }
}

/** The fields by which a stored event is found and gets its turn. */
export type Admission = Pick<WebhookEventDoc, 'source' | 'persons' | 'isUrgent'>;

/**
 * What the address of an unverified channel takes at once. Larger bodies are handled one at a time, and a business that has
 * proved nothing must not take that place from others.
 */
export const maxUnverifiedBytes = maxSharedBytes;

/** Throws `channel-unverified` for a body that only a verified channel may get. */
export function assertMayBeLarge({ isVerified }: Pick<Addressee, 'isVerified'>, bytes: number): void {
  if (isVerified || bytes <= maxUnverifiedBytes) return;
  throw new AppError(
    'channel-unverified',
    `The address of an unverified channel takes at most ${maxUnverifiedBytes} bytes in one body. Nothing was stored.`,
  );
}

/** Judges a body before it is stored; throws `BodyOutOfBounds` and `channel-unverified`. Nothing is parsed. */
export function admitBody(body: string, addressee?: Pick<Addressee, 'clientId' | 'isVerified'>): Admission {
  const bound = findExceededBound(body);
  if (bound !== null) throw new BodyOutOfBounds(bound);
  if (addressee !== undefined) assertMayBeLarge(addressee, Buffer.byteLength(body));
  const persons = personKeysIn(body);
  return {
    source: sourceOf(body, addressee),
    ...(persons.length === 0 ? {} : { persons }),
    ...(isUrgentBody(body) ? { isUrgent: true } : {}),
  };
}
