import { isCounted, type Answer } from './answers.ts';
import { judge, type Clock, type Ending } from './clock.ts';

/**
 * The waits for an answer in one cycle of a conversation. A wait begins with the first message that nobody has answered,
 * and ends with the first answer after it. Their states are made from what is known, so the order in which messages,
 * answers and failures become known does not matter.
 */

export interface Response extends Clock {
  /** Counts the waits of the cycle from 1. */
  readonly round: number;
  /** The answers since it began. */
  readonly answers: readonly Answer[];
  /** When the conversation was closed, or the policy stopped to measure it; of a cycle, the last wait may hold it for all. */
  readonly stoppedAt: Date | null;
}

/** The provider's times are whole seconds: an answer within the second of a message is to an earlier one. */
const secondMs = 1_000;

/** Whether an answer at `at` is one to a message of that time. */
export const isAnswerTo = (at: Date, message: Date): boolean => at.getTime() >= message.getTime() + secondMs;

/** The times of the answers that count, in order. */
const answerTimes = (rounds: readonly Response[]): readonly Date[] =>
  rounds
    .flatMap((round) => round.answers.filter(isCounted).map(({ at }) => at))
    .toSorted((a, b) => a.getTime() - b.getTime());

/** The waits as they stand at `now`, in order of their start; each is the same object if it has not changed. */
export function judgeResponses<R extends Response>(rounds: readonly R[], now: Date): readonly R[] {
  const times = answerTimes(rounds);
  const sorted = inOrder(rounds);
  const judged: R[] = [];
  /** How the wait before ends; undefined for the first. */
  let before: Ending | null | undefined;
  for (const [index, round] of sorted.entries()) {
    // An earlier wait goes on, because its answer failed: the two are one.
    if (before !== undefined && (before === null || isAnswerTo(before.at, round.startedAt))) {
      judged.push(mergedInto(before, round, now));
      continue;
    }
    before = endingOf(round, { times, stoppedAt: stopOf(sorted.slice(index)) });
    judged.push(judge(round, before, now));
  }
  return judged;
}

const stopOf = (rounds: readonly Response[]): Date | null =>
  rounds.find(({ stoppedAt }) => stoppedAt !== null)?.stoppedAt ?? null;

const mergedInto = <R extends Response>(ending: Ending | null, round: R, now: Date): R => {
  if (round.breachedAt !== null) return judge(round, ending, now);
  return round.state === 'void' ? round : { ...round, state: 'void', endedAt: round.startedAt };
};

const inOrder = <R extends Response>(rounds: readonly R[]): R[] =>
  rounds.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime() || a.round - b.round);

interface Ends {
  readonly times: readonly Date[];
  readonly stoppedAt: Date | null;
}

function endingOf({ startedAt }: Response, { times, stoppedAt }: Ends): Ending | null {
  const answeredAt = times.find((at) => isAnswerTo(at, startedAt));
  if (answeredAt !== undefined && (stoppedAt === null || answeredAt <= stoppedAt))
    return { at: answeredAt, as: 'met' };
  return stoppedAt === null ? null : { at: stoppedAt, as: 'void' };
}

export type Placement<R> =
  /** It changes no wait: somebody waits already, or it is answered. */
  | { readonly kind: 'nothing' }
  /** It was written before the message with which this wait began. */
  | { readonly kind: 'earlier'; readonly round: R }
  | { readonly kind: 'begins'; readonly number: number };

/** What a message of the contact at `at` means for the waits of the cycle, as they stand. */
export function placeMessage<R extends Response>(rounds: readonly R[], at: Date): Placement<R> {
  const last = inOrder(rounds)
    .filter(({ state }) => state !== 'void')
    .at(-1);
  const number = Math.max(0, ...rounds.map(({ round }) => round)) + 1;
  const isAnswered = answerTimes(rounds).some((time) => isAnswerTo(time, at));
  if (isAnswered) return nothing;
  if (last === undefined || last.endedAt !== null) return { kind: 'begins', number };
  return last.state === 'running' && at < last.startedAt ? { kind: 'earlier', round: last } : nothing;
}

const nothing = { kind: 'nothing' } as const;
