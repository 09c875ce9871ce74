import type { z } from 'zod';
import type { JsonSchema } from './openapi-normalise.ts';
import { createSchemaConverter } from './openapi-schemas.ts';

/** Whether a query field takes several values, which are separated by commas or each a parameter of the same name. */
export const takesSeveral = ({ type, anyOf }: JsonSchema): boolean =>
  type === 'array' || (Array.isArray(anyOf) && anyOf.some((each: JsonSchema) => takesSeveral(each)));

/** Whether a query field takes values by name, each a parameter such as `customField[city]` (OpenAPI's `deepObject`). */
export const takesNamed = ({ type }: JsonSchema): boolean => type === 'object';

/** The names of the query fields that take more than one value. */
export interface ManyValued {
  readonly several: ReadonlySet<string>;
  readonly named: ReadonlySet<string>;
}

const known = new WeakMap<z.ZodType, ManyValued>();
const none: ManyValued = { several: new Set(), named: new Set() };

export function manyValuedIn(query: z.ZodType | undefined): ManyValued {
  if (query === undefined) return none;
  const found = known.get(query) ?? namesIn(query);
  known.set(query, found);
  return found;
}

function namesIn(query: z.ZodType): ManyValued {
  const { properties = {} } = createSchemaConverter().input(query) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
  };
  const namesOf = (takes: (schema: JsonSchema) => boolean) =>
    new Set(Object.keys(properties).filter((name) => takes(properties[name] ?? {})));
  return { several: namesOf(takesSeveral), named: namesOf(takesNamed) };
}
