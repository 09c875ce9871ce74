import { ruleFor } from '../whatsapp/error-classes.ts';
import type { QualityScore, TemplateCategory, TemplateDoc, TemplateStatus } from './store/model.ts';

/** The content functions that other rooms use. */
export { fillTemplate, offerEndIssues, type FilledTemplate, type TemplatePreview } from './content/rules.ts';
export type { TemplateVariables } from './content/variables.ts';

/** Fields of a template to change; null clears. */
export type TemplateChanges = {
  readonly [
    Field in
      | 'name'
      | 'language'
      | 'category'
      | 'submittedCategory'
      | 'unknownCategory'
      | 'unknownStatus'
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

/** Null for unknown words, and for events that are not a status (FLAGGED, REINSTATED, LOCKED, UNARCHIVED). */
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

/** The provider writes the same language as `en-US` and `en_US`. */
export const languageOf = (text: string): string => text.replaceAll('-', '_');

/**
 * The provider decides the category; the submitted one is kept beside it. An unknown word is shown, and the last known
 * category counts.
 */
export function categoryChange(
  {
    category,
    submittedCategory,
    unknownCategory,
  }: Pick<TemplateDoc, 'category' | 'submittedCategory' | 'unknownCategory'>,
  word: string | undefined,
): TemplateChanges {
  if (word === undefined) return {};
  const decided = categoryOf(word);
  if (decided === null) return word === unknownCategory ? {} : { unknownCategory: word };
  const known: TemplateChanges = unknownCategory === undefined ? {} : { unknownCategory: null };
  if (decided === category) return known;
  const submitted = submittedCategory ?? category;
  return { ...known, category: decided, submittedCategory: decided === submitted ? null : submitted };
}

/** Shows a status that this version does not know, and clears it once the provider reports a known one. */
export function unknownStatusChange(
  { unknownStatus }: Pick<TemplateDoc, 'unknownStatus'>,
  word: string,
): TemplateChanges {
  if (statusOf(word) === null) return word === unknownStatus ? {} : { unknownStatus: word };
  return unknownStatus === undefined ? {} : { unknownStatus: null };
}

/** Sets the reason of the new status and clears those of other statuses. */
const reasonsOf = (status: TemplateStatus, reason: string | null): TemplateChanges => ({
  rejectionReason: status === 'rejected' ? reason : null,
  pauseReason: status === 'paused' || status === 'disabled' ? reason : null,
});

/** The changes after the provider accepted a creation or an edit. */
export const changeAfterSubmit = (
  template: TemplateDoc,
  answer: { readonly id: string; readonly status: string; readonly category?: string },
  at: Date,
): TemplateChanges => {
  const status = statusOf(answer.status) ?? 'pending';
  return {
    ...{ providerTemplateId: answer.id, status, submittedAt: at, submitProblem: null },
    ...reasonsOf(status, null),
    ...unknownStatusChange(template, answer.status),
    ...categoryChange(template, answer.category),
  };
};

/** The content of a provider webhook about a template. */
export type TemplateNews =
  | { readonly what: 'status'; readonly word: string; readonly reason: string | null }
  | { readonly what: 'quality'; readonly word: string }
  | { readonly what: 'category'; readonly word: string }
  /** The template must be synced. */
  | { readonly what: 'content' };

/**
 * The changes after a webhook. The latest status by event time wins, whatever the order of arrival; an event that is
 * older or not a status only requests a sync.
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
      return {
        status,
        ...reasonsOf(status, news.reason),
        ...unknownStatusChange(template, news.word),
        ...(at === null ? {} : { statusAt: at }),
      };
    }
  }
}

/**
 * The changes after a refused send; null if the refusal does not concern the template. A late pause does not replace
 * `disabled`. `at` is the time of the refusal: older lists do not override it.
 */
export function changeAfterRefusal(status: TemplateStatus, code: number, at: Date): TemplateChanges | null {
  const { template } = ruleFor({ code });
  if (template === undefined) return null;
  if (template === 'resync' || (template === 'paused' && status === 'disabled')) return { needsSync: true };
  const pauseReason = `The provider refuses it as ${template} (${code}).`;
  const news = status === template ? {} : { statusAt: at };
  return { status: template, ...news, pauseReason, needsSync: true };
}

/** Why a template cannot be sent; null if unknown. */
export const reasonOf = ({
  pauseReason,
  rejectionReason,
  submitProblem,
}: Pick<TemplateDoc, 'pauseReason' | 'rejectionReason' | 'submitProblem'>): string | null =>
  pauseReason ?? rejectionReason ?? submitProblem ?? null;

/** States that the provider may end by itself; a disabled template stays disabled. */
const passingStates: ReadonlySet<string> = new Set(['paused', 'pending', 'in-appeal', 'draft']);

/** Whether a message should wait for a template in this state. */
export const isPassingState = (status: string): boolean => passingStates.has(status);

/** Whether held messages must check again: the template can be sent now, or waiting has become useless. */
export const endsTemplateWait = (before: string, after: string): boolean =>
  before !== after && (after === 'approved' || (isPassingState(before) && !isPassingState(after)));
