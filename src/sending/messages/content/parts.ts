import assert from 'node:assert/strict';
import type { MediaSource } from '../../../whatsapp/free-form.ts';

/** Small parts of Meta's objects. Pure. */

type Defined<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> };

/** The fields that have a value: Meta is sent nothing that was not given. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Where a file is: the schema lets exactly one of the two places through. */
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
