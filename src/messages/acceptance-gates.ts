import type { GateFactsReader, GatedMessage } from '../gates/facts.ts';
import { judgeGates } from '../gates/rules.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound } from '../platform/errors.ts';
import type { ClientScope } from '../platform/mongo.ts';

/**
 * Refuses a message for which a gate is closed and stays closed. One that only has to wait is accepted: it is held
 * behind its gate, and says so.
 */
export async function assertGatesOpen(
  { facts, clock }: { readonly facts: GateFactsReader; readonly clock: Clock },
  scope: ClientScope,
  message: GatedMessage,
): Promise<void> {
  const now = clock.now();
  const read = await facts.read(scope, message, { now });
  if (read === null) throw notFound('channel or contact of the message');
  const verdict = judgeGates(read.facts, now);
  if (verdict.kind !== 'closed') return;
  const { title, advice } = verdict.failure;
  throw new AppError(verdict.problem, `${title}. ${advice}`);
}
