import { ruleFor } from '../whatsapp/error-classes.ts';
import type { AccountAnswer, HealthAnswer, NumberAnswer } from '../whatsapp/gateway.ts';
import type { AccountItem } from '../whatsapp/number-events.ts';
import type {
  ChannelDoc,
  ChannelLook,
  ChannelRestriction,
  ChannelState,
  ChannelVerification,
  ProviderPause,
  ProviderRecovery,
} from './store/model.ts';

export interface StateOfChannel {
  readonly state: ChannelState;
  /** Null: the state needs no explanation. */
  readonly stateReason: string | null;
  /** Set when the provider has paused it. */
  readonly pause: ProviderPause | null;
  /** Null clears; left out, it stays as it is. */
  readonly recovery?: ProviderRecovery | null;
  /** Null clears; left out, it stays as it is. */
  readonly restriction?: ChannelRestriction | null;
}

/** What is known when the provider has spoken; what is missing was never said. */
type Known = Pick<StateOfChannel, 'state'> & {
  readonly pause?: ProviderPause | null | undefined;
  readonly recovery?: ProviderRecovery | null | undefined;
  readonly restriction?: ChannelRestriction | null | undefined;
  readonly messagingLimitAt?: Date | undefined;
};

const active: StateOfChannel = { state: 'active', stateReason: null, pause: null };

/**
 * What the provider's answer about a number means for its channel; null when the provider has not really answered.
 * A channel that somebody has paused stays paused when its credentials work, and one that the provider has paused
 * for its account as well. The reason is our own text for the provider's code: its free text may quote the access
 * token.
 */
export function stateAfterAnswer(current: StateOfChannel, answer: NumberAnswer): StateOfChannel | null {
  switch (answer.kind) {
    case 'described':
      return current.state === 'paused' && current.pause?.class !== 'credentials' ? current : active;
    case 'away':
      return null;
    case 'refused': {
      if (isPassing(answer)) return null;
      const rule = ruleFor(answer.error);
      const stateReason = `${rule.title} (${answer.error.code}). ${rule.advice}`;
      return { state: 'disconnected', stateReason, pause: null };
    }
  }
}

/** Nothing was learnt, and to ask later may help. */
export function isPassing(answer: NumberAnswer | AccountAnswer): boolean {
  if (answer.kind !== 'refused') return answer.kind === 'away';
  const { class: errorClass } = ruleFor(answer.error);
  return errorClass === 'retry' || errorClass === 'retry-later';
}

/** What the provider lets a number send per second until it says otherwise. */
const defaultThroughput = 80;

type Paced = Pick<ChannelDoc, 'sendsPerSecond' | 'throughput'>;

/**
 * What a channel sends per second once the provider has said what it takes. One that sends less than it might does so
 * because somebody wants it, and goes on so; every other one sends what it may, be that more or less than before.
 */
export const rateAfter = ({ sendsPerSecond, throughput = defaultThroughput }: Paced, next: number): number =>
  sendsPerSecond < throughput ? Math.min(sendsPerSecond, next) : next;

/** The provider's answers about a number; the account is asked about only where the number is known. */
export interface NumberKnowledge {
  readonly number: NumberAnswer;
  readonly account: AccountAnswer | null;
}

interface Learnt {
  readonly verification: ChannelVerification;
  readonly messagingLimit?: number | null;
  readonly messagingLimitAt?: Date;
  readonly portfolioId?: string;
  readonly throughput?: number;
  readonly sendsPerSecond?: number;
}

