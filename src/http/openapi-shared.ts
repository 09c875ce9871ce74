import type { JsonSchema } from './openapi-normalise.ts';
import type { Response, Responses } from './openapi-problems.ts';
import { problemContentType } from './problems.ts';

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly document: JsonSchema & { readonly responses: Responses };
}

interface SharedOperations {
  readonly operations: readonly Operation[];
  /** For `components.responses`. */
  readonly shared: Readonly<Record<string, Response>>;
  /** The problem codes of all responses. */
  readonly codes: ReadonlySet<string>;
}

/** With more codes, the name would say less than the response does. */
const maxCodes = 3;

/** Writes problem responses that several operations have once, and lets the operations refer to them. */
export function shareResponses(operations: readonly Operation[]): SharedOperations {
  const uses = new Map<string, number>();
  const codes = new Set<string>();
  for (const { document } of operations) {
    for (const response of Object.values(document.responses)) {
      const text = JSON.stringify(response);
      uses.set(text, (uses.get(text) ?? 0) + 1);
      for (const code of codesOf(response)) codes.add(code);
    }
  }
  const shared: Record<string, Response> = {};
  const share = (response: Response): Response | { readonly $ref: string } => {
    const name = nameOf(response);
    const text = JSON.stringify(response);
    if (name === null || (uses.get(text) ?? 0) < 2) return response;
    const existing = shared[name];
    if (existing !== undefined && JSON.stringify(existing) !== text) return response;
    shared[name] = response;
    return { $ref: `#/components/responses/${name}` };
  };
  return {
    operations: operations.map((operation) => ({ ...operation, document: withResponses(operation, share) })),
    shared,
    codes,
  };
}

const withResponses = ({ document }: Operation, share: (response: Response) => unknown) => ({
  ...document,
  responses: Object.fromEntries(
    Object.entries(document.responses).map(([status, response]) => [status, share(response)]),
  ) as Responses,
});

/** `UnauthenticatedProblem`, `InvalidInputOrMalformedJsonProblem`; null for a response that is no problem, or of too many kinds. */
function nameOf(response: Response): string | null {
  const { content = {}, headers = {} } = response;
  const codes = codesOf(response);
  if (Object.keys(content).length !== 1 || codes.length === 0 || codes.length > maxCodes) return null;
  const isLimited = 'RateLimit' in headers;
  return `${isLimited ? '' : 'Unlimited'}${codes.map(pascalCase).join('Or')}Problem`;
}

const codesOf = ({ content = {} }: Response): string[] =>
  Object.keys(content[problemContentType]?.examples ?? {});

const pascalCase = (code: string): string =>
  code.replace(/(?:^|-)([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
