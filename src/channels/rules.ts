import { ruleFor } from '../whatsapp/error-classes.ts';
import type { HealthAnswer, NumberAnswer } from '../whatsapp/gateway.ts';
import type { AccountItem } from '../whatsapp/number-events.ts';
import { isTransient } from './numbers/rules.ts';
import { isVerified } from './ownership/rules.ts';
import type {
  ChannelDoc,
  PendingNumberCheck,
  ChannelRestriction,
  ChannelState,
  ProviderPause,
  ProviderRecovery,
} from './store/model.ts';

export interface StateOfChannel {
  readonly state: ChannelState;
  /** Null if the state needs no explanation. */
  readonly stateReason: string | null;
  /** Set when the provider has paused it. */
  readonly pause: ProviderPause | null;
  /** Null clears; left out, it stays as it is. */
  readonly recovery?: ProviderRecovery | null;
  /** Null clears; left out, it stays as it is. */
  readonly restriction?: ChannelRestriction | null;
}

/** The stored fields that a provider event may change; a missing one was never reported. */
type KnownState = Pick<StateOfChannel, 'state'> & {
  readonly pause?: ProviderPause | null | undefined;
  readonly recovery?: ProviderRecovery | null | undefined;
  readonly restriction?: ChannelRestriction | null | undefined;
  readonly messagingLimitAt?: Date | undefined;
};

export const stateOf = ({ state, stateReason, pause }: ChannelDoc): StateOfChannel => ({
  state,
  stateReason: stateReason ?? null,
  pause: pause ?? null,
});

const active: StateOfChannel = { state: 'active', stateReason: null, pause: null };

/**
 * The state after the provider's answer about the number; null if the answer is transient. Working credentials do not
 * end a pause by a user, or by the provider because of the account. The reason is our text for the provider's code,
 * because the provider's own text may quote the access token.
 */
export function stateAfterAnswer(current: StateOfChannel, answer: NumberAnswer): StateOfChannel | null {
  switch (answer.kind) {
    case 'described':
      return current.state === 'paused' && current.pause?.class !== 'credentials' ? current : active;
    case 'away':
      return null;
    case 'refused': {
      if (isTransient(answer)) return null;
      const rule = ruleFor(answer.error);
      const stateReason = `${rule.title} (${answer.error.code}). ${rule.advice}`;
      return { state: 'disconnected', stateReason, pause: null };
    }
  }
}

/** The gates that a change of a channel opens or widens. */
export function gatesOpened(before: ChannelDoc, after: ChannelDoc): readonly ('channel' | 'portfolio')[] {
  const isResumed =
    (before.state !== 'active' && after.state === 'active') ||
    (!isVerified(before) && isVerified(after)) ||
    (before.restriction !== undefined && after.restriction === undefined);
  const isLimitChanged =
    before.messagingLimit !== after.messagingLimit || before.portfolioId !== after.portfolioId;
  return [...(isResumed ? ['channel' as const] : []), ...(isLimitChanged ? ['portfolio' as const] : [])];
}

/** The state after a user pauses or resumes the channel; null if it is disconnected. */
export function stateAfterRequest(
  current: StateOfChannel,
  request: 'pause' | 'resume',
): StateOfChannel | null {
  if (current.state === 'disconnected') return null;
  // A user overrides the health checks, so the count of relapses starts again.
  if (request === 'resume') return { ...active, recovery: null, restriction: null };
  // Only a user ends a user's pause, even if the provider had paused the channel before.
  return current.state === 'paused' && current.pause === null
    ? current
    : { state: 'paused', stateReason: 'Paused by an admin.', pause: null };
}

/** Why the provider refuses the calls of a channel. */
export interface Refusal {
  readonly class: ProviderPause['class'];
  readonly code: string;
  /** Shown as `stateReason`. */
  readonly reason: string;
  readonly until?: Date;
}

const minuteMs = 60_000;
const maxHealthCheckWaitMs = 15 * minuteMs;
const maxRelapseWaitMs = 60 * minuteMs;
const maxNumberCheckWaitMs = 60 * minuteMs;

/** A refusal later than this after a passed health check is no relapse. */
const steadyMs = 60 * minuteMs;

/** One minute, doubled `times` times, up to `maxMs`. */
const doubled = (times: number, maxMs: number): number =>
  Math.min(minuteMs * 2 ** Math.min(times, 10), maxMs);

/**
 * The time of the next health check: after a minute, doubling to a quarter of an hour with each check. Each relapse
 * doubles the wait up to an hour, because a wrong passed check costs refused calls.
 */