/** What becomes of the provider's answers; null when there is nothing to learn. What it leaves out stays as it was. */
export function learntFrom(
  current: Paced,
  { number: answer, account }: NumberKnowledge,
  at: Date,
): Learnt | null {
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

/** Whether the answers end the search, because they are known or will not come. */
export const isLookOver = ({ number, account }: NumberKnowledge): boolean =>
  !isPassing(number) && (account === null || !isPassing(account));

/** Which gates a change of a channel opens, or opens a little further. */
export function gatesOpened(before: ChannelDoc, after: ChannelDoc): readonly ('channel' | 'portfolio')[] {
  const isResumed =
    (before.state !== 'active' && after.state === 'active') ||
    (before.restriction !== undefined && after.restriction === undefined);
  const isCountedAnew =
    before.messagingLimit !== after.messagingLimit || before.portfolioId !== after.portfolioId;
  return [...(isResumed ? ['channel' as const] : []), ...(isCountedAnew ? ['portfolio' as const] : [])];
}

/** The state after somebody pauses or resumes; null when that is not possible, because nothing can be sent anyway. */
export function stateAfterWish(current: StateOfChannel, wish: 'pause' | 'resume'): StateOfChannel | null {
  if (current.state === 'disconnected') return null;
  // Who resumes it knows more than the health page did: how often that was wrong counts no more.
  if (wish === 'resume') return { ...active, recovery: null, restriction: null };
  // A person's pause stands until a person ends it, also where the provider had paused before.
  return current.state === 'paused' && current.pause === null
    ? current
    : { state: 'paused', stateReason: 'Paused by an admin.', pause: null };
}

/** Why the provider refuses the calls of a channel. */
export interface Refusal {
  readonly class: ProviderPause['class'];
  readonly code: string;
  /** `There is a payment problem, 131042. Add or mend …` */
  readonly reason: string;
  readonly until?: Date;
}

const minuteMs = 60_000;
const maxCheckMs = 15 * minuteMs;
const maxRelapseMs = 60 * minuteMs;
const maxLookMs = 60 * minuteMs;

/** A channel that has sent for so long since its health let it go has really been well. */
const steadyMs = 60 * minuteMs;

/** A minute, doubling up to the longest. */
const doubled = (times: number, maxMs: number): number =>
  Math.min(minuteMs * 2 ** Math.min(times, 10), maxMs);

/**
 * The look at the provider's health after so many looks: a minute later, doubling to a quarter of an hour. A page that
 * has been wrong is asked less often, up to once an hour: each time that it is believed, calls are refused again.
 */
export const nextCheckAfter = (
  { checks, relapses = 0 }: Pick<ProviderPause, 'checks' | 'relapses'>,
  now: Date,
): Date => new Date(now.getTime() + Math.max(doubled(checks, maxCheckMs), doubled(relapses, maxRelapseMs)));

/** When to ask again what could not be learnt. */
export const nextLookAfter = ({ tries }: Pick<ChannelLook, 'tries'>, now: Date): Date =>
  new Date(now.getTime() + doubled(tries - 1, maxLookMs));

/** How often in a row the health was believed in vain, if the channel's calls are refused now. */
const relapsesAt = (recovery: ProviderRecovery | null | undefined, now: Date): number =>
  recovery !== undefined && recovery !== null && now.getTime() - recovery.at.getTime() < steadyMs
    ? recovery.relapses + 1
    : 0;

const ofRelapses = (relapses: number): string =>
  relapses === 0
    ? ''
    : ` Its health at Meta said that all was well, and calls were refused again (${relapses} in a row): ` +
      'it is asked less often now.';

/** The state after a refused call; null when the channel is not active and so keeps the reason that it has. */
export function pausedByProvider(
  { state, recovery }: Known,
  { reason, until, ...refusal }: Refusal,
  now: Date,
): StateOfChannel | null {
  if (state !== 'active') return null;
  const bound = until === undefined ? {} : { until };
  const relapses = relapsesAt(recovery, now);
  const first = nextCheckAfter({ checks: 0, relapses }, now);
  // Nothing that is said of its health before that time counts; right after it, it is looked at.
  const nextCheckAt = until !== undefined && until > first ? until : first;
  const pause = { ...refusal, since: now, ...bound, checks: 0, nextCheckAt, relapses };
  return { state: 'paused', stateReason: `${reason}${ofRelapses(relapses)}`, pause };
}

/** The state after the provider told its health; null when nothing changes. */
export function afterHealthCheck(
  { state, pause }: Known,
  answer: HealthAnswer,
  now: Date,
): StateOfChannel | null {
  if (state !== 'paused' || pause === undefined || pause === null) return null;
  if (pause.until !== undefined && pause.until > now) return null;
  const recovered = { ...active, recovery: { at: now, relapses: pause.relapses ?? 0 } };
  switch (answer.kind) {
    case 'available':
      return recovered;
    case 'silent':
      // The call itself has worked, which is all that was wrong with credentials.
      return pause.class === 'credentials' ? recovered : null;
    case 'blocked':
    case 'refused':
    case 'away':
      return null;
  }
}

/** A pause of the provider's whose end it has put off; null when it ends no later, or a person has paused. */
function pausedLonger({ pause }: Known, until: Date | undefined): Pick<StateOfChannel, 'pause'> | null {
  if (pause === undefined || pause === null || until === undefined) return null;
  if (pause.until !== undefined && pause.until >= until) return null;
  const nextCheckAt = pause.nextCheckAt > until ? pause.nextCheckAt : until;
  return { pause: { ...pause, until, nextCheckAt } };
}

/** Of two restrictions the one that ends last counts; one that is over counts no more. */
export function afterRestriction(
  current: ChannelRestriction | null,
  { word: code, until }: { readonly word: string; readonly until?: Date },
  now: Date,
): ChannelRestriction {
  const next = { code, since: now, ...(until === undefined ? {} : { until }) };
  if (current === null || (current.until !== undefined && current.until <= now)) return next;
  const isLater = current.until !== undefined && (until === undefined || until > current.until);
  return isLater ? { ...next, since: current.since } : current;
}

type AfterAccountEvent = Partial<
  StateOfChannel & { readonly messagingLimit: number | null; readonly messagingLimitAt: Date }
>;

/**
 * What the provider says of an account, for one of its channels; null when nothing changes. A limit that was said
 * before the one that is known has only come late. `saidAt` is null when the provider does not say the time.
 */
export function afterAccountEvent(
  current: Known,
  event: Exclude<AccountItem['event'], { readonly type: 'number-changed' }>,
  { saidAt, now }: { readonly saidAt: Date | null; readonly now: Date },
): AfterAccountEvent | null {
  switch (event.type) {
    case 'messaging-limit': {
      const { messagingLimitAt: knownAt } = current;
      if (saidAt === null) return { messagingLimit: event.limit };
      if (knownAt !== undefined && saidAt < knownAt) return null;
      return { messagingLimit: event.limit, messagingLimitAt: saidAt };
    }
    case 'blocked': {
      const { word, until } = event;
      const reason = `Meta restricts the account, ${word}. Open the account in WhatsApp Manager: it says why.`;
      const bound = until === undefined ? {} : { until };
      const refusal = { class: 'sender', code: word, reason, ...bound } as const;
      return pausedByProvider(current, refusal, now) ?? pausedLonger(current, until);
    }
    case 'restricted':
      return { restriction: afterRestriction(current.restriction ?? null, event, now) };
    case 'reinstated': {
      const { pause, restriction } = current;
      const isRestricted = restriction !== undefined && restriction !== null;
      const free = isRestricted ? { restriction: null } : {};
      if (pause === undefined || pause === null) return isRestricted ? free : null;
      // Whether everything is well again, the look at the health decides, which is due now.
      const { until: _until, ...rest } = pause;
      return { ...free, pause: { ...rest, nextCheckAt: now } };
    }
  }
}
