import { below, pickByShare, type Random } from '../shared/random.ts';

/** What an agent does, decided by chance from what they see. Pure. */

export type Act = 'reply' | 'close' | 'give-back' | 'snooze-until-reply' | 'snooze' | 'nothing';

const onUnanswered = [
  { act: 'reply', share: 0.3 },
  { act: 'close', share: 0.4 },
  { act: 'give-back', share: 0.05 },
  { act: 'snooze-until-reply', share: 0.03 },
  { act: 'snooze', share: 0.02 },
  { act: 'nothing', share: 0.2 },
] as const;
const onAnswered = [
  { act: 'close', share: 0.7 },
  { act: 'snooze-until-reply', share: 0.05 },
  { act: 'snooze', share: 0.05 },
  { act: 'nothing', share: 0.2 },
] as const;

interface Seen {
  readonly isAnswered: boolean;
  /** The storm is over: everything is to be served. */
  readonly isFinishing: boolean;
  /** A snooze ends before the storm does. */
  readonly hasTime: boolean;
}

export function chooseAct({ isAnswered, isFinishing, hasTime }: Seen, random: Random): Act {
  const { act } = isAnswered ? pickByShare(onAnswered, random) : pickByShare(onUnanswered, random);
  if (isFinishing) return 'close';
  return act === 'snooze' && !hasTime ? 'nothing' : act;
}

export interface Shift {
  readonly workMs: number;
  readonly awayMs: number;
  /** How the agent leaves: with a word, or cut off. */
  readonly leaves: 'offline' | 'away' | 'without-a-word';
}

const leavings = [
  { leaves: 'offline', share: 0.4 },
  { leaves: 'away', share: 0.2 },
  { leaves: 'without-a-word', share: 0.4 },
] as const;

/** The longest absence is long enough that an agent who is cut off is noticed. */
const maxAway = 0.25;
const maxWork = 0.4;

export const planShift = (stormMs: number, random: Random): Shift => ({
  workMs: below(stormMs * maxWork, random),
  awayMs: below(stormMs * maxAway, random),
  leaves: pickByShare(leavings, random).leaves,
});

/** Sometimes an agent takes one that nobody has. */
export const takesOne = (random: Random): boolean => random() < 0.04;
