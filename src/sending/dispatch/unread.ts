import type { ReadFacts } from '../gates/facts.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';
import { againAfter } from './wait.ts';

export const unreadReason = 'an event of the contact that is not read yet: it may be an opt-out';

const minAgainMs = 1_000;
const maxAgainMs = 30_000;

/**
 * When to ask again, after a wait of so many milliseconds: when it has lasted three times as long, so that many messages
 * which wait for the same worker leave it the time to read. Usually an event is read before the first time. The intake
 * ends every event within its own bounds, so the wait ends, too.
 */
export const askAgainMs = (waitedMs: number): number =>
  Math.min(maxAgainMs, Math.max(minAgainMs, Math.ceil(2 * waitedMs)));

/**
 * Null if nothing unread may stop the message. Asked here only for a message that the last look has put off for it, so
 * that it waits without a claim, and without places in the rate limits. Every other message is asked about once, in the
 * last look.
 */
export async function awaitReading(
  { messages, unreadEvents, clock }: DispatchDeps,
  { scope, id }: Target,
  { message: { waiting }, read }: { readonly message: MessageDoc; readonly read: ReadFacts },
): Promise<AttemptRetry | null> {
  if (waiting?.gate !== 'opt-outs') return null;
  if (!(await unreadEvents.mayStop(scope, read))) return null;
  const now = clock.now();
  const delayMs = askAgainMs(now.getTime() - waiting.since.getTime());
  await messages.prolongWait(scope, id, waiting, new Date(now.getTime() + delayMs));
  const message = `${unreadReason}; next look in ${Math.ceil(delayMs / 1_000)} s`;
  return againAfter('opt-outs', message, delayMs);
}
