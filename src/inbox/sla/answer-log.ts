import type { ClientSession, Types } from 'mongoose';
import { derivedId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import { addAnswer, type Answer, type AnswerState } from './clocks/answers.ts';
import type { SlaClockDoc } from './clocks/repository.ts';
import { isAnswerTo, judgeResponses, waitsAgain, withEarlierStarts } from './clocks/responses.ts';
import { isOutdated, reschedule } from './clocks/terms.ts';
import { beginRest, currentOf, writeJudged, type DeadlineDeps } from './deadlines.ts';

export type { AnswerState } from './clocks/answers.ts';

/** What became of a message with which a person of the business answers. */
export interface AnswerReport {
  readonly conversationId: Types.ObjectId;
  readonly messageId: Types.ObjectId;
  readonly providerMessageId: string;
  readonly state: AnswerState;
  /** The contact had written nothing yet when it was accepted, so nobody waited for it. */
  readonly isUnasked?: true;
  readonly at: Date;
}

export interface AnswerLogDeps extends DeadlineDeps {
  readonly runInTransaction: RunInTransaction;
}

export type AnswerLog = ReturnType<typeof createAnswerLog>;

/**
 * Answers of people, as sending learns of them. Reports may come in any order and more than once; a report that is lost
 * leaves a customer waiting in the records, so sending repeats it until it is stored.
 */
export function createAnswerLog(deps: AnswerLogDeps) {
  const { clocks, runInTransaction, time } = deps;

  async function noteWithin(scope: ClientScope, report: AnswerReport, session: ClientSession): Promise<void> {
    const found = await clocks.findLatestResponses(scope, report.conversationId, { session });
    const answer = answerOf(report);
    const target = targetOf(found, answer, report.at);
    if (target === null) return;
    const answers = addAnswer(target.answers, answer);
    if (answers === target.answers) return;
    const rounds = found.filter(({ cycle }) => cycle === target.cycle);
    const told = rounds.map((round) => (round === target ? { ...round, answers } : round));
    const judged = judgeResponses(await withTermsOfNow(deps, scope, told, session), time.now());
    await writeJudged(deps, scope, { rounds, judged }, session);
    await beginRest(deps, scope, { rounds: judged, before: target }, session);
  }

  return {
    noteWithin,

    /** As `noteWithin`, in a transaction of its own; costs one read where nobody has waited for an answer. */
    async note(scope: ClientScope, report: AnswerReport): Promise<void> {
      const found = await clocks.findLatestResponses(scope, report.conversationId, { limit: 1 });
      if (found.length === 0) return;
      await runInTransaction((session) => noteWithin(scope, report, session));
    },
  };
}

/** A wait that goes on again, or begins earlier, counts by the policy of now. */
async function withTermsOfNow(
  deps: DeadlineDeps,
  scope: ClientScope,
  rounds: readonly SlaClockDoc[],
  session: ClientSession,
): Promise<readonly SlaClockDoc[]> {
  const next = [...withEarlierStarts(rounds)];
  const again = waitsAgain(next);
  for (const [index, round] of next.entries()) {
    const isEarlier = round !== rounds[index];
    if (!isEarlier && !again.includes(round)) continue;
    const current = await currentOf(deps, scope, round.policyId, session);
    if (isEarlier || isOutdated(round, current)) next[index] = reschedule(round, current, deps.time.now());
  }
  return next;
}

/** The provider's id holds the number of the contact, so only a digest is kept. */
const answerOf = ({ providerMessageId, state, at }: AnswerReport): Answer => ({
  key: derivedId(`answer:${providerMessageId}`),
  state,
  at: state === 'failed' ? null : at,
});

/** The wait that knows the answer, or else the latest one that it can answer. The latest come first. */
function targetOf(found: readonly SlaClockDoc[], { key }: Answer, at: Date): SlaClockDoc | null {
  const knowing = found.find(({ answers }) => answers.some((answer) => answer.key.equals(key)));
  return knowing ?? found.find(({ startedAt }) => isAnswerTo(at, startedAt)) ?? null;
}
