import type { BurstPlan } from './plan.ts';

/** What is stored when everything has been processed. */
export interface BurstEvidence {
  /** Outbound messages by their place in the plan, with what receipts added: `status@epoch milliseconds`. */
  readonly outbound: ReadonlyMap<number, { readonly status: string; readonly events: readonly string[] }>;
  /** Provider ids of all inbound messages, as often as they are stored. */
  readonly inbound: readonly string[];
  /** Phone numbers of the contacts that wrote, as often as they are stored. */
  readonly contacts: readonly string[];
  /** The contact of each conversation with inbound messages. */
  readonly conversations: readonly string[];
  /** Every status that was seen to follow a higher one. */
  readonly stepsBack: readonly string[];
}

/** One line for each violation. Pure. */
export function auditBurst(plan: BurstPlan, evidence: BurstEvidence, startMs: number): readonly string[] {
  return [
    ...outboundFaults(plan, evidence, startMs),
    ...onceEach(
      'inbound message',
      plan.inbound.map(({ wamid }) => wamid),
      evidence.inbound,
    ),
    ...onceEach('contact', [...new Set(plan.inbound.map(({ from }) => `+${from}`))], evidence.contacts),
    ...onceEach('conversation of', [...new Set(evidence.contacts)], evidence.conversations),
    ...evidence.stepsBack.map((step) => `a status went back: ${step}`),
  ];
}

function* outboundFaults(plan: BurstPlan, { outbound }: BurstEvidence, startMs: number): Generator<string> {
  for (const { index, facts, endsAs } of plan.outbound) {
    const found = outbound.get(index);
    if (found === undefined) yield `message ${index} is not stored`;
    else if (found.status !== endsAs) yield `message ${index} is ${found.status} and not ${endsAs}`;
    const expected = facts.map(({ status, second }) => `${status}@${startMs + second * 1_000}`).toSorted();
    const events = found?.events.toSorted() ?? [];
    if (events.join() !== expected.join())
      yield `message ${index} has the events ${events.join()}, not ${expected.join()}`;
  }
}

function* onceEach(what: string, expected: readonly string[], found: readonly string[]): Generator<string> {
  const counts = new Map<string, number>();
  for (const name of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const name of expected) {
    const count = counts.get(name) ?? 0;
    if (count !== 1) yield `${what} ${name} is stored ${count} times`;
    counts.delete(name);
  }
  for (const name of counts.keys()) yield `${what} ${name} is stored and was never posted`;
}
