import { z } from 'zod';
import { isTimeZone } from './zones.ts';

/** Text fields that several areas share. */

/**
 * Neither control characters nor the separators of lines and paragraphs, which break a line as well. Explicit ranges,
 * because readers of the OpenAPI document may not support Unicode classes.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
export const noControls = /^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]*$/;

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
