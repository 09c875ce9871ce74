import { z } from 'zod';

/** Fields that several webhook readers share. */

/** Up to the year 2286; a longer number is not a valid Date. */
export const Timestamp = z.union([
  z.string().regex(/^\d{1,13}$/),
  z.number().int().nonnegative().max(9_999_999_999_999),
]);

/** Meta sends seconds as text, relays milliseconds as numbers; a value above 1e11 can only be milliseconds. */
export const toEpochMs = (timestamp: string | number): number => {
  const value = Number(timestamp);
  return value > 1e11 ? value : value * 1_000;
};

/** An unreadable item; the reason names its place and the unreadable fields, never their content. */
export const invalidItem = (path: string, error: z.ZodError): { kind: 'invalid'; reason: string } => ({
  kind: 'invalid',
  reason: `${path}: ${error.issues.map((issue) => issue.path.join('.') || issue.code).join(', ')} not readable`,
});
