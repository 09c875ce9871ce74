import { z } from 'zod';
import { defineProblems } from '../platform/errors.ts';

export const templateProblems = defineProblems({
  'template-not-approved': {
    status: 409,
    title: 'Template not approved',
    retry: false,
    advice: 'Wait for the approval, or choose an approved template (GET /api/templates?status=approved).',
    extensions: { state: z.string().meta({ description: 'the present state of the template' }) },
  },
  'template-limit-reached': {
    status: 409,
    title: 'Template limit reached',
    retry: false,
    advice:
      'Delete templates that are not used any more (DELETE /api/templates/:id), or have the business verified by Meta: a verified one may have 6,000 templates instead of 250. Then create or submit this one again.',
  },
});

type TemplateProblems = typeof templateProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends TemplateProblems {}
}
