/** Templates in the Graph API: create, edit, delete, unpause, and Meta's review. */
import type { HttpAnswer } from '../graph-api.ts';
import { refuse, type Refusal } from '../graph-errors.ts';
import { createTemplateId } from '../identifiers.ts';
import { isRecord, textOrNull, type JsonRecord } from '../json.ts';
import type { Behaviour } from '../settings.ts';
import { edited, editProblem, ttlOf } from './edit.ts';
import { statusEvent } from './events.ts';
import { listTemplates, readFields, showTemplate } from './list.ts';
import { unpauseProblem, withPause } from './pause.ts';
import type { TemplateProblem } from './problem.ts';
import { createReviewer, type ReviewerDeps } from './review.ts';
import { categoryOf, componentsOf, creationProblem } from './rules.ts';
import type { Template } from './template.ts';

export interface TemplateEndpoint {
  list(wabaId: string, query: URLSearchParams, baseUrl: string): HttpAnswer;
  create(wabaId: string, body: unknown): HttpAnswer;
  show(template: Template, fields: string | null): HttpAnswer;
  edit(template: Template, body: unknown): HttpAnswer;
  unpause(template: Template): HttpAnswer;
  remove(wabaId: string, query: URLSearchParams): HttpAnswer;
  close(): void;
}

const TITLES: Readonly<Record<number, string>> = {
  2388019: 'Message template limit exceeded',
  2388023: 'Message template is being deleted',
  2388024: 'Message template already exists',
};

const refuseProblem = ({ subcode, details }: TemplateProblem): Refusal =>
  subcode === undefined
    ? refuse(100, { details })
    : refuse(100, {
        subcode,
        details,
        forUser: { title: TITLES[subcode] ?? 'The template cannot be saved', message: details },
      });

interface NewTemplate {
  readonly wabaId: string;
  readonly given: JsonRecord;
  readonly counter: number;
}

/** The limit of an unverified business. */
const META_TEMPLATES = 250;

const capOf = ({ templatesPerAccount, limits }: Behaviour): number =>
  templatesPerAccount ?? (limits === 'meta' ? META_TEMPLATES : Number.POSITIVE_INFINITY);

function newTemplate({ wabaId, given, counter }: NewTemplate): Template {
  const name = String(given['name']);
  const language = String(given['language']);
  return {
    id: createTemplateId(`${wabaId} ${name} ${language} ${counter}`),
    wabaId,
    name,
    language,
    category: categoryOf(given['category']) ?? 'UTILITY',
    parameterFormat: textOrNull(given['parameter_format']) ?? 'POSITIONAL',
    components: componentsOf(given) as unknown[],
    ...(textOrNull(given['library_template_name']) === null
      ? {}
      : { libraryName: String(given['library_template_name']) }),
    status: 'PENDING',
    qualityScore: 'UNKNOWN',
    editedAt: [],
    ...ttlOf(given),
  };
}

const refuseNonObject = (): Refusal => refuse(100, { details: 'The request body must be a JSON object.' });

/** The templates that a deletion removes, or its refusal. */
function deletedBy(named: readonly Template[], query: URLSearchParams): readonly Template[] | Refusal {
  const id = query.get('hsm_id');
  const deleted = id === null ? named : named.filter((template) => template.id === id);
  if (deleted.length === 0) return refuse(100, { subcode: 33, details: 'The template does not exist.' });
  const isDisabled = deleted.some(({ status }) => status === 'DISABLED');
  return isDisabled ? refuse(100, { details: 'A disabled template cannot be deleted.' }) : deleted;
}

/** Why the account cannot have the new template, which is valid in itself. */
function accountProblem(
  { templates, store }: ReviewerDeps,
  wabaId: string,
  given: JsonRecord,
): TemplateProblem | null {
  const name = String(given['name']);
  if (templates.find(wabaId, name, String(given['language'])) !== null) {
    return { subcode: 2388024, details: 'A template with this name and language already exists.' };
  }
  if (templates.isNameBlocked(wabaId, name)) {
    return { subcode: 2388023, details: 'A template with this name was deleted less than 30 days ago.' };
  }
  const cap = capOf(store.current());
  return templates.ofAccount(wabaId).length < cap
    ? null
    : { subcode: 2388019, details: `The account has reached its limit of ${cap} message templates.` };
}

export function createTemplateEndpoint(deps: ReviewerDeps): TemplateEndpoint {
  const { templates, store } = deps;
  const reviewer = createReviewer(deps);

  function drop(template: Template): void {
    if (template.status === 'APPROVED') templates.blockName(template.wabaId, template.name);
    templates.remove(template);
  }

  return {
    list: (wabaId, query, baseUrl) => listTemplates(templates.ofAccount(wabaId), query, baseUrl),
    create(wabaId, given) {
      if (!isRecord(given)) return refuseNonObject();
      const problem = creationProblem(given) ?? accountProblem(deps, wabaId, given);
      if (problem !== null) return refuseProblem(problem);
      const template = newTemplate({ wabaId, given, counter: templates.counter() });
      templates.put(template);
      reviewer.submit(template);
      const { id, status, category } = templates.byId(template.id) ?? template;
      return { status: 200, body: { id, status, category } };
    },
    show(template, text) {
      const fields = readFields(text);
      return 'status' in fields ? fields : { status: 200, body: showTemplate(template, fields) };
    },
    edit(template, given) {
      if (!isRecord(given)) return refuseNonObject();
      const moment = { now: Date.now(), isLimited: store.current().limits === 'meta' };
      const problem = editProblem(template, given, moment);
      if (problem !== null) return refuseProblem(problem);
      const next = edited(template, given, moment.now);
      templates.put(next);
      reviewer.submit(next);
      return { status: 200, body: { success: true, id: next.id, category: next.category } };
    },
    unpause(template) {
      if (template.status !== 'PAUSED') return refuse(100, { details: 'The template is not paused.' });
      const now = Date.now();
      const reason = unpauseProblem(template, now, store.current().unpauseAfterMs);
      if (reason !== null) return { status: 200, body: { success: false, reason } };
      const approved = withPause({ ...template, status: 'APPROVED' }, undefined, now);
      templates.put(approved);
      deps.events.enqueue(
        statusEvent(approved, {
          otherInfo: { title: 'UNPAUSE', description: 'The template can be sent again.' },
        }),
      );
      return { status: 200, body: { success: true } };
    },
    remove(wabaId, query) {
      const name = query.get('name');
      if (name === null || name === '') return refuse(100, { details: 'The parameter name is required.' });
      const named = templates.ofAccount(wabaId).filter((template) => template.name === name);
      const deleted = deletedBy(named, query);
      if ('status' in deleted) return deleted;
      for (const template of deleted) drop(template);
      return { status: 200, body: { success: true } };
    },
    close: () => reviewer.close(),
  };
}
