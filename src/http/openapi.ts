import type { z } from 'zod';
import {
  commonHeadersOf,
  headerReferences,
  requestHeaderReference,
  requestHeaders,
  requestHeadersOf,
  responseHeaders,
  successHeadersOf,
} from './openapi-headers.ts';
import type { JsonSchema } from './openapi-normalise.ts';
import { fileContent, statusTexts } from './openapi-replies.ts';
import {
  mergeResponses,
  problemCodesOf,
  problemExamples,
  problemResponses,
  problemSchemasOf,
  type ProblemSource,
  type Responses,
} from './openapi-problems.ts';
import { type Operation, shareResponses } from './openapi-shared.ts';
import { securityOf, securitySchemes } from './openapi-security.ts';
import { createSchemaConverter, type SchemaConverter } from './openapi-schemas.ts';
import type { ProblemCode, ProblemTable } from '../platform/errors.ts';
import type { PageRoute } from './page.ts';
import type { RawRoute } from './raw-route.ts';
import type { Access, AnyRoute, NamedExample } from './route.ts';
import { isFingerprinted } from './unchanged.ts';
import { mayOmitBody } from './validation.ts';
import { takesNamed, takesSeveral } from './several-values.ts';

/** The description of the API as a whole. */
export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly license: { readonly name: string; readonly identifier: string };
  /** In reading order. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
}

export interface OpenApiOptions {
  readonly about: ApiDescription;
  readonly routes: readonly AnyRoute[];
  readonly rawRoutes: readonly RawRoute[];
  readonly pages: readonly PageRoute[];
  readonly problems: ProblemTable;
  readonly publicUrl: string;
}

/** The OpenAPI 3.1 document, made from the tables that serve the requests. */
export function createOpenApiDocument(options: OpenApiOptions): JsonSchema {
  const { about, routes, rawRoutes, pages, problems, publicUrl } = options;
  const schemas = createSchemaConverter();
  const source = { problems, publicUrl };
  const { operations, shared, codes } = shareResponses([
    ...routes.map((entry) => describeRoute(entry, { schemas, source })),
    ...rawRoutes.map((entry) => describeRawRoute(entry, source)),
    ...pages.map((entry) => describePage(entry, source)),
  ]);
  const problemSchemas = problemSchemasOf(problems, schemas);
  const { tags, ...info } = about;
  return {
    openapi: '3.1.0',
    info: { ...info, contact: { name: 'API documentation', url: `${publicUrl}/docs` } },
    servers: [serverAt(publicUrl)],
    tags,
    paths: pathsOf(operations),
    components: {
      schemas: sortedByName({ ...problemSchemas, ...schemas.components }),
      responses: sortedByName(shared),
      examples: problemExamples(source, codes),
      headers: responseHeaders,
      parameters: requestHeaders,
      securitySchemes,
    },
  };
}

const sortedByName = <T>(parts: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(parts).toSorted(([left], [right]) => (left < right ? -1 : 1)));

function serverAt(publicUrl: string): JsonSchema {
  const [, scheme = '', host = '', path = ''] = /^(https?):\/\/([^/]+)(.*)$/.exec(publicUrl) ?? [];
  return {
    url: `{scheme}://{host}${path.replace(/\/$/, '')}`,
    description: 'The server of this document (PUBLIC_URL)',
    variables: { scheme: { default: scheme, enum: ['http', 'https'] }, host: { default: host } },
  };
}

function pathsOf(operations: readonly Operation[]): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const ids = new Set<unknown>();
  for (const { method, path, document } of operations) {
    const item = (paths[openApiPath(path)] ??= {});
    const { operationId } = document;
    if (item[method] !== undefined) throw new Error(`${method.toUpperCase()} ${path} is declared twice.`);
    if (ids.has(operationId)) throw new Error(`Two operations have the id ${String(operationId)}.`);
    ids.add(operationId);
    item[method] = document;
  }
  return paths;
}

/** `/api/messages/:id` in OpenAPI's form: `/api/messages/{id}`. */
export const openApiPath = (path: string): string => path.replace(/:([A-Za-z]+)/g, '{$1}');

type Described = Pick<AnyRoute, 'operationId' | 'tag' | 'summary' | 'description' | 'access'>;

function headOf({ operationId, tag, summary, description, access }: Described): JsonSchema {
  const text = [whoMayCall(access), description].filter((part) => part !== undefined).join(' ');
  return { operationId, tags: [tag], summary, ...(text === '' ? {} : { description: text }) };
}

/** Undefined if every user of the business may. */
function whoMayCall(access: Access): string | undefined {
  if (access === 'public' || access.includes('agent')) return undefined;
  const names = [
    ...(access.includes('admin') ? ['Admins'] : []),
    ...(access.includes('operator') ? ['operators'] : []),
  ].join(' and ');
  return `${names.charAt(0).toUpperCase()}${names.slice(1)} only.`;
}

interface RouteContext {
  readonly schemas: SchemaConverter;
  readonly source: ProblemSource;
}

