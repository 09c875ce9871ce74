import { Types } from 'mongoose';
import { z } from 'zod';

/** Fields that many schemas share. */

/** An id of ours: 24 hexadecimal digits; parsed into an ObjectId, so that nothing else can reach a filter. */
export const objectIdText = z
  .string()
  .regex(/^[0-9a-f]{24}$/, { error: 'Must be an id of 24 hexadecimal digits.' })
  .transform((text) => Types.ObjectId.createFromHexString(text));

export const idParams = z.strictObject({
  id: objectIdText.meta({ description: 'The id of the resource, 24 hexadecimal digits' }),
});

/** Any value that a JSON body can hold. Not `z.json()`: client generators fail on its recursion. */
export const JsonValue = z
  .custom<z.core.util.JSONType>()
  .meta({ id: 'JsonValue', description: 'Any JSON value' });

/** A time as ISO 8601 with its zone; parsed into a Date. */
export const isoTime = z.iso
  .datetime({ offset: true, error: 'Must be a time as 2026-11-23T09:00:00Z.' })
  .transform((text) => new Date(text));
