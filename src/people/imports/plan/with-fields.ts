import { judgeFields, type FieldRules } from '../../custom-fields/rules.ts';
import type { RowVerdict } from '../stored-rows/model.ts';
import { planRow, type PlanOptions, type RowFacts, type RowPlan } from './rules.ts';

/** A plan, and what the rules of contacts say against it. */
export interface CheckedPlan extends RowPlan, RowVerdict {}

/** The plan of a row, judged by the definitions of custom fields too: what they refuse would fail when it is stored. */
export function planChecked(
  facts: RowFacts,
  options: PlanOptions,
  definitions: readonly FieldRules[],
): CheckedPlan {
  const plan = planRow(facts, options);
  if (plan.kind !== 'create' && plan.kind !== 'update') return plan;
  const [contact] = facts.existing;
  const { issues } = judgeFields(definitions, {
    given: plan.change.customFields,
    current: contact?.customFields ?? {},
    isNew: plan.kind === 'create',
  });
  if (issues.length === 0) return plan;
  return { ...plan, kind: 'invalid', codes: ['field-refused'], change: {}, before: {}, issues };
}

export const verdictOf = ({ kind, codes, notices, issues }: CheckedPlan): RowVerdict => ({
  ...{ kind, codes, notices },
  ...(issues === undefined ? {} : { issues }),
});