function describeRoute(entry: AnyRoute, { schemas, source }: RouteContext): Operation {
  const common = commonHeadersOf(entry);
  const document = {
    ...headOf(entry),
    ...(entry.access === 'public' ? {} : { 'x-access': entry.access }),
    security: securityOf(entry),
    parameters: [
      ...parametersOf(entry.params, 'path', schemas),
      ...parametersOf(entry.query, 'query', schemas),
      ...requestHeadersOf(entry).map(requestHeaderReference),
    ],
    ...(entry.takesFile === undefined
      ? {}
      : { requestBody: { required: true, content: fileContent('application/octet-stream') } }),
    ...(entry.body === undefined
      ? {}
      : {
          requestBody: {
            required: !mayOmitBody(entry),
            content: {
              'application/json': mediaOf(entry.body, schemas.input(entry.body), entry.bodyExamples),
            },
          },
        }),
    responses: mergeResponses(
      { ...repliesOf(entry, schemas), ...(isFingerprinted(entry) ? { 304: unchangedOf(entry) } : {}) },
      problemResponses(source, problemCodesOf(entry), common),
    ),
  };
  return { method: entry.method, path: entry.path, document };
}

/** The schema with the given examples, else with its first one. */
function mediaOf(
  schema: z.ZodType,
  described: JsonSchema,
  examples?: Readonly<Record<string, NamedExample>>,
): JsonSchema {
  if (examples !== undefined) return { schema: described, examples };
  const example = exampleOf(schema);
  return { schema: described, ...(example === undefined ? {} : { example }) };
}

/** The first of `.meta({ examples: […] })`. */
export function exampleOf(schema: z.ZodType): unknown {
  const examples: unknown = schema.meta()?.['examples'];
  return Array.isArray(examples) ? (examples as readonly unknown[])[0] : undefined;
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query', schemas: SchemaConverter) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.input(schema) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    ...(takesSeveral(property) ? { style: 'form', explode: false } : {}),
    ...(place === 'query' && takesNamed(property) ? { style: 'deepObject', explode: true } : {}),
    schema: property,
  }));
}

const repliesOf = (entry: AnyRoute, schemas: SchemaConverter): Responses =>
  Object.fromEntries(
    Object.entries(entry.replies).map(([text, schema]) => {
      const status = Number(text);
      const isFile = schema === null && entry.sendsFile === true && status < 300;
      const hasOwn = schema !== null || isFile || entry.sendsOutcome === true;
      const own = hasOwn && status < 300 ? successHeadersOf(entry, status) : [];
      return [
        text,
        {
          description: statusTexts[status] ?? entry.summary,
          headers: headerReferences([...commonHeadersOf(entry), ...own]),
          ...(isFile ? { content: fileContent('*/*') } : {}),
          ...(schema === null ? streamOf(entry, status, schemas) : contentOf(schema, schemas)),
        },
      ];
    }),
  );

const unchangedOf = (entry: AnyRoute) => ({
  description: 'As the answer with this `ETag`; the response has no body',
  headers: headerReferences([...commonHeadersOf(entry), 'ETag']),
});

const contentOf = (schema: z.ZodType, schemas: SchemaConverter): JsonSchema => ({
  content: { 'application/json': mediaOf(schema, schemas.output(schema)) },
});

/** The schema is that of the data of each event. */
const streamOf = ({ stream }: AnyRoute, status: number, schemas: SchemaConverter): JsonSchema =>
  stream === undefined || status !== 200
    ? {}
    : { content: { 'text/event-stream': mediaOf(stream, schemas.output(stream)) } };

function describeRawRoute(entry: RawRoute, source: ProblemSource): Operation {
  const { parameters = [], request, replies, problems: codes = [] } = entry.documentation;
  const own = Object.fromEntries(
    Object.entries(replies).map(([status, { description, contentType, example }]) => [
      status,
      {
        description,
        headers: headerReferences(['X-Request-Id']),
        ...(contentType === undefined
          ? {}
          : { content: { [contentType]: { schema: { type: 'string' }, example } } }),
      },
    ]),
  );
  const tooLarge: readonly ProblemCode[] = entry.method === 'post' ? ['body-too-large'] : [];
  const possible = [...codes, ...tooLarge, 'internal', 'dependency-away'] as const;
  const document = {
    ...headOf({ ...entry, access: 'public' }),
    security: [],
    parameters: [
      ...parameters.map((parameter) => ({ ...parameter, schema: { type: 'string' } })),
      requestHeaderReference('X-Request-Id'),
    ],
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [request.contentType]: { schema: {}, example: request.example } },
          },
        }),
    responses: mergeResponses(own, problemResponses(source, possible, ['X-Request-Id'])),
  };
  return { method: entry.method, path: entry.path, document };
}

function describePage(entry: PageRoute, source: ProblemSource): Operation {
  const names = Object.entries(entry.parameters ?? {});
  const document = {
    ...headOf({ ...entry, access: 'public' }),
    security: [],
    parameters: [
      ...names.map(([name, description]) => ({
        ...{ name, in: 'path', required: true, description },
        schema: { type: 'string' },
      })),
      requestHeaderReference('X-Request-Id'),
    ],
    responses: {
      200: {
        description: 'OK',
        headers: headerReferences(['X-Request-Id']),
        content: {
          [entry.contentType]: { schema: entry.schema ?? { type: 'string' }, example: entry.example },
        },
      },
      ...(names.length === 0 ? {} : problemResponses(source, ['not-found'], ['X-Request-Id'])),
    },
  };
  return { method: 'get', path: entry.path, document };
}