export const nextHealthCheckAfter = (
  { checks, relapses = 0 }: Pick<ProviderPause, 'checks' | 'relapses'>,
  now: Date,
): Date =>
  new Date(
    now.getTime() + Math.max(doubled(checks, maxHealthCheckWaitMs), doubled(relapses, maxRelapseWaitMs)),
  );

/** The time of the next number check: after a minute, doubling to an hour with each try. */
export const nextNumberCheckAfter = ({ tries }: Pick<PendingNumberCheck, 'tries'>, now: Date): Date =>
  new Date(now.getTime() + doubled(tries - 1, maxNumberCheckWaitMs));

/** The relapses in a row, if the channel's calls are refused at `now`. */
const relapsesAt = (recovery: ProviderRecovery | null | undefined, now: Date): number =>
  recovery !== undefined && recovery !== null && now.getTime() - recovery.at.getTime() < steadyMs
    ? recovery.relapses + 1
    : 0;

const relapseNote = (relapses: number): string =>
  relapses === 0
    ? ''
    : ` Meta reported the number as healthy and then refused its calls again (${relapses} in a row): ` +
      'its health is checked less often now.';

/** The state after a refused call; null if the channel is not active, because its first reason stays. */
export function pausedByProvider(
  { state, recovery }: KnownState,
  { reason, until, ...refusal }: Refusal,
  now: Date,
): StateOfChannel | null {
  if (state !== 'active') return null;
  const bound = until === undefined ? {} : { until };
  const relapses = relapsesAt(recovery, now);
  const first = nextHealthCheckAfter({ checks: 0, relapses }, now);
  // Health checks before `until` do not count, so the first one runs right after it.
  const nextCheckAt = until !== undefined && until > first ? until : first;
  const pause = { ...refusal, since: now, ...bound, checks: 0, nextCheckAt, relapses };
  return { state: 'paused', stateReason: `${reason}${relapseNote(relapses)}`, pause };
}

/** The state after a health check; null if nothing changes. */
export function afterHealthCheck(
  { state, pause }: KnownState,
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
      // The call succeeded, so the credentials work again.
      return pause.class === 'credentials' ? recovered : null;
    case 'blocked':
    case 'refused':
    case 'away':
      return null;
  }
}

/** The provider's pause, extended to `until`; null if it ends no later, or a user has paused the channel. */
function extendedPause({ pause }: KnownState, until: Date | undefined): Pick<StateOfChannel, 'pause'> | null {
  if (pause === undefined || pause === null || until === undefined) return null;
  if (pause.until !== undefined && pause.until >= until) return null;
  const nextCheckAt = pause.nextCheckAt > until ? pause.nextCheckAt : until;
  return { pause: { ...pause, until, nextCheckAt } };
}

/** The restriction that ends last, of the current and the reported one; an expired one does not count. */
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
 * The changes that an account event makes to one channel of the account; null if there are none. A limit reported
 * before the stored one arrived late and is ignored. `reportedAt` is null if the event has no time.
 */
export function afterAccountEvent(
  current: KnownState,
  event: Exclude<AccountItem['event'], { readonly type: 'number-changed' }>,
  { reportedAt, now }: { readonly reportedAt: Date | null; readonly now: Date },
): AfterAccountEvent | null {
  switch (event.type) {
    case 'messaging-limit': {
      const { messagingLimitAt: knownAt } = current;
      if (reportedAt === null) return { messagingLimit: event.limit };
      if (knownAt !== undefined && reportedAt < knownAt) return null;
      return { messagingLimit: event.limit, messagingLimitAt: reportedAt };
    }
    case 'blocked': {
      const { word, until } = event;
      const reason = `Meta restricts the account (${word}). WhatsApp Manager shows why.`;
      const bound = until === undefined ? {} : { until };
      const refusal = { class: 'sender', code: word, reason, ...bound } as const;
      return pausedByProvider(current, refusal, now) ?? extendedPause(current, until);
    }
    case 'restricted':
      return { restriction: afterRestriction(current.restriction ?? null, event, now) };
    case 'reinstated': {
      const { pause, restriction } = current;
      const isRestricted = restriction !== undefined && restriction !== null;
      const free = isRestricted ? { restriction: null } : {};
      if (pause === undefined || pause === null) return isRestricted ? free : null;
      // The health check decides whether the channel resumes; it is due now.
      const { until: _until, ...rest } = pause;
      return { ...free, pause: { ...rest, nextCheckAt: now } };
    }
  }
}
