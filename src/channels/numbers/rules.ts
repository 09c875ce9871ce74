import { ruleFor } from '../../whatsapp/error-classes.ts';
import type { AccountAnswer, MembershipAnswer, NumberAnswer } from '../../whatsapp/gateway.ts';
import { isVerified, nextProofAfter } from '../ownership/rules.ts';
import type {
  ChannelDoc,
  ChannelOwnership,
  ChannelVerification,
  PendingNumberCheck,
} from '../store/model.ts';

/** Whether the answer says nothing, and a later one may. */
export function isTransient(answer: NumberAnswer | AccountAnswer | MembershipAnswer): boolean {
  if (answer.kind !== 'refused') return answer.kind === 'away';
  const { class: errorClass } = ruleFor(answer.error);
  return errorClass === 'retry' || errorClass === 'retry-later';
}

/** Messages per second that the provider accepts from a number until it reports another value. */
const defaultThroughput = 80;

type Paced = Pick<ChannelDoc, 'sendsPerSecond' | 'throughput'>;

/**
 * The sending rate after the provider reports a throughput. A rate below the old throughput was chosen by a user and
 * stays, up to the new throughput; any other rate follows the throughput.
 */
export const rateAfter = ({ sendsPerSecond, throughput = defaultThroughput }: Paced, next: number): number =>
  sendsPerSecond < throughput ? Math.min(sendsPerSecond, next) : next;

/** The provider's answers of one number check; the others are null if the provider did not describe the number. */
export interface NumberAnswers {
  readonly number: NumberAnswer;
  readonly account: AccountAnswer | null;
  /** Whether the account contains the number. */
  readonly membership: MembershipAnswer | null;
}

interface NumberChanges {
  readonly verification: ChannelVerification;
  readonly messagingLimit?: number | null;
  readonly messagingLimitAt?: Date;
  readonly portfolioId?: string;
  readonly throughput?: number;
  readonly sendsPerSecond?: number;
}

/** The changes that a number check makes; null if the provider did not describe the number. */
export function changesFromAnswers(
  current: Paced,
  { number: answer, account }: Pick<NumberAnswers, 'number' | 'account'>,
  at: Date,
): NumberChanges | null {
  if (answer.kind !== 'described') return null;
  const { messagingLimit, throughput, ...number } = answer.number;
  const portfolioId = account?.kind === 'described' ? account.portfolioId : null;
  return {
    verification: { at, ...number },
    ...(messagingLimit === undefined ? {} : { messagingLimit, messagingLimitAt: at }),
    ...(portfolioId === null ? {} : { portfolioId }),
    ...(throughput === undefined ? {} : { throughput, sendsPerSecond: rateAfter(current, throughput) }),
  };
}

/** Whether another check could not give more, because no answer was transient. */
export const isNumberCheckOver = ({ number, account, membership }: NumberAnswers): boolean =>
  [number, account, membership].every((answer) => answer === null || !isTransient(answer));

interface ProofResult {
  readonly answers: NumberAnswers;
  readonly ownership: ChannelOwnership;
  readonly now: Date;
}

/** The changes that a check makes: limits and names are read only for the owner of the number. */
export const changesFromProof = (current: Paced, { answers, ownership, now }: ProofResult) => ({
  ...(isVerified({ ownership }) ? changesFromAnswers(current, answers, now) : null),
  ownership,
});

/** The check that follows these answers: at once if they are incomplete; null if only a user asks for the next one. */
export function nextCheckAfter(
  answers: NumberAnswers,
  ownership: ChannelOwnership,
  now: Date,
): PendingNumberCheck | null {
  if (!isNumberCheckOver(answers) || ownership.gap === 'provider-away') return { at: now, tries: 0 };
  const at = nextProofAfter(ownership, now);
  return at === null ? null : { at, tries: 0 };
}
