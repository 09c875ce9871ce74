import type { MediaSource } from '../whatsapp/free-form.ts';

/** Small parts of Meta's objects. Pure. */

type Defined<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> };

/** The fields that have a value: Meta is sent nothing that was not given. */
export const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Where a file is, of the two places of which the schema lets one through. */
export const sourceOf = (source: { mediaId?: string | undefined; link?: string | undefined }): MediaSource =>
  source.mediaId === undefined ? { link: source.link ?? '' } : { id: source.mediaId };
