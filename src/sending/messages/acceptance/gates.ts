import type { GateFactsReader, GatedMessage, KnownFacts } from '../../gates/facts.ts';
import { judgeGates } from '../../gates/rules.ts';
import { AppError, notFound } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';

/**
 * Refuses a message at a gate that will not open for it. A message at a gate that may open is accepted and held.
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
