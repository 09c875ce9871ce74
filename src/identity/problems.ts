import { defineProblems } from '../platform/errors.ts';

export const identityProblems = defineProblems({
  'invalid-credentials': {
    status: 401,
    title: 'Wrong e-mail address or password',
    retry: false,
    advice: 'Check both, or reset the password.',
  },
  'email-taken': {
    status: 409,
    title: 'E-mail address already in use',
    retry: false,
    advice: 'Log in, or reset the password.',
  },
  'email-not-confirmed': {
    status: 403,
    title: 'E-mail address not confirmed',
    retry: false,
    advice:
      'Open the link in the mail that sign-up sent. `POST /api/auth/request-confirmation` sends a new one.',
  },
  'last-admin': {
    status: 409,
    title: 'Last admin of the business',
    retry: false,
    advice: 'Make another active user an admin first.',
  },
  'invalid-link': {
    status: 400,
    title: 'Link expired or already used',
    retry: false,
    advice: 'Request a new link. Each works once and for a limited time.',
  },
});

type IdentityProblems = typeof identityProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends IdentityProblems {}
}
