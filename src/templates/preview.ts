import { AppError } from '../platform/errors.ts';
import { fillTemplate, type FilledTemplate } from '../template-content/rules.ts';
import type { TemplateVariables } from '../template-content/variables.ts';
import type { TemplateDoc } from './repository.ts';

/** What a person would see; throws with all issues when the variables do not fit. */
export function previewTemplate({ components }: TemplateDoc, variables: TemplateVariables): FilledTemplate {
  const result = fillTemplate(components, variables);
  if (result.ok) return result.filled;
  throw new AppError('invalid-input', 'The variables do not fit the template.', { errors: result.issues });
}
