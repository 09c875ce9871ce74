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
  /** When the messages were written that wait for the answer; the first one begins it. */
  readonly asks: readonly Date[];
  /** The answers since it began. */
  readonly answers: readonly Answer[];
  /** When the conversation was closed, or the policy stopped to measure it; of a cycle, the last wait may hold it for all. */
  readonly stoppedAt: Date | null;
}

/** Of more messages than these, the later ones are not kept. */
const maxAsks = 20;

/** The provider's times are whole seconds: an answer within the second of a message is to an earlier one. */
const secondMs = 1_000;

/** Whether an answer at `at` is one to a message of that time. */
export const isAnswerTo = (at: Date, message: Date): boolean => at.getTime() >= message.getTime() + secondMs;

/** The times of the answers that count, in order. */
const answerTimes = (rounds: readonly Response[]): readonly Date[] =>
  inTime(rounds.flatMap((round) => round.answers.filter(isCounted).map(({ at }) => at)));

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

/** The waits that run again, because an answer failed or was delivered after all. */
export const waitsAgain = <R extends Response>(rounds: readonly R[]): readonly R[] => {
  const before = new Map(rounds.map((round) => [round.round, round]));
  return judgeResponses(rounds, beforeAll)
    .filter(({ state, round }) => state === 'running' && before.get(round)?.state !== 'running')
    .flatMap(({ round }) => before.get(round) ?? []);
};

/**
 * The rounds, with earlier starts where an answer turns out to have left earlier: the next wait then begins with the messages
 * between the two times, and needs a new deadline. A missed wait stays as it is.
 */
export function withEarlierStarts<R extends Response>(rounds: readonly R[]): readonly R[] {
  const times = answerTimes(rounds);
  const answerTo = (message: Date): Date | undefined => times.find((at) => isAnswerTo(at, message));
  const asks = rounds.flatMap((round) => round.asks);
  let before: Date | undefined;
  const begun = new Map<number, R>();
  for (const round of inOrder(rounds)) {
    const ending = answerTo(round.startedAt);
    const own = asks.filter(
      (ask) =>
        before !== undefined && !isAnswerTo(before, ask) && ask < round.startedAt && answerTo(ask) === ending,
    );
    if (own.length > 0 && round.breachedAt === null) begun.set(round.round, startingWith(round, own));
    before = ending;
  }
  return begun.size === 0 ? rounds : rounds.map((round) => begun.get(round.round) ?? round);
}

const startingWith = <R extends Response>(round: R, earlier: readonly Date[]): R => {
  const asks = inTime([...earlier, ...round.asks]).slice(0, maxAsks);
  return { ...round, asks, startedAt: asks[0] ?? round.startedAt };
};

/** In order, and each once. */
const inTime = (times: readonly Date[]): readonly Date[] =>
  times
    .toSorted((a, b) => a.getTime() - b.getTime())
    .filter((time, index, all) => time.getTime() !== all[index - 1]?.getTime());

/** No deadline has passed. */
const beforeAll = new Date(0);

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
  /** It changes no wait: it is answered. */
  | { readonly kind: 'nothing' }
  /** It belongs to this wait, which may begin earlier by it. */
  | { readonly kind: 'joins'; readonly round: R; readonly asks: readonly Date[] }
  | { readonly kind: 'begins'; readonly number: number };

/** What a message of the contact at `at` means for the waits of the cycle, as they stand. */
export function placeMessage<R extends Response>(rounds: readonly R[], at: Date): Placement<R> {
  if (answerTimes(rounds).some((time) => isAnswerTo(time, at))) return nothing;
  const last = lastOf(rounds);
  if (last === undefined || last.endedAt !== null) return { kind: 'begins', number: nextRound(rounds) };
  if (last.asks.length >= maxAsks) return nothing;
  return {
    kind: 'joins',
    round: last,
    asks: inTime([...last.asks, at]),
  };
}

const nothing = { kind: 'nothing' } as const;

/** The latest wait that is one. */
const lastOf = <R extends Response>(rounds: readonly R[]): R | undefined =>
  inOrder(rounds)
    .filter(({ state }) => state !== 'void')
    .at(-1);

const nextRound = (rounds: readonly Response[]): number =>
  Math.max(0, ...rounds.map(({ round }) => round)) + 1;

/**
 * The wait that begins because an answer becomes known late: it ended a wait, but some of its messages were written after
 * the answer. Null if there is none, or the conversation is closed.
 */
export function unansweredRest(
  rounds: readonly Response[],
): { readonly asks: readonly Date[]; readonly number: number } | null {
  const last = lastOf(rounds);
  if (last === undefined || last.endedAt === null) return null;
  if (rounds.some(({ round, stoppedAt }) => round >= last.round && stoppedAt !== null)) return null;
  const times = answerTimes(rounds);
  const asks = inTime(
    rounds.flatMap((round) => round.asks).filter((ask) => !times.some((time) => isAnswerTo(time, ask))),
  ).slice(0, maxAsks);
  return asks.length === 0 ? null : { asks, number: nextRound(rounds) };
}
