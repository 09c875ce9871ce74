import { z } from 'zod';
import { isVisible } from './plain-text.ts';
import { isTimeZone } from './zones.ts';

/** Text fields that several areas share. */

/**
 * Neither control characters nor the separators of lines and paragraphs, which break a line as well. Explicit ranges,
 * because readers of the OpenAPI document may not support Unicode classes.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
export const noControls = /^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]*$/;

/** No control characters except tab and line breaks. Spelt out, because it appears in the OpenAPI document. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const noControlsButBreaks = /^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$/;

/**
 * Non-blank text. Meta does not document how it counts characters, so the limit counts UTF-16 code units, two or more
 * per emoji: the stricter way.
 */
export const nonBlankText = (limit: number) =>
  z
    .string()
    .max(limit)
    .refine((text) => text.length <= limit || Array.from(text).length > limit, {
      error: `At most ${limit} characters are allowed, and an emoji counts as two or more.`,
    })
    .refine((text) => !/\p{Surrogate}/u.test(text), { error: 'Must not contain unpaired surrogates.' })
    .refine(isVisible, { error: 'Must not be blank.' });

/** Text with line breaks. */
export const paragraphText = (limit: number) =>
  nonBlankText(limit).regex(noControlsButBreaks, { error: 'Must not contain control characters.' });

/** One line of visible text, without control characters. */
export const LineText = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(noControls, { error: 'This must not contain control characters.' });

/** An e-mail address in its stored form: trimmed and in lower case. */
export const EmailText = z
  .string()
  .max(320)
  .trim()
  .toLowerCase()
  .pipe(z.email({ error: 'This must be an e-mail address.' }).max(254))
  .meta({ format: 'email', examples: ['jane@example.com'] });

/** Arguments for `refine` of a PATCH body. */
export const notEmpty = [
  (body: object): boolean => Object.keys(body).length > 0,
  { error: 'Give at least one field to change.' },
] as const;

export const TimeZoneText = z
  .string()
  .refine(isTimeZone, { error: 'This must be an IANA time zone such as Europe/Berlin.' })
  .meta({ examples: ['Europe/Berlin'] });
