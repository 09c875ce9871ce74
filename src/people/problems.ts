import { defineProblems } from '../platform/errors.ts';

export const peopleProblems = defineProblems({
  'contact-blocked': {
    status: 409,
    title: 'Contact is blocked',
    retry: false,
    advice: 'Unblock the contact first.',
  },
  'too-many-imports': {
    status: 409,
    title: 'Too many imports are running',
    retry: true,
    advice: 'Wait until one of them is completed, or pause or cancel one.',
  },
});

type PeopleProblems = typeof peopleProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends PeopleProblems {}
}
