import { defineProblems } from '../platform/errors.ts';

export const consentProblems = defineProblems({
  'contact-opted-out': {
    status: 409,
    title: 'Contact has opted out',
    retry: false,
    advice: 'Do not message this person again until they opt in.',
  },
});

type ConsentProblems = typeof consentProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends ConsentProblems {}
}
