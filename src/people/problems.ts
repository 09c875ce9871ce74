import { defineProblems } from '../platform/errors.ts';

export const peopleProblems = defineProblems({
  'contact-blocked': {
    status: 409,
    title: 'Contact is blocked',
    retry: false,
    advice: 'Unblock the contact first.',
  },
});

type PeopleProblems = typeof peopleProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends PeopleProblems {}
}
