import { ruleFor } from '../../whatsapp/error-classes.ts';
import type { ReadMarkAnswer } from '../../whatsapp/gateway.ts';
import { judgeGates, type GateFacts } from '../gates/rules.ts';

const secondMs = 1_000;
const dayMs = 24 * 60 * 60 * secondMs;

/** WhatsApp refuses to mark older messages. */
export const maxMarkedMs = 30 * dayMs;

/** The provider shows that somebody types for 25 s; one call in this time keeps it up. */
export const typingIntervalMs = 20 * secondMs;

/** Tries of one mark: with the waits between them, about 17 minutes. Later it would tell the contact nothing new. */
export const maxTries = 10;

const retryDelayMs = (tries: number): number => secondMs * 2 ** Math.max(0, tries - 1);

/** A message of the contact, as far as marking goes. */
interface Markable {
  readonly providerMessageId: string;
  readonly writtenAt: Date;
}

/** Whether the contact was shown this message, or a later one, as read. */
export const isShown = (message: Markable, shown: Markable | undefined): boolean =>
  shown !== undefined &&
  (shown.providerMessageId === message.providerMessageId || shown.writtenAt >= message.writtenAt);

export interface Obstacle {
  readonly code: string;
  readonly title: string;
}

/**
 * What forbids to show the contact that their message was read: a channel that must not be used, or a contact whom the
 * business has blocked. Consent and quiet hours are about messages.
 */
export function markObstacle({ channel, contact }: GateFacts): Obstacle | null {
  if (contact.isBlocked) return { code: 'block-list', title: 'The contact is on the block list' };
  if (channel.state === 'active') return null;
  return { code: 'channel', title: `The channel is ${channel.state}` };
}

/** What forbids to show that somebody types: whatever would keep an answer from leaving now. */
export function typingObstacle(facts: GateFacts, now: Date): string | null {
  const verdict = judgeGates(facts, now);
  if (verdict.kind === 'open') return null;
  return verdict.kind === 'wait' ? verdict.waiting.gate : verdict.gate;
}

export type AfterMark =
  | { readonly kind: 'shown' }
  | ({ readonly kind: 'again'; readonly delayMs: number } & Obstacle)
  | ({ readonly kind: 'given-up' } & Obstacle);

/** Whether to try again after a try that ended like this; `tries` counts it. A block is a decision of the business. */
export function afterMark(
  end: ReadMarkAnswer | ({ readonly kind: 'obstacle' } & Obstacle),
  tries: number,
): AfterMark {
  if (end.kind === 'marked') return { kind: 'shown' };
  const { code, title } = obstacleOf(end);
  const isForGood = end.kind === 'obstacle' ? end.code === 'block-list' : isFinal(end);
  if (isForGood || tries >= maxTries) return { kind: 'given-up', code, title };
  const askedMs = end.kind === 'refused' ? (end.retryAfterMs ?? 0) : 0;
  return {
    kind: 'again',
    code,
    title,
    delayMs: Math.max(retryDelayMs(tries), Math.min(askedMs, retryDelayMs(maxTries))),
  };
}

function obstacleOf(end: Exclude<ReadMarkAnswer, { kind: 'marked' }> | Obstacle): Obstacle {
  if ('code' in end) return { code: end.code, title: end.title };
  if (end.kind === 'away') return { code: 'away', title: 'WhatsApp did not answer' };
  return { code: String(end.error.code), title: ruleFor(end.error).title };
}

function isFinal(answer: Exclude<ReadMarkAnswer, { kind: 'marked' }>): boolean {
  if (answer.kind === 'away') return false;
  const { class: errorClass } = ruleFor(answer.error);
  return errorClass !== 'retry' && errorClass !== 'retry-later';
}
