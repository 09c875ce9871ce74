import { z } from 'zod';
import { noControls } from '../../../platform/text-fields.ts';

/** Fields that several kinds of messages share. */

/** Spelt out for readers of our OpenAPI document: no control characters but tab and line breaks. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const noControlsButBreaks = /^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$/;

/**
 * Text that a person reads. Meta does not say how it counts: an emoji counts here as the two or more code units that
 * it is, so that nothing is let through which Meta refuses.
 */
const words = (limit: number) =>
  z
    .string()
    .max(limit)
    .refine((text) => text.length <= limit || Array.from(text).length > limit, {
      error: `At most ${limit} characters are allowed, and an emoji counts as two or more.`,
    })
    .refine((text) => !/\p{Surrogate}/u.test(text), { error: 'This must not contain half a character.' })
    .regex(/\S/, { error: 'This must not be blank.' });

/** With line breaks as they are. */
export const paragraph = (limit: number) =>
  words(limit).regex(noControlsButBreaks, { error: 'This must not contain control characters.' });

/** On one line: titles, names, ids. */
export const line = (limit: number) =>
  words(limit).regex(noControls, { error: 'This must be one line without control characters.' });

const maxUrl = 2_000;

/** An address that a person opens. */
export const webUrl = z
  .url({ protocol: /^https?$/, error: 'This must be a URL as https://example.com/page.' })
  .max(maxUrl)
  .regex(/^https?:\/\/\S+$/i, { error: 'This must begin with https:// or http:// and have no spaces.' });

/** An address from which Meta fetches a file: it takes none that is not encrypted. */
const fileUrl = z
  .url({ protocol: /^https$/, error: 'This must be an https URL.' })
  .max(maxUrl)
  .regex(/^https:\/\/\S+$/i, { error: 'This must begin with https:// and have no spaces.' });

/** A file: uploaded before, or fetched by Meta. */
export const sourceFields = {
  mediaId: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/, { error: 'This must be the id of an uploaded file.' })
    .optional()
    .meta({ description: 'The id of an uploaded file at the provider' }),
  link: fileUrl.optional().meta({
    description: 'Where Meta downloads the file, which it caches for 10 minutes',
  }),
};

/** For `refine` of what has `sourceFields`. */
export const eitherSource = [
  ({ mediaId, link }: { mediaId?: string | undefined; link?: string | undefined }): boolean =>
    (mediaId === undefined) !== (link === undefined),
  { error: 'Give either mediaId or link.', path: ['mediaId'] as PropertyKey[] },
] as const;

export const fileName = line(240).meta({ description: 'As the contact sees it' });
