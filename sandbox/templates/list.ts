/** Views and pages of templates. Pure. */
import type { HttpAnswer } from '../graph-api.ts';
import { refuse, type Refusal } from '../graph-errors.ts';
import { parseJson } from '../http.ts';
import { scalarText } from '../json.ts';
import { CATEGORIES } from '../settings.ts';
import { shownComponents } from './authentication.ts';
import { QUALITY_SCORES, STATUSES, textOf, componentOf, type Template } from './template.ts';

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const DEFAULT_FIELDS = [
  'id',
  'name',
  'language',
  'category',
  'parameter_format',
  'components',
  'status',
  'message_send_ttl_seconds',
];

const EMPTY_FIELDS = [
  'bid_spec',
  'created_time',
  'cta_url_link_tracking_opted_out',
  'degrees_of_freedom_spec',
  'disabled_date',
  'display_format',
  'is_primary_device_delivery_only',
  'last_updated_time',
  'parent_library_template_id',
  'specific_rejection_reasons',
  'sub_category',
];

/** When the score was given, in Unix seconds; the sandbox has no history of scores. */
const QUALITY_DATE = 1_767_225_600;

const FIELDS: Readonly<Record<string, (template: Template) => unknown>> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  language: ({ language }) => language,
  category: ({ category }) => category,
  previous_category: ({ previousCategory }) => previousCategory,
  correct_category: ({ correctCategory }) => correctCategory,
  parameter_format: ({ parameterFormat }) => parameterFormat,
  components: shownComponents,
  status: ({ status }) => status,
  rejected_reason: ({ rejectedReason }) => rejectedReason ?? 'NONE',
  quality_score: ({ qualityScore }) => ({ score: qualityScore, date: QUALITY_DATE }),
  message_send_ttl_seconds: ({ ttlSeconds }) => ttlSeconds,
  library_template_name: ({ libraryName }) => libraryName,
  // Known to Meta, and empty for every template of the sandbox.
  ...Object.fromEntries(EMPTY_FIELDS.map((name) => [name, () => undefined])),
  health_status: (template) => {
    const state = template.status === 'APPROVED' ? 'AVAILABLE' : 'BLOCKED';
    const entity = { entity_type: 'MESSAGE_TEMPLATE', id: template.id, can_send_message: state };
    return { can_send_message: state, entities: [entity] };
  },
};

const unknownField = (field: string): Refusal =>
  refuse(100, { details: `Tried accessing nonexisting field (${field}).` });

/** The requested fields of a template and `id`, or a refusal if a field does not exist. */
export function readFields(text: string | null): readonly string[] | Refusal {
  if (text === null || text === '') return DEFAULT_FIELDS;
  const wanted = text.split(',').map((field) => field.trim());
  const unknown = wanted.find((field) => FIELDS[field] === undefined);
  return unknown === undefined ? ['id', ...wanted] : unknownField(unknown);
}

export const showTemplate = (template: Template, fields: readonly string[]): object =>
  Object.fromEntries(
    Object.entries(FIELDS)
      .filter(([name]) => fields.includes(name))
      .map(([name, read]) => [name, read(template)])
      .filter(([, value]) => value !== undefined),
  );

const encodeCursor = (template: Template | undefined): string =>
  Buffer.from(`template:${template?.id ?? ''}`).toString('base64url');

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  status: STATUSES,
  category: CATEGORIES,
  quality_score: QUALITY_SCORES,
};

/** A filter names one value, several with commas, or a JSON list of them. */
function valuesOf(query: URLSearchParams, name: string): readonly string[] | null {
  const text = query.get(name);
  if (text === null) return null;
  const list = parseJson(text);
  return (Array.isArray(list) ? list.map(scalarText) : text.split(',')).map((value) =>
    value.trim().toUpperCase(),
  );
}

function wrongChoice(query: URLSearchParams): Refusal | null {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const wanted = valuesOf(query, name);
    if (wanted?.some((value) => !choices.includes(value)) === true) {
      return refuse(100, { details: `Param ${name} must be one of {${choices.join(', ')}}.` });
    }
  }
  return null;
}

function isWanted(template: Template, query: URLSearchParams): boolean {
  const equals = (name: string, value: string): boolean => {
    const wanted = valuesOf(query, name);
    return wanted === null || wanted.includes(value.toUpperCase());
  };
  const words = query.get('name_or_content');
  const content = `${template.name} ${textOf(componentOf(template.components, 'BODY'))}`;
  return (
    equals('name', template.name) &&
    equals('status', template.status) &&
    equals('category', template.category) &&
    equals('language', template.language) &&
    equals('quality_score', template.qualityScore) &&
    (words === null || content.toLowerCase().includes(words.toLowerCase()))
  );
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Start and end of the page; null for an unknown cursor. */
function spanOf(all: readonly Template[], query: URLSearchParams, limit: number): Span | null {
  const placeOf = (cursor: string): number => all.findIndex((template) => encodeCursor(template) === cursor);
  const before = query.get('before');
  const after = query.get('after');
  if (before !== null && before !== '') {
    const end = placeOf(before);
    return end === -1 ? null : { start: Math.max(0, end - limit), end };
  }
  if (after === null || after === '') return { start: 0, end: Math.min(limit, all.length) };
  const last = placeOf(after);
  return last === -1 ? null : { start: last + 1, end: Math.min(last + 1 + limit, all.length) };
}

function linkTo(baseUrl: string, query: URLSearchParams, cursor: Readonly<Record<string, string>>): string {
  const kept = [...query].filter(([name]) => name !== 'after' && name !== 'before');
  return `${baseUrl}?${new URLSearchParams([...kept, ...Object.entries(cursor)]).toString()}`;
}

/** Meta adds it only if the request names it. */
function summaryOf(templates: readonly Template[], query: URLSearchParams): object {
  if (!query.has('summary')) return {};
  const count = templates.length;
  const summary = {
    total_count: count,
    message_template_count: count,
    message_template_limit: 250,
    are_translations_complete: true,
  };
  return { summary };
}

export function listTemplates(
  templates: readonly Template[],
  query: URLSearchParams,
  baseUrl: string,
): HttpAnswer {
  const fields = readFields(query.get('fields'));
  if ('status' in fields) return fields;
  const refusal = wrongChoice(query);
  if (refusal !== null) return refusal;
  const all = templates.filter((template) => isWanted(template, query));
  const limit = Math.min(
    MAX_LIMIT,
    Math.max(1, Number(query.get('limit') ?? DEFAULT_LIMIT) || DEFAULT_LIMIT),
  );
  const span = spanOf(all, query, limit);
  if (span === null) return refuse(131059, { details: 'The cursor is not valid. Start again without it.' });
  const page = all.slice(span.start, span.end);
  if (page.length === 0) return { status: 200, body: { data: [] } };
  const cursors = { before: encodeCursor(page[0]), after: encodeCursor(page.at(-1)) };
  const paging = {
    cursors,
    ...(span.start > 0 ? { previous: linkTo(baseUrl, query, { before: cursors.before }) } : {}),
    ...(span.end < all.length ? { next: linkTo(baseUrl, query, { after: cursors.after }) } : {}),
  };
  const data = page.map((template) => showTemplate(template, fields));
  return { status: 200, body: { data, paging, ...summaryOf(templates, query) } };
}
