import { ruleFor } from '../whatsapp/error-classes.ts';
import type { HealthAnswer, NumberAnswer } from '../whatsapp/gateway.ts';
import type { AccountItem } from '../whatsapp/number-events.ts';
import type { ChannelState, ProviderPause } from './store/model.ts';

export interface StateOfChannel {
  readonly state: ChannelState;
  /** Null: the state needs no explanation. */
  readonly stateReason: string | null;
  /** Set when the provider has paused it. */
  readonly pause: ProviderPause | null;
}

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
      const rule = ruleFor(answer.error);
      if (rule.class === 'retry' || rule.class === 'retry-later') return null;
      const stateReason = `${rule.title} (${answer.error.code}). ${rule.advice}`;
      return { state: 'disconnected', stateReason, pause: null };
    }
  }
}

/** The state after somebody pauses or resumes; null when that is not possible, because nothing can be sent anyway. */
export function stateAfterWish(current: StateOfChannel, wish: 'pause' | 'resume'): StateOfChannel | null {
  if (current.state === 'disconnected') return null;
  if (wish === 'resume') return active;
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

const firstCheckMs = 60_000;
const longestCheckMs = 15 * 60_000;

/** The look at the provider's health after `checks` looks: a minute later, doubling to a quarter of an hour. */
export const nextCheckAfter = (checks: number, now: Date): Date =>
  new Date(now.getTime() + Math.min(firstCheckMs * 2 ** Math.min(checks, 10), longestCheckMs));

/** The state after a refused call; null when the channel is not active and so keeps the reason that it has. */
export function pausedByProvider(
  { state }: Pick<StateOfChannel, 'state'>,
  { reason, until, ...refusal }: Refusal,
  now: Date,
): StateOfChannel | null {
  if (state !== 'active') return null;
  const bound = until === undefined ? {} : { until };
  const first = nextCheckAfter(0, now);
  // Nothing that is said of its health before that time counts; right after it, it is looked at.
  const nextCheckAt = until !== undefined && until > first ? until : first;
  const pause = { ...refusal, since: now, ...bound, checks: 0, nextCheckAt };
  return { state: 'paused', stateReason: reason, pause };
}

/** The state after the provider told its health; null when nothing changes. */
export function afterHealthCheck(
  { state, pause }: Pick<StateOfChannel, 'state'> & { pause?: ProviderPause | null | undefined },
  answer: HealthAnswer,
  now: Date,
): StateOfChannel | null {
  if (state !== 'paused' || pause === undefined || pause === null) return null;
  if (pause.until !== undefined && pause.until > now) return null;
  switch (answer.kind) {
    case 'available':
      return active;
    case 'silent':
      // The call itself has worked, which is all that was wrong with credentials.
      return pause.class === 'credentials' ? active : null;
    case 'blocked':
    case 'refused':
    case 'away':
      return null;
  }
}

/** What the provider says of an account, for one of its channels; null when nothing changes. */
export function afterAccountEvent(
  current: Pick<StateOfChannel, 'state'> & { pause?: ProviderPause | null | undefined },
  event: AccountItem['event'],
  now: Date,
): Partial<StateOfChannel & { messagingLimit: number | null }> | null {
  switch (event.type) {
    case 'messaging-limit':
      return { messagingLimit: event.limit };
    case 'blocked': {
      const { word, until } = event;
      const reason = `Meta restricts the account, ${word}. Open the account in WhatsApp Manager: it says why.`;
      const bound = until === undefined ? {} : { until };
      return pausedByProvider(current, { class: 'sender', code: word, reason, ...bound }, now);
    }
    case 'reinstated': {
      // Whether everything is well again, the look at the health decides, which is due now.
      const { pause } = current;
      if (pause === undefined || pause === null) return null;
      const { until: _until, ...rest } = pause;
      return { pause: { ...rest, nextCheckAt: now } };
    }
  }
}
