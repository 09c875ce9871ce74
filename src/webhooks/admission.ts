import { AppError } from '../platform/errors.ts';
import { bodyBounds, measureBody, type BodyBound } from './body-bounds.ts';
import { holdsOf, type HoldFields } from './holds.ts';
import { maxSharedBytes } from './lease-size.ts';
import type { WebhookEventDoc } from './model.ts';
import { personKeysIn } from './persons.ts';
import { isUrgentBody } from './rules.ts';
import { storedBytesOf } from './stored-bytes.ts';
import { largeSourceOf, numbersIn, sourceOf, type Addressee } from './source.ts';

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
export type AdmittedFields = Pick<WebhookEventDoc, 'source' | 'bytes' | 'persons' | 'isUrgent' | 'numbers'> &
  HoldFields;

export interface Admission {
  readonly fields: AdmittedFields;
  /** What the body and all that becomes of it take of the database, at most (`storedBytesOf`). */
  readonly storedBytes: number;
}

/**
 * The largest body that the address of an unverified channel takes. Larger ones are handled one at a time, and a business
 * that has proved nothing must not take that place from others.
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
  const { exceeded, items } = measureBody(body);
  if (exceeded !== null) throw new BodyOutOfBounds(exceeded);
  const bytes = Buffer.byteLength(body);
  if (addressee !== undefined) assertMayBeLarge(addressee, bytes);
  const persons = personKeysIn(body);
  const source = sourceOf(body, addressee);
  const isUrgent = isUrgentBody(body);
  const holding = holdsOf({ body, isUrgent, persons });
  return {
    fields: {
      source: bytes > maxSharedBytes ? largeSourceOf(source) : source,
      bytes,
      ...(persons.length === 0 ? {} : { persons }),
      ...(isUrgent ? { isUrgent } : {}),
      ...(holding.holdsSends && addressee === undefined ? severalNumbersIn(body) : {}),
      ...holding,
    },
    storedBytes: storedBytesOf(bytes, items, holding),
  };
}

/** For a body on Meta's own address. One on a channel's own address concerns that channel alone, whatever it names. */
function severalNumbersIn(body: string): Pick<AdmittedFields, 'numbers'> {
  const numbers = numbersIn(body);
  return numbers.size > 1 ? { numbers: [...numbers] } : {};
}
