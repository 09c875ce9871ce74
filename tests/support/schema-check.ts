/** The part of JSON Schema that our documents use. */
export interface OpenApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly allOf?: readonly OpenApiSchema[];
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | OpenApiSchema;
  readonly items?: OpenApiSchema;
  readonly pattern?: string;
}

/** Whatever JSON can hold. */
const anyValue = '#/components/schemas/JsonValue';

type Schemas = Readonly<Record<string, OpenApiSchema>>;

/**
 * Creates a check that describes where a value violates a schema; empty if it fits. Stricter than JSON Schema in one
 * way: a field that the schema does not name is a problem, even if the schema would allow it.
 */
export function createSchemaCheck(schemas: Schemas) {
  function check(schema: OpenApiSchema | undefined, value: unknown, path = 'body'): string[] {
    if (schema === undefined) return [];
    if (schema.$ref === anyValue) return [];
    if (schema.$ref !== undefined) return check(resolve(schemas, schema.$ref), value, path);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) {
      const results = choices.map((choice) => check(choice, value, path));
      return results.some((result) => result.length === 0) ? [] : [`${path} fits none of ${choices.length}`];
    }
    if (schema.allOf !== undefined) return schema.allOf.flatMap((part) => check(part, value, path));
    return [...checkValue(schema, value, path), ...checkParts(schema, value, path)];
  }

  function checkParts(schema: OpenApiSchema, value: unknown, path: string): string[] {
    if (Array.isArray(value))
      return value.flatMap((item, index) => check(schema.items, item, `${path}[${index}]`));
    if (typeof value !== 'object' || value === null) return [];
    const { properties = {}, required = [], additionalProperties } = schema;
    const missing = required.filter((field) => !Object.hasOwn(value, field));
    return [
      ...missing.map((field) => `${path}.${field} is missing`),
      ...Object.entries(value).flatMap(([field, part]) => {
        const known =
          properties[field] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
        if (known !== undefined) return check(known, part, `${path}.${field}`);
        return additionalProperties === true ? [] : [`${path}.${field} is not described`];
      }),
    ];
  }

  return check;
}

function resolve(schemas: Schemas, reference: string): OpenApiSchema {
  const name = reference.split('/').at(-1) ?? '';
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`${reference} points nowhere`);
  return schema;
}

function checkValue(schema: OpenApiSchema, value: unknown, path: string): string[] {
  if (schema.const !== undefined && value !== schema.const)
    return [`${path} is not ${JSON.stringify(schema.const)}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path} is none of its values`];
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length > 0 && !types.some((type) => isOfType(type, value)))
    return [`${path} is no ${types.join()}`];
  const isText = typeof value === 'string' && schema.pattern !== undefined;
  return isText && !new RegExp(schema.pattern, 'u').test(value) ? [`${path} does not fit its pattern`] : [];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
