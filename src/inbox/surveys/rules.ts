import type { Choice } from './model.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** What a survey is judged by when its conversation is closed. */
export interface ClosedEpisode {
  readonly isOn: boolean;
  readonly isGroup: boolean;
  readonly windowExpiresAt: Date | null;
}

/** Whether a closing may be followed by a question at all: the rest is judged when the last answer has left. */
export const mayAsk = ({ isOn, isGroup, windowExpiresAt }: ClosedEpisode, now: Date): boolean =>
  isOn && !isGroup && windowExpiresAt !== null && windowExpiresAt > now;

interface Decision {
  readonly at: Date;
  readonly status?: string;
}

/** When the episode before was closed; null if there was none. `history` is that of before the closing. */
export function episodeSince(history: readonly Decision[], cycle: number): Date | null {
  if (cycle === 0) return null;
  const closing = history.findLast(({ status }) => status === 'closed');
  // The oldest decisions are dropped.
  return (closing ?? history[0])?.at ?? null;
}

/** What was said in the episode. */
export interface Episode {
  readonly hasContactWritten: boolean;
  /** By a person of the business. */
  readonly isAnswered: boolean;
  /** An answer is on its way out. */
  readonly isAnswerWaiting: boolean;
}

export const skipReasons = ['reopened', 'switched-off', 'contact-silent', 'not-answered'] as const;
export type SkipReason = (typeof skipReasons)[number];

export type AskStep =
  | { readonly kind: 'ask' }
  | { readonly kind: 'later'; readonly at: Date }
  | { readonly kind: 'skip'; readonly reason: SkipReason };

/** The answer that was sent with the closing leaves first. */
export const askAfterMs = 2 * secondMs;
const lookAgainMs = 10 * secondMs;
const maxWaitMs = 10 * minuteMs;

interface Asking {
  readonly closedAt: Date;
  /** The conversation is still closed, in the same episode. */
  readonly isStillClosed: boolean;
  readonly isOn: boolean;
  readonly episode: Episode;
}

/** What to do with a survey that waits. */
export function nextStep({ closedAt, isStillClosed, isOn, episode }: Asking, now: Date): AskStep {
  if (!isStillClosed) return { kind: 'skip', reason: 'reopened' };
  if (!isOn) return { kind: 'skip', reason: 'switched-off' };
  if (!episode.hasContactWritten) return { kind: 'skip', reason: 'contact-silent' };
  if (episode.isAnswerWaiting && now.getTime() - closedAt.getTime() < maxWaitMs)
    return { kind: 'later', at: new Date(now.getTime() + lookAgainMs) };
  return episode.isAnswered ? { kind: 'ask' } : { kind: 'skip', reason: 'not-answered' };
}

export const scores = [1, 2, 3, 4, 5] as const;

/** Names one score of one survey; nobody who did not get the question can guess it. */
export interface AnswerId {
  readonly surveyId: string;
  readonly secret: string;
  readonly score: number;
}

export const answerIdOf = ({ surveyId, secret, score }: AnswerId): string =>
  `survey:${surveyId}:${secret}:${score}`;

const answerId = /^survey:(?<surveyId>[0-9a-f]{24}):(?<secret>[A-Za-z0-9_-]{22}):(?<score>[1-5])$/;

/** Null if the id is none of ours. */
export function readAnswerId(id: string): AnswerId | null {
  const { surveyId, secret, score } = answerId.exec(id)?.groups ?? {};
  return surveyId === undefined || secret === undefined ? null : { surveyId, secret, score: Number(score) };
}

/** A contact chooses once, or a few times. */
const maxChoices = 20;
/** How long the contact may choose again. */
const changeMs = 24 * hourMs;

const inOrder = (one: Choice, other: Choice): number =>
  one.at.getTime() - other.at.getTime() || (one.key < other.key ? -1 : 1);

/** The choices with one more, oldest first: the same ones in whichever order they arrive. */
export const withChoice = (choices: readonly Choice[], choice: Choice): readonly Choice[] =>
  [...choices.filter(({ key }) => key !== choice.key), choice].toSorted(inOrder).slice(0, maxChoices);

/** The choice that counts: the last one within a day of the first; null without any. */
export function countedChoice(choices: readonly Choice[]): Choice | null {
  const [first] = choices;
  if (first === undefined) return null;
  const isCounted = ({ at }: Choice): boolean => at.getTime() - first.at.getTime() <= changeMs;
  return choices.reduce((counted, choice) => (isCounted(choice) ? choice : counted), first);
}

const commentMs = 15 * minuteMs;

/** Until when the next text after a choice is its comment. */
export const commentUntil = ({ at }: Pick<Choice, 'at'>): Date => new Date(at.getTime() + commentMs);

/** The comment on the survey; its message has the rest of a longer text. */
const maxComment = 2_000;
export const boundedComment = (text: string): string =>
  text.slice(0, maxComment).replace(/[\uD800-\uDBFF]$/u, '');

/** A text of the contact that may be a comment. */
interface HeardText {
  readonly at: Date;
  /** It quotes the question for a comment. */
  readonly quotes: boolean;
  /** A stop or start word is obeyed, and no comment. */
  readonly isKeyword: boolean;
}

interface Commented {
  readonly hasComment: boolean;
  readonly answeredAt: Date | null;
  readonly commentUntil: Date | null;
  /** The conversation of the survey is still closed. */
  readonly isClosed: boolean;
  /** The contact has an open or pending conversation on the channel. */
  readonly hasLive: boolean;
}

/** `aside`: kept in the closed conversation, which stays closed. `beside`: a message like any other that is the comment as well. */
export type CommentVerdict = 'aside' | 'beside' | 'none';

/** What a text is for a survey. */
export function judgeText(text: HeardText, survey: Commented): CommentVerdict {
  if (text.isKeyword || survey.hasComment) return 'none';
  if (text.quotes) return survey.isClosed ? 'aside' : 'beside';
  const { answeredAt, commentUntil: until } = survey;
  if (answeredAt === null || until === null || text.at < answeredAt || text.at > until) return 'none';
  return survey.isClosed && !survey.hasLive ? 'aside' : 'none';
}

/** Statuses of a question that the contact did not get. */
export const lostStatuses = ['failed', 'canceled', 'expired'] as const;
const isLost = (status: string): boolean => lostStatuses.some((lost) => lost === status);

export const surveyStates = ['waiting', 'skipped', 'refused', 'failed', 'sent', 'answered'] as const;
export type SurveyState = (typeof surveyStates)[number];

interface Progress {
  readonly step: 'waiting' | 'skipped' | 'refused' | 'asked';
  readonly score?: number;
  readonly question?: { readonly status: string };
}

export function stateOf({ step, score, question }: Progress): SurveyState {
  if (score !== undefined) return 'answered';
  if (step !== 'asked') return step;
  return question !== undefined && isLost(question.status) ? 'failed' : 'sent';
}
