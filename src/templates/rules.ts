import { ruleFor } from '../whatsapp/error-classes.ts';
import type { QualityScore, TemplateCategory, TemplateDoc, TemplateStatus } from './store/model.ts';

/** What the features around templates need of their content; the content itself has a folder of its own. */
export { fillTemplate, offerEndIssues, type FilledTemplate } from './content/rules.ts';

/** Fields of a template to change; null clears. */
export type TemplateChanges = {
  readonly [
    Field in
      | 'name'
      | 'language'
      | 'category'
      | 'submittedCategory'
      | 'components'
      | 'parameterFormat'
      | 'status'
      | 'statusAt'
      | 'rejectionReason'
      | 'pauseReason'
      | 'qualityScore'
      | 'messageSendTtlSeconds'
      | 'providerTemplateId'
      | 'submittedAt'
      | 'submitProblem'
      | 'needsSync'
  ]?: NonNullable<TemplateDoc[Field]> | null;
};

const statuses: Readonly<Record<string, TemplateStatus>> = {
  APPROVED: 'approved',
  PENDING: 'pending',
  REJECTED: 'rejected',
  PAUSED: 'paused',
  DISABLED: 'disabled',
  IN_APPEAL: 'in-appeal',
  PENDING_DELETION: 'pending-deletion',
  DELETED: 'deleted',
  LIMIT_EXCEEDED: 'limit-exceeded',
  ARCHIVED: 'archived',
};

/** Null for a word that says no state by itself (FLAGGED, REINSTATED, LOCKED, UNARCHIVED), or that we do not know. */
export const statusOf = (word: string): TemplateStatus | null => ownValue(statuses, word.toUpperCase());

const categories: Readonly<Record<string, TemplateCategory>> = {
  MARKETING: 'marketing',
  UTILITY: 'utility',
  AUTHENTICATION: 'authentication',
};

export const categoryOf = (word: string): TemplateCategory | null => ownValue(categories, word.toUpperCase());

const qualities: Readonly<Record<string, QualityScore>> = {
  GREEN: 'green',
  YELLOW: 'yellow',
  RED: 'red',
  UNKNOWN: 'unknown',
};

export const qualityOf = (word: string): QualityScore | null => ownValue(qualities, word.toUpperCase());

const ownValue = <Value>(table: Readonly<Record<string, Value>>, word: string): Value | null =>
  new Map(Object.entries(table)).get(word) ?? null;

/** `en-US` and `en_US` are one language: the provider writes both. */
export const languageOf = (text: string): string => text.replaceAll('-', '_');

/** The provider's word on the category decides; what was asked for stays written down beside it. */
export function categoryChange(
  { category, submittedCategory }: Pick<TemplateDoc, 'category' | 'submittedCategory'>,
  word: string | undefined,
): TemplateChanges {
  const said = word === undefined ? null : categoryOf(word);
  if (said === null || said === category) return {};
  const asked = submittedCategory ?? category;
  return { category: said, submittedCategory: said === asked ? null : asked };
}

/** The reasons that belong to a status; those of the status before are cleared. */
const reasonsOf = (status: TemplateStatus, reason: string | null): TemplateChanges => ({
  rejectionReason: status === 'rejected' ? reason : null,
  pauseReason: status === 'paused' || status === 'disabled' ? reason : null,
});

/** What an answer of the provider to a creation or an edit means. */
export const changeAfterSubmit = (
  template: TemplateDoc,
  answer: { readonly id: string; readonly status: string; readonly category?: string },
  at: Date,
): TemplateChanges => {
  const status = statusOf(answer.status) ?? 'pending';
  return {
    ...{ providerTemplateId: answer.id, status, submittedAt: at, submitProblem: null },
    ...reasonsOf(status, null),
    ...categoryChange(template, answer.category),
  };
};

/** What a webhook of the provider says about a template. */
export type TemplateNews =
  | { readonly what: 'status'; readonly word: string; readonly reason: string | null }
  | { readonly what: 'quality'; readonly word: string }
  | { readonly what: 'category'; readonly word: string }
  /** The template has to be read again. */
  | { readonly what: 'content' };

/**
 * What news mean for a template. Of two statuses the later event counts, whatever came first; a word that is no
 * status by itself, or that is older than what we know, only says that the template has to be read again.
 */
export function changeAfterNews(template: TemplateDoc, news: TemplateNews, at: Date | null): TemplateChanges {
  switch (news.what) {
    case 'content':
      return { needsSync: true };
    case 'quality': {
      const score = qualityOf(news.word);
      return score === null ? {} : { qualityScore: score };
    }
    case 'category':
      return categoryChange(template, news.word);
    case 'status': {
      const status = statusOf(news.word);
      const isOld = at !== null && template.statusAt !== undefined && at < template.statusAt;
      if (status === null || isOld) return { needsSync: true };
      return { status, ...reasonsOf(status, news.reason), ...(at === null ? {} : { statusAt: at }) };
    }
  }
}

/**
 * What a refusal of a send by its template means; null when it says nothing about the template. A pause that is told
 * late does not bring back what is disabled. `at` is when it was refused: a list from before says nothing against it.
 */
export function changeAfterRefusal(status: TemplateStatus, code: number, at: Date): TemplateChanges | null {
  const { template } = ruleFor({ code });
  if (template === undefined) return null;
  if (template === 'resync' || (template === 'paused' && status === 'disabled')) return { needsSync: true };
  const pauseReason = `The provider refuses it as ${template} (${code}).`;
  const news = status === template ? {} : { statusAt: at };
  return { status: template, ...news, pauseReason, needsSync: true };
}

/** Why a template cannot be sent now, in words; null when there is nothing to say. */
export const reasonOf = ({
  pauseReason,
  rejectionReason,
  submitProblem,
}: Pick<TemplateDoc, 'pauseReason' | 'rejectionReason' | 'submitProblem'>): string | null =>
  pauseReason ?? rejectionReason ?? submitProblem ?? null;

/** States that the provider may end by itself; a template that it has disabled stays so. */
const passingStates: ReadonlySet<string> = new Set(['paused', 'pending', 'in-appeal', 'draft']);

/** Whether waiting may help a message whose template is in this state. */
export const isPassingState = (status: string): boolean => passingStates.has(status);

/** Whether messages held for a template must look again: it may be sent now, or waiting has become useless. */
export const endsTemplateWait = (before: string, after: string): boolean =>
  before !== after && (after === 'approved' || (isPassingState(before) && !isPassingState(after)));
