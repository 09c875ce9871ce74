import { maxLookAgeMs, type GateName } from '../../openings/contract.ts';
import { isMissing, type ReadFacts } from '../gates/facts.ts';
import { addressOfMessage, isSameAddress } from '../gates/recipient.ts';
import { judgeGates } from '../gates/rules.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { DispatchDeps, Target } from './steps.ts';
import { unreadReason } from './unread.ts';

/** Why the call that the claim allows is not made. */
export interface Obstacle {
  readonly kind: 'obstacle';
  readonly gate: GateName;
  readonly reason: string;
}

export type LastLook = Obstacle | { readonly kind: 'clear'; readonly beginByMs: number };

/**
 * Judges every gate once more by what the database holds, while the claim is held, as the last step before the call. A
 * stop that was stored before this look ends the call here; one that is stored later finds the claim, and is answered
 * when the call is over or `beginByMs` has passed (`calls-in-progress.ts`). A corrected recipient is used by the next
 * attempt. Webhook events that are stored and unread come first: one of them may be an opt-out of the person, and its
 * request has its answer already.
 */
export async function lookOnce(
  { facts, unreadEvents, clock, logger }: DispatchDeps,
  { scope, id }: Target,
  { message, read }: { readonly message: MessageDoc; readonly read: ReadFacts },
): Promise<LastLook> {
  const beginByMs = performance.now() + maxLookAgeMs;
  // The window closes by time or by the provider, not by a person.
  const known = { windowExpiresAt: read.facts.windowExpiresAt };
  try {
    // Before the facts: an event that is read in between has stored its opt-out by then.
    if (await unreadEvents.mayStop(scope, read)) return obstacle('opt-outs', unreadReason);
    const now = clock.now();
    const found = await facts.readFresh(scope, message, { now, known });
    if (isMissing(found)) return obstacle('channel', `${found.replace('-', ' ')} right before the call`);
    if (!isSameAddress(found.address, addressOfMessage(message)))
      return obstacle('provider', 'the recipient changed right before the call');
    if (found.identities.some((key) => !read.identities.includes(key)))
      return obstacle('provider', 'the contact got another identity right before the call');
    const verdict = judgeGates(found.facts, now);
    if (verdict.kind === 'wait') return obstacle(verdict.waiting.gate, verdict.waiting.reason);
    if (verdict.kind === 'closed') return obstacle('consent', verdict.failure.title);
    if (performance.now() <= beginByMs) return { kind: 'clear', beginByMs };
    return obstacle('provider', 'the database answered too slowly right before the call');
  } catch (error) {
    // The claim must be returned: the provider was not called.
    logger.warn({ messageId: id.toHexString(), error }, 'gates not judged again: the call is put off');
    return obstacle('provider', 'the gates could not be judged again right before the call');
  }
}

const obstacle = (gate: GateName, reason: string): Obstacle => ({ kind: 'obstacle', gate, reason });
