import type { AnswerLog } from '../sla/answer-log.ts';
import { createWaitCatchUp, type WaitCatchUpDeps } from './catch-up.ts';
import { createWaitLog, type WaitLogDeps } from './wait-log.ts';

type WaitingDeps = WaitLogDeps & Omit<WaitCatchUpDeps, 'waits'> & { readonly deadlines: AnswerLog };

/** Who waits for an answer, and since when. */
export function buildWaiting({ deadlines, ...deps }: WaitingDeps) {
  const waits = createWaitLog(deps);
  return { waits, answers: both(deadlines, waits), timerHandlers: createWaitCatchUp({ ...deps, waits }) };
}

/** Answers of people, as sending learns of them: service levels and waits each keep what they need of them. */
const both = (deadlines: AnswerLog, waits: AnswerLog): AnswerLog => ({
  async noteWithin(scope, report, session) {
    await deadlines.noteWithin(scope, report, session);
    await waits.noteWithin(scope, report, session);
  },

  async note(scope, report) {
    await deadlines.note(scope, report);
    await waits.note(scope, report);
  },
});
