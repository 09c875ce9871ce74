import type { ReadFacts } from '../gates/facts.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';
import { waitBriefly } from './wait.ts';

export const unreadReason = 'a message of the contact that is not read yet: it may be an opt-out';

/** The intake ends every event within its own bounds, so this wait ends, too. */
const againMs = 1_000;

/**
 * Null if nothing unread may stop the message. Asked here only for a message that the last look has put off for it, so
 * that it waits without a claim, and without places in the rate limits. Every other message is asked about once, in the
 * last look.
 */
export async function awaitReading(
  deps: DispatchDeps,
  target: Target,
  { message, read }: { readonly message: MessageDoc; readonly read: ReadFacts },
): Promise<AttemptRetry | null> {
  if (message.waiting?.gate !== 'opt-outs') return null;
  if (!(await deps.unreadEvents.mayStop(target.scope, read.identities))) return null;
  const until = new Date(deps.clock.now().getTime() + againMs);
  return waitBriefly(deps, target, { gate: 'opt-outs', reason: unreadReason, until });
}
