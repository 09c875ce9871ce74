import { z } from 'zod';

/** Fields that several readers of webhooks share. */

/** Up to the year 2286: what is longer is no time at all, and would not even be a date. */
export const Timestamp = z.union([
  z.string().regex(/^\d{1,13}$/),
  z.number().int().nonnegative().max(9_999_999_999_999),
]);

/** Meta sends seconds as text; relays send milliseconds as numbers. Beyond 1e11 it can only be milliseconds. */
export const toEpochMs = (timestamp: string | number): number => {
  const value = Number(timestamp);
  return value > 1e11 ? value : value * 1_000;
};

/** An item that cannot be read; the reason names its place and what was not readable, never its content. */
export const invalidItem = (path: string, error: z.ZodError): { kind: 'invalid'; reason: string } => ({
  kind: 'invalid',
  reason: `${path}: ${error.issues.map((issue) => issue.path.join('.') || issue.code).join(', ')} not readable`,
});
