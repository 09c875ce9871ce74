import type { z } from 'zod';
import type { JsonSchema } from './openapi-normalise.ts';
import { createSchemaConverter } from './openapi-schemas.ts';

/** Whether a query field takes several values, which are separated by commas or each a parameter of the same name. */
export const takesSeveral = ({ type, anyOf }: JsonSchema): boolean =>
  type === 'array' || (Array.isArray(anyOf) && anyOf.some((each: JsonSchema) => takesSeveral(each)));

const known = new WeakMap<z.ZodType, ReadonlySet<string>>();

/** The names of the query fields that take several values. */
export function severalIn(query: z.ZodType | undefined): ReadonlySet<string> {
  if (query === undefined) return new Set();
  const found = known.get(query) ?? new Set(namesIn(query));
  known.set(query, found);
  return found;
}

function namesIn(query: z.ZodType): string[] {
  const { properties = {} } = createSchemaConverter().input(query) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
  };
  return Object.keys(properties).filter((name) => takesSeveral(properties[name] ?? {}));
}
