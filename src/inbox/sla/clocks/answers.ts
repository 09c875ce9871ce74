import type { Types } from 'mongoose';

/** In their order: what is known of an answer only rises, as the status of its message does. */
export const answerStates = ['sent', 'failed', 'delivered'] as const;
export type AnswerState = (typeof answerStates)[number];

/** A message with which a person of the business answers. */
export interface Answer {
  /** Made from the provider's id of the message. */
  readonly key: Types.ObjectId;
  readonly state: AnswerState;
  /** When it left; null while only its failure is known. */
  readonly at: Date | null;
}

/** What is known of an answer, whichever it is. */
export type AnswerFact = Omit<Answer, 'key'>;

/** Whether an answer counts. */
export const isCounted = <Fact extends AnswerFact>(answer: Fact): answer is Fact & { readonly at: Date } =>
  answer.state !== 'failed' && answer.at !== null;

/** The answers that are kept of one clock: more than one, because the first may fail later. */
export const maxCounted = 5;
export const maxAnswers = 20;

/** The answers with another report, in any order and with any repetition; the same list if it adds nothing. */
export function addAnswer(known: readonly Answer[], said: Answer): readonly Answer[] {
  const earlier = known.find(({ key }) => key.equals(said.key));
  if (earlier === undefined) {
    const isSpare = said.state !== 'failed' && known.filter(isCounted).length >= maxCounted;
    return isSpare || known.length >= maxAnswers ? known : [...known, said];
  }
  const merged = mergeAnswers(earlier, said);
  if (merged === earlier) return known;
  return known.map((answer) => (answer === earlier ? merged : answer));
}

/** What two reports say together; the first one if the other adds nothing. */
export function mergeAnswers<Fact extends AnswerFact>(a: Fact, b: AnswerFact): Fact {
  const state = answerStates.indexOf(b.state) > answerStates.indexOf(a.state) ? b.state : a.state;
  const at = earliest(a.at, b.at);
  return state === a.state && at?.getTime() === a.at?.getTime() ? a : { ...a, state, at };
}

const earliest = (a: Date | null, b: Date | null): Date | null => {
  if (a === null || b === null) return a ?? b;
  return b < a ? b : a;
};
