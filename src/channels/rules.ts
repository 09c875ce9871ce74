import { ruleFor } from '../whatsapp/error-classes.ts';
import type { NumberAnswer } from '../whatsapp/gateway.ts';
import type { ChannelState } from './model.ts';

export interface StateOfChannel {
  readonly state: ChannelState;
  /** Null: the state needs no explanation. */
  readonly reason: string | null;
}

/**
 * What the provider's answer about a number means for its channel; null when the provider has not really answered.
 * A channel that somebody has paused stays paused when its credentials work. The reason is our own text for the
 * provider's code: its free text may quote the access token.
 */
export function stateAfterAnswer(current: StateOfChannel, answer: NumberAnswer): StateOfChannel | null {
  switch (answer.kind) {
    case 'described':
      return current.state === 'paused' ? current : { state: 'active', reason: null };
    case 'away':
      return null;
    case 'refused': {
      const rule = ruleFor(answer.error);
      if (rule.class === 'retry' || rule.class === 'retry-later') return null;
      return { state: 'disconnected', reason: `${rule.title} (${answer.error.code}). ${rule.advice}` };
    }
  }
}

/** The state after somebody pauses or resumes; null when that is not possible, because nothing can be sent anyway. */
export function stateAfterWish(current: StateOfChannel, wish: 'pause' | 'resume'): StateOfChannel | null {
  if (current.state === 'disconnected') return null;
  if (wish === 'resume') return { state: 'active', reason: null };
  return current.state === 'paused' ? current : { state: 'paused', reason: 'Paused by an admin.' };
}
