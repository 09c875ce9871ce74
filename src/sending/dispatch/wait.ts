import type { Waiting } from '../gates/rules.ts';
import type { GateName } from '../../openings/contract.ts';
import { waitTypeOf } from '../messages/contract.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';

/** The end of an attempt that made no call and is repeated. */
export const againAfter = (gate: GateName, message: string, delayMs: number): AttemptRetry => ({
  kind: 'again',
  type: waitTypeOf(gate),
  message,
  delayMs,
  isWait: true,
});

/** A wait of seconds: the server retries the activity after it, which adds no event to the history. */
export async function waitBriefly(
  { messages, clock }: DispatchDeps,
  { scope, id }: Target,
  { gate, reason, until }: Required<Waiting>,
): Promise<AttemptRetry> {
  const now = clock.now();
  await messages.noteWaiting(scope, id, { gate, reason, until, since: now });
  const delayMs = Math.max(1, until.getTime() - now.getTime());
  return againAfter(gate, `${reason}: next try in ${Math.ceil(delayMs / 1_000)} s`, delayMs);
}
