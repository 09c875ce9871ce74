import { z } from 'zod';
import { type DiscriminatorDraft, type JsonSchema, normaliseSchema } from './openapi-normalise.ts';

export interface SchemaConverter {
  /** The schema of a request. */
  input(schema: z.ZodType): JsonSchema;
  /** The schema of a response. */
  output(schema: z.ZodType): JsonSchema;
  /** The converted schemas that have an id (`.meta({ id })`), for `components.schemas`. */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** Converts Zod schemas to JSON Schema 2020-12; a schema with an id becomes a component. */
export function createSchemaConverter(): SchemaConverter {
  const components: Record<string, JsonSchema> = {};

  const convert = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const converted = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        // Zod's patterns for dates and addresses are very long; the format says the same.
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
        // A union with a description of its own refers to the union that it describes.
        if (zodSchema instanceof z.ZodDiscriminatedUnion && jsonSchema.$ref === undefined)
          Object.assign(jsonSchema, constantsOf(zodSchema), { discriminator: kindsOf(zodSchema) });
      },
    });
    const { $schema: _dialect, $defs = {}, ...root } = converted as JsonSchema;
    const definitions = $defs as Readonly<Record<string, JsonSchema>>;
    const nameOf = (id: string): string => componentName(id, io, definitions[id]);
    for (const [id, { id: _id, ...definition }] of Object.entries(definitions))
      register(components, nameOf(id), normaliseSchema(definition, nameOf));
    return normaliseSchema(root, nameOf);
  };

  return {
    input: (schema) => convert(schema, 'input'),
    output: (schema) => convert(schema, 'output'),
    components,
  };
}

/** Inputs and outputs have different names, because a field may be optional in only one of them. */
function componentName(id: string, io: 'input' | 'output', definition: JsonSchema = {}): string {
  const isInputOnly = /(Body|Input)$/.test(id);
  if (io === 'output' && isInputOnly) throw new Error(`${id} is named as an input, but a response uses it.`);
  const hasParts = ['properties', 'items', 'anyOf', 'oneOf', 'additionalProperties'].some(
    (part) => part in definition,
  );
  return io === 'output' || isInputOnly || !hasParts ? id : `${id}Input`;
}

/** The discriminating field and its values for each member. */
function kindsOf(union: z.ZodDiscriminatedUnion): DiscriminatorDraft {
  const propertyName = union.def.discriminator;
  return {
    propertyName,
    valuesByMember: union.options.map((option) =>
      [...(option._zod.propValues?.[propertyName] ?? [])].map(String),
    ),
  };
}

/** The constant fields that all members share, so that the union can be a member of another union. */
function constantsOf(union: z.ZodDiscriminatedUnion): JsonSchema {
  const constants = Object.entries(union._zod.propValues ?? {}).flatMap(([name, values]) =>
    name !== union.def.discriminator && values.size === 1
      ? [[name, { type: 'string', const: [...values][0] }] as const]
      : [],
  );
  if (constants.length === 0) return {};
  return {
    type: 'object',
    properties: Object.fromEntries(constants),
    required: constants.map(([name]) => name),
  };
}

function register(components: Record<string, JsonSchema>, name: string, schema: JsonSchema): void {
  const existing = components[name];
  if (existing !== undefined && JSON.stringify(existing) !== JSON.stringify(schema))
    throw new Error(`Two different schemas have the id ${name}; each id names one schema.`);
  components[name] = schema;
}
