import type { GateFactsReader, GatedMessage, KnownFacts } from '../../gates/facts.ts';
import { judgeGates } from '../../gates/rules.ts';
import { AppError, notFound } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';

/**
 * Refuses a message for which a gate is closed and stays closed. One that only has to wait is accepted: it is held
 * behind its gate, and says so.
 */
export async function assertGatesOpen(
  facts: GateFactsReader,
  scope: ClientScope,
  {
    message,
    ...options
  }: { readonly message: GatedMessage; readonly now: Date; readonly known?: KnownFacts },
): Promise<void> {
  const read = await facts.read(scope, message, options);
  if (read === null) throw notFound('channel or contact of the message');
  const verdict = judgeGates(read.facts, options.now);
  if (verdict.kind !== 'closed') return;
  const { title, advice } = verdict.failure;
  throw new AppError(verdict.problem, `${title}. ${advice}`);
}
