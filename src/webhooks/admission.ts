import type { Types } from 'mongoose';
import { AppError } from '../platform/errors.ts';
import { bodyBounds, findExceededBound, type BodyBound } from './body-bounds.ts';
import type { WebhookEventDoc } from './model.ts';
import { personKeysIn } from './persons.ts';
import { isUrgentBody } from './rules.ts';
import { sourceOf } from './source.ts';

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

/** Judges a body, on an address of the business `ownerId` if given, before it is stored; throws `BodyOutOfBounds`. Nothing is parsed. */
export function admitBody(body: string, ownerId?: Types.ObjectId): Admission {
  const bound = findExceededBound(body);
  if (bound !== null) throw new BodyOutOfBounds(bound);
  const persons = personKeysIn(body);
  return {
    source: sourceOf(body, ownerId),
    ...(persons.length === 0 ? {} : { persons }),
    ...(isUrgentBody(body) ? { isUrgent: true } : {}),
  };
}
