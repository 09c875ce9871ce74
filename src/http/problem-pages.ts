import { AppError, type ProblemCode, type ProblemDefinition, type ProblemTable } from '../platform/errors.ts';
import { problemCodesOf } from './openapi-problems.ts';
import { escapeHtml, htmlPage, type PageRoute, richText, styleLink } from './page.ts';
import type { AnyRoute } from './route.ts';

const retryNote = (definition: ProblemDefinition): string =>
  definition.retry ? 'The same request may succeed later.' : 'The same request will be refused again.';

/** The pages that `type` of a problem links to, from the tables that the responses use. */
export function problemPages(problems: ProblemTable, routes: readonly AnyRoute[]): readonly PageRoute[] {
  const operations = operationsByCode(routes);
  return [
    {
      path: '/problems',
      operationId: 'listProblems',
      summary: 'List the problem codes',
      description: 'Every `code` that a problem can have, with its status and title.',
      tag: 'Documentation',
      contentType: 'text/html',
      example: '<!doctype html>…',
      handle: async () => ({ body: listPage(problems) }),
    },
    {
      path: '/problems/:code',
      operationId: 'getProblem',
      summary: 'Get the explanation of a problem code',
      description: 'The page that `type` of a problem links to: what the code means and what to do.',
      parameters: { code: 'The `code` of the problem' },
      tag: 'Documentation',
      contentType: 'text/html',
      example: '<!doctype html>…',
      handle: async ({ code = '' }) => {
        if (!isCodeOf(problems, code)) throw new AppError('not-found', 'There is no such problem code.');
        const answeredBy = describeOperations(operations.get(code) ?? [], routes.length);
        return { body: detailPage(code, problems[code], answeredBy) };
      },
    },
  ];
}

const isCodeOf = (problems: ProblemTable, code: string): code is ProblemCode => Object.hasOwn(problems, code);

function operationsByCode(routes: readonly AnyRoute[]): ReadonlyMap<string, readonly AnyRoute[]> {
  const operations = new Map<string, AnyRoute[]>();
  for (const entry of routes) {
    for (const code of problemCodesOf(entry)) operations.set(code, [...(operations.get(code) ?? []), entry]);
  }
  return operations;
}

const operationLink = ({ tag, operationId, method, path, summary }: AnyRoute): string =>
  `<li><a href="../docs#/${encodeURIComponent(tag)}/${operationId}">${escapeHtml(summary)}</a>
<code>${method.toUpperCase()} ${escapeHtml(path)}</code></li>`;

function describeOperations(operations: readonly AnyRoute[], all: number): string {
  if (operations.length === 0) return '<p>No operation of <a href="../docs">the API</a> names it.</p>';
  if (operations.length > all / 2)
    return '<p>Most operations of <a href="../docs">the API</a> can answer it.</p>';
  return `<ul>\n${operations.map(operationLink).join('\n')}\n</ul>`;
}

const navigation = (root: string): string =>
  `<nav><a href="${root}docs">API documentation</a> · <a href="${root}problems">All problems</a></nav>`;

function listPage(problems: ProblemTable): string {
  const rows = Object.entries<ProblemDefinition>(problems).map(
    ([code, { status, title }]) =>
      `<tr><td>${status}</td><td><a href="problems/${code}"><code>${code}</code></a></td><td>${escapeHtml(title)}</td></tr>`,
  );
  return htmlPage(
    'Problems',
    `${navigation('')}
<h1>Problems</h1>
<p>Every refusal of the API has one of these codes, and a link to its page.</p>
<table>\n<tr><th>Status</th><th>Code</th><th>Title</th></tr>\n${rows.join('\n')}\n</table>`,
    styleLink(''),
  );
}

/** The members that the problem has beside the usual ones. */
function describeMembers({ extensions = {} }: ProblemDefinition): string {
  const members = Object.entries(extensions).map(
    ([name, schema]) => `<li><code>${name}</code>: ${richText(schema.meta()?.description ?? '')}</li>`,
  );
  return members.length === 0 ? '' : `<h2>Its own members</h2>\n<ul>\n${members.join('\n')}\n</ul>\n`;
}

const detailPage = (code: ProblemCode, definition: ProblemDefinition, answeredBy: string): string =>
  htmlPage(
    definition.title,
    `${navigation('../')}
<h1>${escapeHtml(definition.title)}</h1>
<p>Code <code>${code}</code>, HTTP status ${definition.status}.</p>
<p>${richText(definition.advice)}</p>
<p>${retryNote(definition)}</p>
${describeMembers(definition)}<h2>Operations</h2>
${answeredBy}`,
    styleLink('../'),
  );
