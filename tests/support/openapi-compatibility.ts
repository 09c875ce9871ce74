/** The part of an OpenAPI document that a caller depends on. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters?: Readonly<Record<string, Parameter>>;
    readonly responses?: Readonly<Record<string, Response>>;
  };
}

interface Operation {
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

interface Response {
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Reference {
  readonly $ref: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

interface Change<T> {
  readonly old: T | undefined;
  readonly now: T | undefined;
}

/**
 * The writer of the values: callers, whose requests must still be accepted, or the server, whose answers must still
 * be as expected.
 */
type Writer = 'caller' | 'server';

/** Breaking changes from the old document to the new one, one line each; empty if every caller still works. */
export function findBreaks(before: OpenApiDocument, after: OpenApiDocument): string[] {
  const compare = createSchemaComparison(before, after);

  const compareContent = (place: string, writer: Writer, { old = {}, now }: Change<Content>): string[] =>
    Object.entries(old).flatMap(([type, { schema }]) => {
      const kept = now?.[type];
      if (kept === undefined) return [`${place}: ${type} is gone`];
      return compare(schema, kept.schema, { writer, place });
    });

  const parametersOf = ({ parameters = [] }: Operation, { components }: OpenApiDocument): Parameter[] =>
    parameters.map((parameter) => {
      if (!('$ref' in parameter)) return parameter;
      const found = components.parameters?.[nameIn(parameter.$ref)];
      if (found === undefined) throw new Error(`${parameter.$ref} points nowhere`);
      return found;
    });

  const contentOf = (
    response: Response | Reference,
    { components }: OpenApiDocument,
  ): Content | undefined => {
    if (!('$ref' in response)) return response.content;
    const found = components.responses?.[nameIn(response.$ref)];
    if (found === undefined) throw new Error(`${response.$ref} points nowhere`);
    return found.content;
  };

  const compareParameters = (place: string, old: Operation, now: Operation): string[] => {
    const [known, offered] = [parametersOf(old, before), parametersOf(now, after)];
    const isSame = (left: Parameter, right: Parameter) => left.name === right.name && left.in === right.in;
    const isNew = (parameter: Parameter) =>
      !known.some((other) => isSame(other, parameter) && other.required === true);
    return [
      ...offered
        .filter((parameter) => parameter.required === true && isNew(parameter))
        .map(({ name }) => `${place} ${name}: is required now`),
      ...known.flatMap((parameter) => {
        const kept = offered.find((other) => isSame(parameter, other));
        if (kept === undefined) return [`${place} ${parameter.name}: is gone`];
        return compare(parameter.schema, kept.schema, {
          writer: 'caller',
          place: `${place} ${parameter.name}`,
        });
      }),
    ];
  };

  return Object.entries(before.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, old]) => {
      const place = `${method} ${path}`;
      const now = after.paths[path]?.[method];
      if (now === undefined) return [`${place}: is gone`];
      return [
        ...compareParameters(place, old, now),
        ...compareContent(`${place} body`, 'caller', {
          old: old.requestBody?.content,
          now: now.requestBody?.content,
        }),
        ...Object.entries(old.responses).flatMap(([status, response]) => {
          const kept = now.responses[status];
          if (kept === undefined) return [`${place} ${status}: is gone`];
          const change = { old: contentOf(response, before), now: contentOf(kept, after) };
          return compareContent(`${place} ${status}`, 'server', change);
        }),
      ];
    }),
  );
}

const nameIn = (reference: string): string => reference.split('/').at(-1) ?? '';

interface Where {
  readonly writer: Writer;
  readonly place: string;
}

/** One alternative of a value, without references and unions. */
type Shape = Omit<Schema, '$ref' | 'anyOf' | 'oneOf'> & { readonly type: string };

function createSchemaComparison(before: OpenApiDocument, after: OpenApiDocument) {
  /** Schema pairs in progress: a recursive schema is compared only once. */
  const underWay = new Set<string>();

  function compare(old: Schema | undefined, now: Schema | undefined, where: Where): string[] {
    const pair = `${old?.$ref} ${now?.$ref} ${where.writer}`;
    if (old?.$ref !== undefined && underWay.has(pair)) return [];
    underWay.add(pair);
    try {
      return compareShapes(shapesOf(old, before), shapesOf(now, after), where);
    } finally {
      underWay.delete(pair);
    }
  }

  /** Each alternative that the writer may choose must be one that the reader knows. */
  function compareShapes(old: readonly Shape[], now: readonly Shape[], where: Where): string[] {
    if (isAnything(where.writer === 'caller' ? now : old)) return [];
    const [written, known] = where.writer === 'caller' ? [old, now] : [now, old];
    return written.flatMap((shape) => {
      const tries = known.map((other) =>
        where.writer === 'caller' ? compareShape(shape, other, where) : compareShape(other, shape, where),
      );
      const closest = tries.toSorted((left, right) => left.length - right.length)[0];
      return closest ?? [`${where.place}: nothing is known of ${shape.type}`];
    });
  }

  function compareShape(old: Shape, now: Shape, where: Where): string[] {
    const { writer, place } = where;
    if (old.type !== now.type) return [`${place}: was ${old.type}, is ${now.type}`];
    const [written, known] =
      writer === 'caller' ? [valuesOf(old), valuesOf(now)] : [valuesOf(now), valuesOf(old)];
    const isKnown = (value: unknown) => known === undefined || known.includes(value);
    if (written === undefined ? known !== undefined : !written.every(isKnown))
      return [`${place}: other values`];
    if (old.type === 'array') return compare(old.items, now.items, { writer, place: `${place}[]` });
    return old.type === 'object' ? compareObjects(old, now, where) : [];
  }

  function compareObjects(old: Shape, now: Shape, { writer, place }: Where): string[] {
    const [had, has] = [new Set(old.required), new Set(now.required)];
    const lost = [...had].filter((name) => !has.has(name));
    const demanded = [...has].filter((name) => !had.has(name));
    const partsOf = ({ additionalProperties: rest }: Shape) =>
      typeof rest === 'object' ? { '*': rest } : {};
    const offered: Readonly<Record<string, Schema>> = { ...now.properties, ...partsOf(now) };
    return [
      ...(writer === 'server' ? lost.map((name) => `${place}.${name}: may be missing now`) : []),
      ...(writer === 'caller' ? demanded.map((name) => `${place}.${name}: is required now`) : []),
      ...Object.entries({ ...old.properties, ...partsOf(old) }).flatMap(([name, schema]) =>
        Object.hasOwn(offered, name)
          ? compare(schema, offered[name], { writer, place: `${place}.${name}` })
          : [`${place}.${name}: is gone`],
      ),
    ];
  }

  return compare;
}

const isAnything = (shapes: readonly Shape[]): boolean => shapes.some(({ type }) => type === 'anything');

const valuesOf = ({ const: constant, enum: values }: Shape): readonly unknown[] | undefined =>
  constant === undefined ? values : [constant];

/** The alternatives of a schema. Keywords beside a union apply to each of its members. */
function shapesOf(schema: Schema | undefined, document: OpenApiDocument): Shape[] {
  const { $ref, anyOf, oneOf, type, ...rest } = schema ?? {};
  if ($ref !== undefined) {
    const target = document.components.schemas[nameIn($ref)];
    if (target === undefined) throw new Error(`${$ref} points nowhere`);
    return shapesOf(target, document);
  }
  const members = anyOf ?? oneOf;
  if (members !== undefined) return members.flatMap((member) => shapesOf(member, document));
  const types = typeof type === 'string' ? [type] : (type ?? ['anything']);
  return types.map((each) => ({ ...rest, type: each }));
}
