import { z } from 'zod';

/** Fields of text that several features share. */

/** Spelt out, because a client that reads it in our OpenAPI document may not know Unicode classes. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
export const noControls = /^[^\u0000-\u001F\u007F-\u009F]*$/;

/** One line that people see: without control characters, which could only be there to confuse. */
export const LineText = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(noControls, { error: 'This must not contain control characters.' });

/** An e-mail address in the one form in which it is stored: trimmed, in lower case. */
export const EmailText = z
  .string()
  .max(320)
  .trim()
  .toLowerCase()
  .pipe(z.email({ error: 'This must be an e-mail address.' }).max(254))
  .meta({ format: 'email', examples: ['jane@example.com'] });

/** For `refine` of bodies that change something. */
export const notEmpty = [
  (body: object): boolean => Object.keys(body).length > 0,
  { error: 'Give at least one field to change.' },
] as const;

/** Whether a text is the name of a time zone, as "Europe/Berlin"; offsets as "+02:00" are none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const TimeZoneText = z
  .string()
  .refine(isTimeZone, { error: 'This must be an IANA time zone such as Europe/Berlin.' })
  .meta({ examples: ['Europe/Berlin'] });
