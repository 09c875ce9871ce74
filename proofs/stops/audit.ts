import type { StopKind } from './plan.ts';

/** One try at its end. */
export interface StopTry {
  readonly kind: StopKind;
  /** When the stop was answered, in epoch milliseconds. */
  readonly answeredAtMs: number;
  /** From here on calls are allowed again; missing if the stop stands. */
  readonly liftedAtMs?: number;
  readonly messages: readonly StoppedMessage[];
}

export interface StoppedMessage {
  readonly id: string;
  /** False for a message whose cancellation was refused, because it was in a call. */
  readonly isStopped: boolean;
  readonly status: string;
  /** When each call for it arrived at the provider, in epoch milliseconds. */
  readonly calledAtMs: readonly number[];
}

export interface StopsFindings {
  readonly violations: readonly string[];
  /** Messages by when they were called. */
  readonly before: number;
  readonly after: number;
  readonly never: number;
}

/** Judges every message by the provider's ledger. Pure. */
export function auditStops(tries: readonly StopTry[]): StopsFindings {
  const calls = tries.flatMap(({ answeredAtMs, messages }) =>
    messages.map(({ calledAtMs: [first] }) =>
      first === undefined ? 'never' : first <= answeredAtMs ? 'before' : 'after',
    ),
  );
  const count = (when: (typeof calls)[number]) => calls.filter((call) => call === when).length;
  return {
    violations: tries.flatMap((one) => one.messages.flatMap((message) => judge(one, message))),
    before: count('before'),
    after: count('after'),
    never: count('never'),
  };
}

function judge({ kind, answeredAtMs, liftedAtMs = Infinity }: StopTry, message: StoppedMessage): string[] {
  const { id, status, calledAtMs, isStopped } = message;
  const is = (what: string) => `${kind}: message ${id} (${status}) ${what}`;
  const found: string[] = [];
  if (calledAtMs.length > 1) found.push(is('was sent twice'));
  if (calledAtMs.length > 0 && status === 'canceled') found.push(is('was sent'));
  if (calledAtMs.length === 0 && status !== 'canceled') found.push(is('was lost'));
  for (const atMs of isStopped ? calledAtMs : []) {
    if (atMs > answeredAtMs && atMs < liftedAtMs)
      found.push(is(`was sent ${atMs - answeredAtMs} ms after the stop was answered`));
  }
  return found;
}
