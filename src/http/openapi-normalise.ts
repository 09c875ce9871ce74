export type JsonSchema = Readonly<Record<string, unknown>>;

/** Becomes an OpenAPI `discriminator` once the members are references. */
export interface DiscriminatorDraft {
  readonly propertyName: string;
  readonly valuesByMember: readonly (readonly string[])[];
}

type NameOf = (id: string) => string;

/**
 * Zod writes equal schemas in several forms, which client generators treat differently. The result has one form: null is
 * the last member of an `anyOf`, a string has one pattern, a discriminated union has a `discriminator`, and references
 * lead to `components.schemas`.
 */
export function normaliseSchema(schema: JsonSchema, nameOf: NameOf): JsonSchema {
  const nested = (value: unknown): unknown => (isSchema(value) ? normaliseSchema(value, nameOf) : value);
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (isNoise(keyword, value)) return [];
    if (keyword === '$ref') return [[keyword, referenceOf(String(value), nameOf)]];
    if (keyword === 'properties' && isSchema(value))
      return [
        [keyword, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, nested(part)]))],
      ];
    if (schemaKeywords.has(keyword)) return [[keyword, nested(value)]];
    if (listKeywords.has(keyword) && Array.isArray(value)) return [[keyword, value.map(nested)]];
    return [[keyword, value]];
  });
  return withDiscriminator(withNullLast(withoutTypeList(withOnePattern(Object.fromEntries(entries)))));
}

const schemaKeywords = new Set(['items', 'additionalProperties', 'propertyNames', 'not']);
const listKeywords = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True of every JSON value, so redundant: names are strings, and integers are safe. */
const isNoise = (keyword: string, value: unknown): boolean =>
  (keyword === 'propertyNames' && JSON.stringify(value) === '{"type":"string"}') ||
  (keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
  (keyword === 'minimum' && value === Number.MIN_SAFE_INTEGER);

const referenceOf = (reference: string, nameOf: NameOf): string => {
  const id = /^#\/\$defs\/(.+)$/.exec(reference)?.[1];
  if (id === undefined || id.startsWith('__'))
    throw new Error(`A recursive schema needs an id: ${reference}`);
  return `#/components/schemas/${nameOf(id)}`;
};

/** Joins the patterns of a string: client generators read an `allOf` of patterns as a value of any type. */
function withOnePattern(schema: JsonSchema): JsonSchema {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf)) return schema;
  const patterns = allOf.flatMap((part: unknown) =>
    isSchema(part) && typeof part['pattern'] === 'string' && Object.keys(part).length === 1
      ? [part['pattern']]
      : [],
  );
  if (patterns.length < allOf.length) return schema;
  const lookaheads = patterns.map((pattern) =>
    pattern.startsWith('^') ? `(?=${pattern.slice(1)})` : `(?=[\\s\\S]*${pattern})`,
  );
  return { ...rest, pattern: `^${lookaheads.join('')}` };
}

/** Keywords that annotate a schema and do not restrict its values. */
const annotations = new Set(['description', 'examples', 'default', 'title', 'writeOnly', 'readOnly']);

/** Writes `type: ['string', 'null']` as an `anyOf`; the members keep the other keywords. */
function withoutTypeList(schema: JsonSchema): JsonSchema {
  const { type: types, ...rest } = schema;
  if (!Array.isArray(types)) return schema;
  const outer = Object.entries(rest).filter(([keyword]) => annotations.has(keyword));
  const inner = Object.entries(rest).filter(([keyword]) => !annotations.has(keyword));
  const anyOf = types.map((type: unknown) =>
    type === 'null' ? { type } : { type, ...Object.fromEntries(inner) },
  );
  return { ...Object.fromEntries(outer), anyOf };
}

const isNull = (schema: unknown): boolean => isSchema(schema) && schema['type'] === 'null';

/** Flattens an `anyOf` inside an `anyOf` and puts null last. */
function withNullLast(schema: JsonSchema): JsonSchema {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const members: unknown[] = anyOf.flatMap((member: unknown) =>
    isSchema(member) && Array.isArray(member['anyOf']) && Object.keys(member).length === 1
      ? (member['anyOf'] as unknown[])
      : [member],
  );
  const others = members.filter((member) => !isNull(member));
  return { ...schema, anyOf: others.length < members.length ? [...others, { type: 'null' }] : others };
}

/** An OpenAPI `discriminator` maps each value to its component. */
function withDiscriminator(schema: JsonSchema): JsonSchema {
  const draft = schema['discriminator'] as DiscriminatorDraft | undefined;
  if (draft === undefined) return schema;
  const { oneOf, anyOf } = schema as Readonly<Record<string, readonly JsonSchema[] | undefined>>;
  const members = oneOf ?? anyOf ?? [];
  const mapping = draft.valuesByMember.flatMap((values, place) => {
    const reference = members[place]?.['$ref'];
    if (reference === undefined)
      throw new Error(
        `Every member of a discriminated union needs an id: ${draft.propertyName} ${values.join(', ')}`,
      );
    return values.map((value) => [value, reference]);
  });
  return {
    ...schema,
    discriminator: { propertyName: draft.propertyName, mapping: Object.fromEntries(mapping) },
  };
}
