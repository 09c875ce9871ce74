/** Edits of templates, and whether Meta would accept them. Pure. */
import type { JsonRecord } from '../json.ts';
import type { TemplateProblem } from './problem.ts';
import { categoryOf, componentsProblem, ttlProblem } from './rules.ts';
import type { Template } from './template.ts';

const DAY_MS = 86_400_000;
const EDITS_PER_MONTH = 10;

export interface EditMoment {
  readonly now: number;
  /** Whether edits of approved templates are limited. */
  readonly isLimited: boolean;
}

export function editProblem(
  template: Template,
  given: JsonRecord,
  { now, isLimited }: EditMoment,
): TemplateProblem | null {
  const isEditable = ['APPROVED', 'REJECTED', 'PAUSED'].includes(template.status);
  if (!isEditable) return { details: 'Only approved, rejected and paused templates can be edited.' };
  const category = given['category'];
  if (category !== undefined) {
    if (categoryOf(category) === null) return { details: 'Param category is not one of the categories.' };
    const isChanged = category !== template.category;
    if (isChanged && template.status === 'APPROVED') {
      return { details: 'The category of an approved template cannot be changed.' };
    }
  }
  const edits = template.editedAt.filter((at) => at > now - 30 * DAY_MS);
  const isTooSoon = edits.some((at) => at > now - DAY_MS) || edits.length >= EDITS_PER_MONTH;
  if (isLimited && template.status === 'APPROVED' && isTooSoon) {
    return {
      subcode: 2388039,
      details: 'An approved template can be edited once a day and 10 times in 30 days.',
    };
  }
  const next = { category: template.category, parameter_format: template.parameterFormat, ...given };
  return (
    ttlProblem(given, categoryOf(next.category) ?? template.category) ??
    (given['components'] === undefined ? null : componentsProblem(next))
  );
}

export const ttlOf = (given: JsonRecord): { readonly ttlSeconds?: number } => {
  const seconds = given['message_send_ttl_seconds'];
  return typeof seconds === 'number' ? { ttlSeconds: seconds } : {};
};

/** Replaces all components if given; other fields stay unless given. */
export function edited(template: Template, given: JsonRecord, now: number): Template {
  const { components } = given;
  return {
    ...template,
    category: categoryOf(given['category']) ?? template.category,
    components: Array.isArray(components) ? components : template.components,
    status: 'PENDING',
    editedAt: template.status === 'APPROVED' ? [...template.editedAt, now] : template.editedAt,
    ...ttlOf(given),
  };
}
