import type { ProblemCode, ProblemDefinition, ProblemTable } from '../platform/errors.ts';
import { headerReferences, type ResponseHeader } from './openapi-headers.ts';
import type { JsonSchema } from './openapi-normalise.ts';
import type { SchemaConverter } from './openapi-schemas.ts';
import { problemContentType } from './problems.ts';
import { type AnyRoute, isLimited } from './route.ts';

export interface Response {
  description: string;
  headers?: Record<string, JsonSchema>;
  content?: Record<string, JsonSchema & { readonly examples?: Readonly<Record<string, JsonSchema>> }>;
}

export type Responses = Record<string, Response>;

/** The codes that the route declares, and those that the server itself can answer on it. */
export function problemCodesOf(entry: AnyRoute): ProblemCode[] {
  const codes: ProblemCode[] = ['invalid-input', ...(entry.problems ?? []), 'internal', 'dependency-away'];
  if (isLimited(entry)) codes.push('too-many-requests');
  if (entry.body !== undefined) codes.push('malformed-json', 'body-too-large', 'unsupported-media-type');
  if (entry.access !== 'public') codes.push('unauthenticated', 'forbidden');
  if (entry.params !== undefined) codes.push('not-found');
  if (entry.usesCookie === true) codes.push('origin-not-allowed');
  if (entry.idempotent !== undefined) codes.push('idempotency-key-reused');
  if (entry.idempotent === 'by-answer') codes.push('request-in-progress', 'answer-lost');
  return [...new Set(codes)];
}

/** The problems, and the address under which each has its page. */
export interface ProblemSource {
  readonly problems: ProblemTable;
  readonly publicUrl: string;
}

/** One response for each status: its codes are links in the description, and each has an example. */
export function problemResponses(
  { problems, publicUrl }: ProblemSource,
  codes: readonly ProblemCode[],
  commonHeaders: readonly ResponseHeader[],
): Responses {
  const responses: Responses = {};
  for (const code of codes) {
    const { status, title } = problems[code];
    const line = `[\`${code}\`](${publicUrl}/problems/${code}): ${title}.`;
    const existing = responses[status];
    responses[status] = {
      description: existing === undefined ? line : `${existing.description} ${line}`,
      headers: {
        ...existing?.headers,
        ...headerReferences([...commonHeaders, ...headersFor(code, problems[code])]),
      },
      content: {
        [problemContentType]: {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: {
            ...existing?.content?.[problemContentType]?.examples,
            [code]: { $ref: `#/components/examples/${code}` },
          },
        },
      },
    };
  }
  return responses;
}

/** One example for each of these codes; responses refer to them. */
export const problemExamples = (
  { problems, publicUrl }: ProblemSource,
  codes: ReadonlySet<string>,
): Record<string, JsonSchema> =>
  Object.fromEntries(
    Object.entries<ProblemDefinition>(problems)
      .filter(([code]) => codes.has(code))
      .map(([code, { status, title }]) => [
        code,
        {
          summary: title,
          value: {
            type: `${publicUrl}/problems/${code}`,
            title,
            status,
            detail: `${title}.`,
            instance: 'b7e0c5c2-3f0e-4b63-9a52-8f2f1f1c8d11',
            code,
            ...(code === 'invalid-input' ? { errors: [{ path: 'body.to', message: 'Required.' }] } : {}),
          },
        },
      ]),
  );

/** Must match the headers of `createProblemReplies`. */
function headersFor(code: ProblemCode, { status, retry }: ProblemDefinition): ResponseHeader[] {
  if (code === 'unauthenticated') return ['WWW-Authenticate'];
  return retry && status !== 500 ? ['Retry-After'] : [];
}

/** A status that is both declared and a problem's describes both bodies. */
export function mergeResponses(declared: Responses, implied: Responses): Responses {
  const merged: Responses = { ...implied };
  for (const [status, response] of Object.entries(declared)) {
    const content = { ...response.content, ...implied[status]?.content };
    const headers = { ...implied[status]?.headers, ...response.headers };
    merged[status] = {
      description: response.description,
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(Object.keys(content).length > 0 ? { content } : {}),
    };
  }
  return merged;
}

/** The extension members that the areas declare, each described with the code of its problem. */
function extensionsOf(
  problems: ProblemTable,
  schemas: SchemaConverter,
): Readonly<Record<string, JsonSchema>> {
  const members: Record<string, JsonSchema & { description: string }> = {};
  for (const [code, { extensions = {} }] of Object.entries<ProblemDefinition>(problems)) {
    for (const [name, schema] of Object.entries(extensions)) {
      const described = schemas.output(schema);
      const earlier = members[name]?.description;
      const own = `Of \`${code}\`: ${String(described['description'])}`;
      members[name] = {
        ...described,
        description: earlier === undefined ? own : `${earlier}. ${own}`,
      };
    }
  }
  return members;
}

export const problemSchemasOf = (
  problems: ProblemTable,
  schemas: SchemaConverter,
): Readonly<Record<string, JsonSchema>> => ({
  Problem: {
    type: 'object',
    description: 'Problem details (RFC 9457)',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
    properties: {
      type: { type: 'string', description: 'The page that explains the code' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string', description: 'The request id' },
      code: { $ref: '#/components/schemas/ProblemCode' },
      errors: {
        type: 'array',
        description: 'Of `invalid-input`: every validation issue',
        items: { $ref: '#/components/schemas/ProblemIssue' },
      },
      ...extensionsOf(problems, schemas),
    },
  },
  ProblemCode: { type: 'string', enum: Object.keys(problems) },
  ProblemIssue: {
    type: 'object',
    required: ['path', 'message'],
    properties: {
      path: { type: 'string', description: 'Where the issue is: `body.to`, `query.limit`' },
      message: { type: 'string' },
    },
  },
});
