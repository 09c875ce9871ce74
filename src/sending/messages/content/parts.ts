import assert from 'node:assert/strict';
import type { MediaSource } from '../../../whatsapp/free-form.ts';

/** Helpers for building Meta's objects. Pure. */

type Defined<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> };

/** Drops undefined fields. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

/** The source of a file. The schema ensures that exactly one of the two is set. */
export function sourceOf({
  mediaId,
  link,
}: {
  mediaId?: string | undefined;
  link?: string | undefined;
}): MediaSource {
  if (mediaId !== undefined) return { id: mediaId };
  assert(link !== undefined, 'a file without an id has a link');
  return { link };
}
