import { Types } from 'mongoose';
import { decideTurn, type TurnWait } from '../messages/order.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';
import { againAfter } from './wait.ts';

const reason = 'its turn: an earlier answer of the conversation has not left';

/**
 * Null if it is the turn of the message, which is so for every message but an answer that a person wrote. An earlier
 * answer has left when the provider has accepted it, or will never leave. None can appear after this look, so the turn
 * needs no look under the claim.
 */
export async function awaitTurn(
  { messages, clock, logger }: DispatchDeps,
  { scope, id }: Target,
  { conversationId, turn, waiting, turnWait }: MessageDoc,
): Promise<AttemptRetry | null> {
  if (turn === undefined) return null;
  const earlier = await messages.findEarlierReplies(scope, { conversationId, turn });
  // Waits at other gates in between do not count.
  const last = waiting?.gate === 'order' && turnWait !== undefined ? asText(turnWait) : null;
  const now = clock.now();
  const { wait, delayMs, overtaken } = decideTurn(earlier, last, now);
  if (overtaken.length > 0) {
    const messageIds = overtaken.map((other) => Types.ObjectId.createFromHexString(other));
    await messages.overtake(scope, id, { messageIds, at: now });
    logger.warn({ messageId: id.toHexString(), overtaken }, 'no longer waits for stuck answers before it');
  }
  if (wait === null) return null;
  const { since, headSince, seenAt } = wait;
  await messages.noteTurn(scope, id, {
    waiting: { gate: 'order', reason, since, until: new Date(now.getTime() + delayMs) },
    turnWait: { since, head: Types.ObjectId.createFromHexString(wait.head), headSince, seenAt },
    isNew: last === null,
  });
  return againAfter('order', `${reason}: next look in ${Math.ceil(delayMs)} ms`, Math.ceil(delayMs));
}

const asText = ({ head, ...times }: NonNullable<MessageDoc['turnWait']>): TurnWait => ({
  ...times,
  head: head.toHexString(),
});
