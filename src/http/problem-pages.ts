import { AppError, type ProblemCode, type ProblemDefinition, type ProblemTable } from '../platform/errors.ts';
import { escapeHtml, htmlPage, type PageRoute } from './page.ts';

const retryNote = (definition: ProblemDefinition): string =>
  definition.retry ? 'The same request may succeed later.' : 'The same request will be refused again.';

/** The pages that `type` of a problem links to, from the table that the responses use. */
export const problemPages = (problems: ProblemTable): readonly PageRoute[] => [
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
      return { body: detailPage(code, problems[code]) };
    },
  },
];

const isCodeOf = (problems: ProblemTable, code: string): code is ProblemCode => Object.hasOwn(problems, code);

function listPage(problems: ProblemTable): string {
  const rows = Object.entries<ProblemDefinition>(problems).map(
    ([code, { status, title }]) =>
      `<tr><td>${status}</td><td><a href="problems/${code}"><code>${code}</code></a></td><td>${escapeHtml(title)}</td></tr>`,
  );
  return htmlPage(
    'Problems',
    `<h1>Problems</h1>\n<table>\n<tr><th>Status</th><th>Code</th><th>Title</th></tr>\n${rows.join('\n')}\n</table>`,
  );
}

const detailPage = (code: ProblemCode, definition: ProblemDefinition): string =>
  htmlPage(
    definition.title,
    `<h1>${escapeHtml(definition.title)}</h1>
<p>Code <code>${code}</code>, HTTP status ${definition.status}.</p>
<p>${escapeHtml(definition.advice)}</p>
<p>${retryNote(definition)}</p>
<p><a href="../problems">All problems</a></p>`,
  );
