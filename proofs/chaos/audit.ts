import { callsByMessage, takenCalls, type LedgerItem } from '../shared/ledger.ts';
import { endingOf, type SandboxDigits } from './plan.ts';

/** A message as its sender knows it: the API answered 201. */
export interface AcceptedMessage {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly digits: SandboxDigits;
}

/** A message as the database has it. */
export interface StoredMessage {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly status: string;
  readonly providerMessageId: string | null;
  /** Every status that it had, in order. */
  readonly history: readonly string[];
}

export interface Evidence {
  readonly accepted: readonly AcceptedMessage[];
  readonly stored: readonly StoredMessage[];
  readonly ledger: readonly LedgerItem[];
  /** Status of the workflow by message id: COMPLETED, FAILED, RUNNING, …; absent when there is none. */
  readonly workflows: ReadonlyMap<string, string>;
  /** How many outcomes may be unknown: kills × the worker's concurrency. */
  readonly maxUnknown: number;
}

export interface Findings {
  /** Empty is the proof. */
  readonly violations: readonly string[];
  /** Messages whose call was interrupted by a kill, with how each of them ended. */
  readonly interrupted: readonly { readonly id: string; readonly endedAs: string }[];
  readonly lost: number;
  readonly sentTwice: number;
}

const workflowOf: Readonly<Record<string, string>> = {
  read: 'COMPLETED',
  failed: 'FAILED',
  unknown: 'RUNNING',
};

/** Compares the accounts of sender, database, provider and workflows for every message. Pure. */
export function audit(evidence: Evidence): Findings {
  const { accepted, stored, workflows, maxUnknown } = evidence;
  const calls = callsByMessage(evidence.ledger);
  const storedById = new Map(stored.map((message) => [message.id, message]));
  const violations = [...strangers(evidence, calls)];
  let [lost, sentTwice] = [0, 0];
  for (const message of accepted) {
    const found = storedById.get(message.id);
    const taken = takenCalls(calls.get(message.id) ?? []);
    if (taken.length > 1) sentTwice += 1;
    if (found === undefined || isLost(message, found, taken)) lost += 1;
    if (found === undefined) violations.push(`${message.id}: accepted by the API, not in the database`);
    else violations.push(...judge({ message, found, taken, workflow: workflows.get(message.id) }));
  }
  const interrupted = findInterrupted(accepted, storedById);
  if (interrupted.length > maxUnknown) {
    violations.push(`${interrupted.length} outcomes were unknown, more than ${maxUnknown}`);
  }
  return { violations, interrupted, lost, sentTwice };
}

/** Messages and calls that the sender did not ask for. */
function* strangers(
  { accepted, stored }: Evidence,
  calls: ReadonlyMap<string, readonly LedgerItem[]>,
): Generator<string> {
  const known = new Map(accepted.map(({ id, idempotencyKey }) => [id, idempotencyKey]));
  for (const { id, idempotencyKey } of stored) {
    if (!known.has(id)) yield `${id}: in the database under ${idempotencyKey}, unknown to its sender`;
    else if (known.get(id) !== idempotencyKey) yield `${id}: stored under another key than it was sent with`;
  }
  for (const id of calls.keys())
    if (!known.has(id)) yield `${id}: sent to the provider, unknown to its sender`;
}

const isLost = (
  { digits }: AcceptedMessage,
  { status }: StoredMessage,
  taken: readonly LedgerItem[],
): boolean => endingOf(digits).isAccepted && taken.length === 0 && status !== 'unknown';

interface Case {
  readonly message: AcceptedMessage;
  readonly found: StoredMessage;
  /** The calls that the provider accepted. */
  readonly taken: readonly LedgerItem[];
  readonly workflow: string | undefined;
}

function* judge({ message, found, taken, workflow }: Case): Generator<string> {
  const { id, digits } = message;
  const what = `${id} (…${digits})`;
  const ending = endingOf(digits);
  if (taken.length > 1) yield `${what}: the provider took it ${taken.length} times`;
  if (taken.length > 0 && !ending.isAccepted)
    yield `${what}: taken, although the provider refuses this number`;
  const mayBeUnknown = found.status === 'unknown' && taken.length === 0;
  if (!mayBeUnknown && found.status !== ending.status) {
    yield `${what}: ${found.status}, and ${taken.length} accepted call(s); it should be ${ending.status}`;
  }
  if (ending.isAccepted && !mayBeUnknown && taken.length === 0) yield `${what}: never reached the provider`;
  const wamid = taken[0]?.wamid ?? null;
  if (found.providerMessageId !== wamid) {
    yield `${what}: the database has ${found.providerMessageId}, the provider ${wamid}`;
  }
  if (workflow !== workflowOf[found.status]) {
    yield `${what}: ${found.status}, and its workflow is ${workflow ?? 'not there'}`;
  }
}

/** Numbers ending in 05 lose their answer in every run, with or without kills. */
function findInterrupted(
  accepted: readonly AcceptedMessage[],
  storedById: ReadonlyMap<string, StoredMessage>,
): { id: string; endedAs: string }[] {
  return accepted.flatMap(({ id, digits }) => {
    const found = storedById.get(id);
    const wasUnknown = found?.history.includes('unknown') === true && digits !== '05';
    return wasUnknown ? [{ id, endedAs: found.status }] : [];
  });
}
