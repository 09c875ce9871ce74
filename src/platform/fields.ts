import { Types } from 'mongoose';
import { z } from 'zod';

/** Fields that many schemas share. */

/** An id of ours: 24 hexadecimal digits. Parsed into an ObjectId, so that no other type reaches a filter. */
export const objectIdText = z
  .string()
  .regex(/^[0-9a-f]{24}$/, { error: 'Must be an id of 24 hexadecimal digits.' })
  .transform((text) => Types.ObjectId.createFromHexString(text));

/** One to `max` ids, each once. */
export const distinctIds = (max: number, noun: string) =>
  z
    .array(objectIdText)
    .min(1)
    .max(max)
    .superRefine((ids, context) => {
      const texts = ids.map(String);
      for (const [index, id] of texts.entries()) {
        if (texts.indexOf(id) < index)
          context.addIssue({ code: 'custom', path: [index], message: `The ${noun} occurs twice.` });
      }
    });

export const idParams = z.strictObject({
  id: objectIdText.meta({ description: 'The id of the resource, 24 hexadecimal digits' }),
});

/**
 * A text of an answer whose values are known today, and may become more: clients must accept others. The description
 * lists the known ones beside any text, so that a new value breaks no generated client.
 */
export const openEnum = (known: readonly [string, ...string[]]) => z.union([z.enum(known), z.string()]);

/** Any value that a JSON body can hold. Not `z.json()`: client generators fail on its recursion. */
export const JsonValue = z
  .custom<z.core.util.JSONType>()
  .meta({ id: 'JsonValue', description: 'Any JSON value' });

/** An ISO 8601 time with a zone, parsed into a Date. */
export const isoTime = z.iso
  .datetime({ offset: true, error: 'Must be a time such as 2026-11-23T09:00:00Z.' })
  .transform((text) => new Date(text));

/** An object of a stranger in an answer, with any keys: `z.record` would leave out the key `__proto__`. */
export const AnyObject = z
  .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null)
  .meta({ type: 'object', propertyNames: { type: 'string' }, additionalProperties: {} });

/**
 * A query field that takes one value, or several separated by commas: `status=queued,scheduled`. Parsed into an array
 * without repetitions. Described as either, so that a client that passes one value stays right.
 */
export const oneOrMoreOf = <Value extends string>(item: z.ZodEnum<Readonly<Record<Value, Value>>>) =>
  z
    .preprocess(
      (value) => (typeof value === 'string' && value.includes(',') ? value.split(',') : value),
      z.union([item, z.array(item).min(1).max(item.options.length)]),
    )
    .transform((value) => (Array.isArray(value) ? [...new Set(value)] : [value]));
