import type { Waiting } from '../gates/rules.ts';
import { waitTypeOf } from '../messages/contract.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';

/** A wait of seconds: the server retries the activity after it, which adds no event to the history. */
export async function waitBriefly(
  { messages, clock }: DispatchDeps,
  { scope, id }: Target,
  { gate, reason, until }: Required<Waiting>,
): Promise<AttemptRetry> {
  const now = clock.now();
  await messages.noteWaiting(scope, id, { gate, reason, until, since: now });
  const delayMs = Math.max(1, until.getTime() - now.getTime());
  return {
    kind: 'again',
    type: waitTypeOf(gate),
    message: `${reason}: next try in ${Math.ceil(delayMs / 1_000)} s`,
    delayMs,
    isWait: true,
  };
}
