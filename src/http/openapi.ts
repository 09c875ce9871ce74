import type { z } from 'zod';
import type { ProblemCode, ProblemTable } from '../platform/errors.ts';
import { createSchemaConverter, type JsonSchema, type SchemaConverter } from './openapi-schemas.ts';
import type { PageRoute } from './page.ts';
import { problemContentType } from './problems.ts';
import type { RawRoute } from './raw-route.ts';
import { type AnyRoute, isLimited } from './route.ts';

export interface OpenApiOptions {
  readonly routes: readonly AnyRoute[];
  readonly rawRoutes: readonly RawRoute[];
  readonly pages: readonly PageRoute[];
  readonly problems: ProblemTable;
  readonly publicUrl: string;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly document: JsonSchema;
}

/** The OpenAPI 3.1 document, made from the same tables that serve the requests. */
export function createOpenApiDocument(options: OpenApiOptions): JsonSchema {
  const { routes, rawRoutes, pages, problems, publicUrl } = options;
  const schemas = createSchemaConverter();
  const operations = [
    ...routes.map((entry) => describeRoute(entry, { schemas, problems })),
    ...rawRoutes.map((entry) => describeRawRoute(entry, problems)),
    ...pages.map((entry) => describePage(entry, problems)),
  ];
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const { method, path, document } of operations) {
    const item = (paths[openApiPath(path)] ??= {});
    if (item[method] !== undefined) throw new Error(`${method.toUpperCase()} ${path} is declared twice.`);
    item[method] = document;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'WhatsApp CRM',
      version: '0.1.0',
      description:
        'JSON in and out. Errors are problem details (RFC 9457); `code` names the problem and `errors` lists every validation issue. Every answer carries `X-Request-Id`. Sign up or log in, then send `Authorization: Bearer <accessToken>`; an operation without «For admins» or «For operators» is for every user of the business. Where 412 is listed, `If-Match` takes the `ETag` of the answer that you have read, and the change is refused when somebody else was faster. Lists have `nextCursor`: pass it as `cursor` with the same filters until it is null.',
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      schemas: { ...schemas.components, Problem: problemSchema(problems) },
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        refreshCookie: { type: 'apiKey', in: 'cookie', name: 'refreshToken' },
      },
    },
  };
}

/** `/api/messages/:id` as OpenAPI writes it: `/api/messages/{id}`. */
export const openApiPath = (path: string): string => path.replace(/:([A-Za-z]+)/g, '{$1}');

const operationId = (method: string, path: string): string =>
  [method, ...path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')]
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

interface RouteContext {
  readonly schemas: SchemaConverter;
  readonly problems: ProblemTable;
}

function describeRoute(entry: AnyRoute, { schemas, problems }: RouteContext): Operation {
  const parameters = [
    ...parametersOf(entry.params, 'path', schemas),
    ...parametersOf(entry.query, 'query', schemas),
    ...(entry.idempotent === true ? [idempotencyKeyParameter] : []),
    ...(readsIfMatch(entry) ? [ifMatchParameter] : []),
  ];
  const document = {
    operationId: operationId(entry.method, entry.path),
    tags: [entry.tag],
    summary: entry.summary,
    ...(entry.description === undefined ? {} : { description: entry.description }),
    ...(entry.access === 'public' ? {} : { 'x-access': entry.access }),
    security: securityOf(entry),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(entry.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemas.input(entry.body) } },
          },
        }),
    responses: mergeResponses(repliesOf(entry, schemas), problemResponses(problems, codesOf(entry))),
  };
  return { method: entry.method, path: entry.path, document };
}

const securityOf = (entry: AnyRoute): readonly JsonSchema[] => {
  if (entry.access !== 'public') return [{ accessToken: [] }];
  return entry.usesCookie === true ? [{ refreshCookie: [] }] : [];
};

const idempotencyKeyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same body gets the same answer; with another body 422.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
};

/** A route that can lose a race says so; it is then also the one that reads `If-Match` and answers with an `ETag`. */
const readsIfMatch = (entry: AnyRoute): boolean => entry.problems?.includes('precondition-failed') === true;

