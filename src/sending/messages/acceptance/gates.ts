import {
  isMissing,
  type GateFactsReader,
  type GatedMessage,
  type KnownFacts,
  type ReadFacts,
} from '../../gates/facts.ts';
import { judgeGates } from '../../gates/rules.ts';
import { AppError, notFound } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';

/**
 * Refuses a message at a gate that will not open for it. A message at a gate that may open is accepted and held. Returns
 * the facts, with the current address of the contact.
 */
export async function assertGatesOpen(
  facts: GateFactsReader,
  scope: ClientScope,
  {
    message,
    ...options
  }: { readonly message: GatedMessage; readonly now: Date; readonly known?: KnownFacts },
): Promise<ReadFacts> {
  const read = await facts.read(scope, message, options);
  if (isMissing(read)) throw notFound('channel or contact of the message');
  const verdict = judgeGates(read.facts, options.now);
  if (verdict.kind !== 'closed') return read;
  const { title, advice } = verdict.failure;
  throw new AppError(verdict.problem, `${title}. ${advice}`);
}

/** What a new message of an agent keeps of the facts at which it was accepted: the agent could see an opt-out. */
export const knownOptOut = ({ facts: { contact } }: ReadFacts): { readonly afterOptOut?: true } =>
  contact.hasOptedOut || contact.hasAddressOptedOut ? { afterOptOut: true } : {};
