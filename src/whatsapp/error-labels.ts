import { ruleFor } from './error-classes.ts';
import { errorRules } from './error-table.ts';
import type { RejectedError } from './gateway.ts';

/** The metric labels of a provider error. Codes outside our table share the label `other`, which bounds the series. */
export const labelsOfError = (error: Pick<RejectedError, 'code'>): { class: string; code: string } => ({
  class: ruleFor(error).class,
  code: codeLabel(error.code),
});

/** A code of our table, or `other` for all other codes and words. */
export const codeLabel = (code: string | number): string =>
  Object.hasOwn(errorRules, code) ? String(code) : 'other';

/** Labels of errors outside `errorRules`: unknown codes by HTTP status, the range of permissions, and 100/33. */
const otherErrorLabels = [
  { class: 'message', code: 'other' },
  { class: 'retry', code: 'other' },
  { class: 'credentials', code: 'other' },
  { class: 'credentials', code: '100' },
] as const;

/** All labels of provider errors. */
export const errorLabels = [
  ...Object.keys(errorRules).map((code) => labelsOfError({ code: Number(code) })),
  ...otherErrorLabels,
] as const;
