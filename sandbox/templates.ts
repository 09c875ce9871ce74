/** Templates of an account, kept in memory: enough to list, page, create and see approved. */
import { refuse } from './graph-errors.ts';
import { createTemplateId } from './identifiers.ts';
import type { HttpAnswer } from './graph-api.ts';
import { isRecord, textOrNull } from './json.ts';

interface Template {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly parameter_format: string;
  readonly components: readonly unknown[];
  readonly approvedAt: number;
}

export interface TemplateStore {
  list(wabaId: string, query: URLSearchParams, baseUrl: string): HttpAnswer;
  create(wabaId: string, body: unknown): HttpAnswer;
}

const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'];
const MAX_PAGE = 100;

const body = (text: string, example?: object): object => ({
  type: 'BODY',
  text,
  ...(example ? { example } : {}),
});

const STARTERS: readonly Pick<Template, 'name' | 'parameter_format' | 'components'>[] = [
  {
    name: 'hello_world',
    parameter_format: 'POSITIONAL',
    components: [body('Welcome and congratulations! This message shows that you can send templates.')],
  },
  {
    name: 'order_update',
    parameter_format: 'POSITIONAL',
    components: [body('Hi {{1}}, your order {{2}} is on its way.', { body_text: [['Asha', 'A-1001']] })],
  },
  {
    name: 'appointment_reminder',
    parameter_format: 'NAMED',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Reminder from {{business}}' },
      body('Hello {{name}}, we expect you on {{date}} at {{time}}.'),
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Confirm' },
          { type: 'QUICK_REPLY', text: 'Reschedule' },
        ],
      },
    ],
  },
];

const encodeCursor = (index: number): string => Buffer.from(`template:${index}`).toString('base64url');

function decodeCursor(cursor: string): number | null {
  const match = /^template:(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return match?.[1] === undefined ? null : Number(match[1]);
}

const starters = (wabaId: string): Template[] =>
  STARTERS.map((starter) => ({
    ...starter,
    id: createTemplateId(`${wabaId} ${starter.name}`),
    language: 'en_US',
    category: 'UTILITY',
    approvedAt: 0,
  }));

function problemOf(given: unknown): string | null {
  if (!isRecord(given)) return 'The request body must be a JSON object.';
  if (!/^[a-z0-9_]{1,512}$/.test(textOrNull(given['name']) ?? ''))
    return 'The parameter name must be [a-z0-9_].';
  if (textOrNull(given['language']) === null) return 'The parameter language is required.';
  if (!CATEGORIES.includes(textOrNull(given['category']) ?? '')) {
    return `Param category must be one of {${CATEGORIES.join(', ')}}.`;
  }
  return Array.isArray(given['components']) ? null : 'The parameter components is required.';
}

export function createTemplateStore(approvalMs: number): TemplateStore {
  const accounts = new Map<string, Template[]>();

  function templatesOf(wabaId: string): Template[] {
    const known = accounts.get(wabaId);
    if (known !== undefined) return known;
    const fresh = starters(wabaId);
    accounts.set(wabaId, fresh);
    return fresh;
  }

  const show = ({ approvedAt, ...template }: Template): object => ({
    ...template,
    status: Date.now() >= approvedAt ? 'APPROVED' : 'PENDING',
  });

  return {
    list(wabaId, query, baseUrl) {
      const name = query.get('name');
      const all = templatesOf(wabaId).filter((template) => name === null || template.name === name);
      const after = query.get('after');
      const last = after === null ? -1 : decodeCursor(after);
      if (last === null) return refuse(131059, { details: 'The parameter after is not a valid cursor.' });
      const limit = Math.min(MAX_PAGE, Math.max(1, Number(query.get('limit') ?? 25) || 25));
      const page = all.slice(last + 1, last + 1 + limit);
      if (page.length === 0) return { status: 200, body: { data: [] } };
      const end = last + page.length;
      const next = new URLSearchParams({ ...Object.fromEntries(query), after: encodeCursor(end) });
      const paging = {
        cursors: { before: encodeCursor(last + 1), after: encodeCursor(end) },
        ...(end + 1 < all.length ? { next: `${baseUrl}?${next.toString()}` } : {}),
      };
      return { status: 200, body: { data: page.map(show), paging } };
    },
    create(wabaId, given) {
      const problem = problemOf(given);
      if (problem !== null || !isRecord(given))
        return refuse(100, problem === null ? {} : { details: problem });
      const name = String(given['name']);
      const language = String(given['language']);
      const templates = templatesOf(wabaId);
      if (templates.some((template) => template.name === name && template.language === language)) {
        return refuse(100, { details: 'There is already a template with this name and language.' });
      }
      const id = createTemplateId(`${wabaId} ${name} ${language} ${templates.length}`);
      const category = String(given['category']);
      templates.push({
        id,
        name,
        language,
        category,
        parameter_format: textOrNull(given['parameter_format']) ?? 'POSITIONAL',
        components: given['components'] as unknown[],
        approvedAt: Date.now() + approvalMs,
      });
      return { status: 200, body: { id, status: 'PENDING', category } };
    },
  };
}
