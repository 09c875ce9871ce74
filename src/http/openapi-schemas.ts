import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface SchemaConverter {
  /** What callers send. */
  input(schema: z.ZodType): JsonSchema;
  /** What we answer. */
  output(schema: z.ZodType): JsonSchema;
  /** The schemas that carry an id (`.meta({ id })`), for `components.schemas`. */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** Zod schemas as JSON Schema 2020-12; those with an id are written once and referred to. */
export function createSchemaConverter(): SchemaConverter {
  const components: Record<string, JsonSchema> = {};

  const convert = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const nameOf = (id: string): string => (io === 'input' ? `${id}Input` : id);
    const converted = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        // Zod's patterns for dates and addresses run over lines; the format says the same to a reader.
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      },
    });
    const { $schema: _dialect, $defs: definitions = {}, ...root } = renameReferences(converted, nameOf);
    for (const [id, definition] of Object.entries(definitions as Record<string, JsonSchema>))
      register(components, nameOf(id), definition);
    return root;
  };

  return {
    input: (schema) => convert(schema, 'input'),
    output: (schema) => convert(schema, 'output'),
    components,
  };
}

function register(
  components: Record<string, JsonSchema>,
  name: string,
  { id: _id, ...schema }: JsonSchema,
): void {
  const existing = components[name];
  if (existing !== undefined && JSON.stringify(existing) !== JSON.stringify(schema))
    throw new Error(`Two different schemas have the id ${name}; each id names one schema.`);
  components[name] = schema;
}

const renameReferences = (schema: object, nameOf: (id: string) => string): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    const id = key === '$ref' && typeof value === 'string' ? /^#\/\$defs\/(.+)$/.exec(value)?.[1] : undefined;
    return id === undefined ? value : `#/components/schemas/${nameOf(id)}`;
  }) as Record<string, unknown>;
