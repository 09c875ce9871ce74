import type { z } from 'zod';
import { AppError, type Issue } from '../platform/errors.ts';
import { issueMessage } from './issue-messages.ts';
import type { AnyRoute } from './route.ts';
import { manyValuedIn, type ManyValued } from './several-values.ts';

export interface RawInput {
  readonly params: Readonly<Record<string, string>>;
  /** The query string without its question mark. */
  readonly querystring: string;
  /** Undefined when the request has no body. */
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

export interface ParsedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

/** More issues would not help the caller. */
const maxIssues = 200;
const maxNameLength = 100;

/** Parses all parts of a request; throws one `invalid-input` with the issues of all parts. */
export function parseInput(route: AnyRoute, raw: RawInput): ParsedInput {
  const issues: Issue[] = [];
  const query = readQuery(raw.querystring, manyValuedIn(route.query), issues);
  const parsed = {
    params: parsePart('params', route.params, raw.params, issues),
    query: parsePart('query', route.query, query, issues),
    body: parsePart('body', route.body, bodyOf(route, raw), issues),
    idempotencyKey:
      route.idempotent === undefined ? undefined : readIdempotencyKey(raw.idempotencyKey, issues),
  };
  if (issues.length > 0)
    throw new AppError('invalid-input', summaryOf(issues), { errors: issues.slice(0, maxIssues) });
  return parsed;
}

const summaryOf = (issues: readonly Issue[]): string =>
  issues.length === 1
    ? 'The request has one validation issue.'
    : `The request has ${issues.length} validation issues.`;

/** A missing body stands for no fields, if the route requires none. */
const bodyOf = (route: AnyRoute, { body }: RawInput): unknown =>
  body === undefined && mayOmitBody(route) ? {} : body;

/** Whether a request may leave its body out, because all its fields are optional. */
export const mayOmitBody = ({ body }: Pick<AnyRoute, 'body'>): boolean =>
  body?.safeParse({}).success === true;

type PartName = 'params' | 'query' | 'body';

function parsePart(part: PartName, schema: z.ZodType | undefined, value: unknown, issues: Issue[]): unknown {
  if (schema === undefined) {
    if (part !== 'params') issues.push(...unexpectedFields(part, value));
    return undefined;
  }
  const result = schema.safeParse(value, { error: issueMessage });
  if (result.success) return result.data;
  issues.push(...result.error.issues.flatMap((issue) => toIssues(issue, [part])));
  return undefined;
}

/** A route without a schema accepts no fields: an ignored field would seem to have an effect. */
const unexpectedFields = (part: PartName, value: unknown): Issue[] =>
  typeof value === 'object' && value !== null
    ? Object.keys(value).map((key) => ({ path: pathOf([part, key]), message: unknownField }))
    : [];

const unknownField = 'This field is unknown.';

function toIssues(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): Issue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: pathOf([...path, key]), message: unknownField }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Reports the alternative with the fewest issues, because the caller most likely meant it.
    const closest = issue.errors.reduce((best, next) => (next.length < best.length ? next : best));
    if (closest.length > 0) return closest.flatMap((nested) => toIssues(nested, path));
  }
  return [{ path: pathOf(path), message: issue.message }];
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => String(part).slice(0, maxNameLength)).join('.');

/**
 * The query as an object. A repeated name stands for several values if its field takes them: some clients repeat, others
 * separate by commas. Otherwise it is refused, because either value could be meant.
 */
function readQuery(
  querystring: string,
  { several, named }: ManyValued,
  issues: Issue[],
): Readonly<Record<string, string | Readonly<Record<string, string>>>> {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [name, value] of new URLSearchParams(querystring)) {
    const before = values.get(name);
    if (before !== undefined && !several.has(name)) repeated.add(name);
    values.set(name, before !== undefined && several.has(name) ? `${before},${value}` : value);
  }
  for (const name of repeated) issues.push({ path: pathOf(['query', name]), message: isRepeated });
  return withNamed(values, named);
}

/** Collects `field[name]=value` of the fields that take values by name. Others stay as they are, and are refused as unknown. */
function withNamed(values: ReadonlyMap<string, string>, named: ReadonlySet<string>) {
  const groups = new Map<string, Map<string, string>>();
  const plain: [string, string][] = [];
  for (const [name, value] of values) {
    const [, field = '', key = ''] = /^([^[]+)\[([^[\]]+)\]$/.exec(name) ?? [];
    if (named.has(field) && key !== '__proto__')
      groups.set(field, (groups.get(field) ?? new Map()).set(key, value));
    else plain.push([name, value]);
  }
  const collected = [...groups].map(([field, group]) => [field, Object.fromEntries(group)] as const);
  return Object.fromEntries<string | Readonly<Record<string, string>>>([...collected, ...plain]);
}

const isRepeated = 'This parameter takes one value, so it must not be repeated.';

function readIdempotencyKey(key: string | undefined, issues: Issue[]): string | undefined {
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  issues.push({ path: 'header.idempotency-key', message: 'This must be 1 to 255 visible ASCII characters.' });
  return undefined;
}
