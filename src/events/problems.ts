import { defineProblems } from '../platform/errors.ts';

export const eventProblems = defineProblems({
  'too-many-streams': {
    status: 429,
    title: 'Too many open streams',
    retry: true,
    advice: 'Close a stream of live events, or share one between the parts of the page.',
  },
});

type EventProblems = typeof eventProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends EventProblems {}
}