const ifMatchParameter = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` of the state that the change is based on; without it the last write wins.',
  schema: { type: 'string', pattern: '^(\\*|"\\d{1,15}")$' },
};

const headersOf = (entry: AnyRoute, status: string): { headers?: JsonSchema } => {
  const header = (description: string) => ({ description, schema: { type: 'string' } });
  const headers = {
    ...(status === '201' ? { Location: header('The path of what was made') } : {}),
    ...(readsIfMatch(entry) && status.startsWith('20') && status !== '204'
      ? { ETag: header('The version, for `If-Match`') }
      : {}),
  };
  return Object.keys(headers).length === 0 ? {} : { headers };
};

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query', schemas: SchemaConverter) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.input(schema) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(property['description'] === undefined ? {} : { description: property['description'] }),
    schema: property,
  }));
}

interface Response {
  description: string;
  headers?: JsonSchema;
  content?: Record<string, JsonSchema>;
}

type Responses = Record<string, Response>;

const repliesOf = (entry: AnyRoute, schemas: SchemaConverter): Responses =>
  Object.fromEntries(
    Object.entries(entry.replies).map(([status, schema]) => [
      status,
      schema === null
        ? { description: 'Done; nothing to show.' }
        : {
            description: entry.summary,
            ...headersOf(entry, status),
            content: { 'application/json': { schema: schemas.output(schema) } },
          },
    ]),
  );

/** What the mounter itself can answer on this route, and what the route declares. */
function codesOf(entry: AnyRoute): ProblemCode[] {
  const codes: ProblemCode[] = ['invalid-input', ...(entry.problems ?? []), 'internal', 'dependency-away'];
  if (isLimited(entry)) codes.push('too-many-requests');
  if (entry.body !== undefined) codes.push('malformed-json', 'body-too-large', 'unsupported-media-type');
  if (entry.access !== 'public') codes.push('unauthenticated', 'forbidden');
  if (entry.params !== undefined) codes.push('not-found');
  if (entry.usesCookie === true) codes.push('origin-not-allowed');
  if (entry.idempotent === true) codes.push('idempotency-key-reused');
  return [...new Set(codes)];
}

const retryAfterHeader = {
  'Retry-After': { description: 'Whole seconds to wait', schema: { type: 'integer' } },
};

function problemResponses(problems: ProblemTable, codes: readonly ProblemCode[]): Responses {
  const responses: Responses = {};
  for (const code of codes) {
    const { status, title } = problems[code];
    const line = `\`${code}\`: ${title}.`;
    const existing = responses[status];
    responses[status] = {
      description: existing === undefined ? line : `${existing.description} ${line}`,
      ...(status === 429 || status === 503 ? { headers: retryAfterHeader } : {}),
      content: { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

function mergeResponses(declared: Responses, implied: Responses): Responses {
  const merged: Responses = { ...implied };
  for (const [status, response] of Object.entries(declared)) {
    const content = { ...response.content, ...implied[status]?.content };
    merged[status] = { ...response, ...(Object.keys(content).length > 0 ? { content } : {}) };
  }
  return merged;
}

function describeRawRoute(entry: RawRoute, problems: ProblemTable): Operation {
  const { parameters = [], requestContentType, replies, problems: codes = [] } = entry.documentation;
  const own = Object.fromEntries(
    Object.entries(replies).map(([status, { description, contentType }]) => [
      status,
      { description, ...(contentType === undefined ? {} : { content: { [contentType]: { schema: {} } } }) },
    ]),
  );
  const tooLarge: readonly ProblemCode[] = entry.method === 'post' ? ['body-too-large'] : [];
  const document = {
    operationId: operationId(entry.method, entry.path),
    tags: [entry.tag],
    summary: entry.summary,
    ...(entry.description === undefined ? {} : { description: entry.description }),
    security: [],
    ...(parameters.length === 0
      ? {}
      : { parameters: parameters.map((parameter) => ({ ...parameter, schema: { type: 'string' } })) }),
    ...(requestContentType === undefined
      ? {}
      : { requestBody: { required: true, content: { [requestContentType]: { schema: {} } } } }),
    responses: mergeResponses(
      own,
      problemResponses(problems, [...codes, ...tooLarge, 'internal', 'dependency-away']),
    ),
  };
  return { method: entry.method, path: entry.path, document };
}

function describePage(entry: PageRoute, problems: ProblemTable): Operation {
  const names = [...entry.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name);
  const document = {
    operationId: operationId('get', entry.path),
    tags: [entry.tag],
    summary: entry.summary,
    security: [],
    ...(names.length === 0
      ? {}
      : {
          parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        }),
    responses: {
      200: { description: entry.summary, content: { [entry.contentType]: { schema: { type: 'string' } } } },
      ...(names.length === 0 ? {} : problemResponses(problems, ['not-found'])),
    },
  };
  return { method: 'get', path: entry.path, document };
}

const problemSchema = (problems: ProblemTable): JsonSchema => ({
  type: 'object',
  description: 'Problem details (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', description: 'The page that explains the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'The request id' },
    code: { type: 'string', enum: Object.keys(problems) },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    templates: {
      type: 'array',
      description:
        'Of `window-closed`: up to 20 approved templates of the channel that could be sent instead',
      items: {
        type: 'object',
        required: ['name', 'language'],
        properties: { name: { type: 'string' }, language: { type: 'string' } },
      },
    },
  },
});
