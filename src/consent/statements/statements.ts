import type { ClientSession, Types } from 'mongoose';
import type { AuditedWrite, AuditService } from '../../audit/service.ts';
import type { PersonStatement } from '../../people/contacts/consent.ts';
import type { ContactRecord, ContactDirectory } from '../../people/contacts/directory.ts';
import { lookupKeysOf, numberKeysOf, type AnyIdentity } from '../../people/contacts/rules.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { AwaitCalls } from '../../openings/closings.ts';
import { maxCloseMs } from '../../openings/contract.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SaidAt } from '../address-stops/rules.ts';
import { endWorkflows, type EndDeps } from './end-workflows.ts';
import { reachOf, type PersonReach } from './reach.ts';
import type { Reach, Withdrawal, Withdrawn } from './withdrawal.ts';

/** The message functions of consent; `messages/store/consent-writes.ts` provides it. */
export interface WaitingMessages {
  cancelWaiting(
    scope: ClientScope,
    reach: Reach,
    withdrawal: Withdrawal,
  ): Promise<{ readonly calling: readonly Types.ObjectId[] }>;
  findWithdrawn(scope: ClientScope, statementId: string): Promise<Withdrawn>;
}

export interface ConsentDeps extends EndDeps {
  readonly contacts: Pick<ContactDirectory, 'findRecord' | 'recordStatement' | 'holdForCopy' | 'findPerson'>;
  readonly messages: WaitingMessages;
  readonly addressStops: {
    stoppedAt(scope: ClientScope, said: SaidAt): Promise<void>;
    liftedAt(scope: ClientScope, kind: StopKind, said: SaidAt): Promise<void>;
    heard(
      scope: ClientScope,
      said: { readonly from: AnyIdentity; readonly status: PersonStatement['status']; readonly at: Date },
    ): Promise<void>;
  };
  readonly awaitCalls: AwaitCalls;
  readonly audit: Pick<AuditService, 'audited' | 'hasRecorded'>;
  /** Called once for each stop that is applied. */
  readonly onStopped?: (source: string, canceledCount: number) => void;
  readonly clock: Clock;
}

/** A statement without its status, which the method implies. */
export interface Statement extends Omit<PersonStatement, 'status'> {
  /** The address that it came from; it counts there, whatever contact it is attributed to. */
  readonly from?: AnyIdentity;
}

/**
 * `superseded`: the contact opted in again after this stop. `calling`: these messages are being handed to the provider
 * and could not be canceled; apply the same stop again.
 */
export type StopOutcome =
  | { readonly kind: 'acknowledged' | 'superseded' }
  | { readonly kind: 'calling'; readonly messageIds: readonly Types.ObjectId[] };

/** A stop that is stored, but not yet acknowledged. */
export interface StoredStop {
  readonly scope: ClientScope;
  readonly contactId: Types.ObjectId;
  readonly kind: StopKind;
  readonly eventId: string;
  readonly source: string;
  readonly storedAt: Date;
  readonly reach: Reach;
  /** The contacts whose history has the stop; the one that sent it comes last. */
  readonly provedFor: readonly Types.ObjectId[];
  /** When the person said it, if to another of their contacts: it was counted there, and spares later answers. */
  readonly inheritedFrom?: Date;
}

export type StopKind = 'opted-out' | 'marketing-stopped';

/** Longer than any call to the provider, including the attempts to store its outcome. */
const maxCallMs = 60_000;
const pollMs = 50;
interface WaitLimits {
  /** Acknowledges the stop after this time, even if calls are still in progress. */
  readonly maxWaitMs: number;
  /** Returns `calling` after this time; the caller retries. */
  readonly maxRoundMs: number;
}

/** The event processor must not block other events; it retries an unfinished event after half a second. */
export const processorLimits: WaitLimits = { maxWaitMs: maxCallMs, maxRoundMs: 300 };
/** A request waits for the answer, and nothing retries it. After this time no call can begin. */
const requestLimits: WaitLimits = { maxWaitMs: maxCloseMs, maxRoundMs: maxCloseMs };

/** A proof lists at most this many ids; the count is always complete. */
const maxProofIds = 1_000;

/** The audit actions that hold the proofs of stops. */
export const proofActions = ['contact.opted-out', 'contact.marketing-stopped'] as const;

export type ConsentStatements = ReturnType<typeof createConsentStatements>;

/**
 * Applies the consent statements of contacts. Every function is idempotent per statement, and must be called again with
 * the same statement after a failure.
 */
export function createConsentStatements(deps: ConsentDeps) {
  const { contacts } = deps;

  /** Stores a statement on the contact that made it, then on the other contacts of the same person. */
  async function store(
    scope: ClientScope,
    contactId: Types.ObjectId,
    statement: PersonStatement,
  ): Promise<{ readonly record: ContactRecord; readonly reach: PersonReach }> {
    const record = await contacts.recordStatement(scope, contactId, statement);
    if (record === null) throw notFound('contact');
    const reach = await reachOf(contacts, scope, record);
    for (const other of reach.others) await contacts.recordStatement(scope, other, statement);
    return { record, reach };
  }

  async function stop(
    scope: ClientScope,
    contactId: Types.ObjectId,
    { kind, statement: { from = {}, ...statement } }: { kind: StopKind; statement: Statement },
  ): Promise<StopOutcome> {
    await deps.addressStops.heard(scope, { from, status: kind, at: statement.at });
    const { record, reach } = await store(scope, contactId, { ...statement, status: kind });
    const foreign = keysOf(from).filter((key) => !record.identityKeys.includes(key));
    if (kind === 'opted-out')
      await deps.addressStops.stoppedAt(scope, { keys: foreign, at: statement.at, contactId });
    const entry = record.consentLog.find(
      ({ status, eventId }) => status === kind && eventId === statement.eventId,
    );
    const storedAt = entry?.storedAt ?? record.updatedAt;
    const { eventId, source } = statement;
    const provedFor = [...reach.others, contactId];
    const stored = { scope, contactId, kind, eventId, source, storedAt, reach, provedFor };
    if (isStopped(record, kind)) return applyStop(deps, stored, processorLimits);
    // The stop may have canceled messages before the contact opted in again.
    const { canceled } = await deps.messages.findWithdrawn(scope, eventId);
    if (canceled.length > 0) await conclude(deps, stored);
    return { kind: 'superseded' };
  }

  return {
    /** STOP: stores the opt-out, cancels the waiting messages and records the proof, in this order. */
    stop: (scope: ClientScope, contactId: Types.ObjectId, statement: Statement): Promise<StopOutcome> =>
      stop(scope, contactId, { kind: 'opted-out', statement }),

    ...createManualStops(deps),

    /** The contact turned off marketing messages in WhatsApp. */
    stopMarketing: (
      scope: ClientScope,
      contactId: Types.ObjectId,
      statement: Statement,
    ): Promise<StopOutcome> => stop(scope, contactId, { kind: 'marketing-stopped', statement }),

    /** START: holds unless a later statement stops it. */
    start: (scope: ClientScope, contactId: Types.ObjectId, statement: Statement): Promise<void> =>
      consented(scope, contactId, { kind: 'opted-out', statement }),

    /** The contact turned marketing messages on again in WhatsApp. A contact who said STOP stays opted out. */
    resumeMarketing: (scope: ClientScope, contactId: Types.ObjectId, statement: Statement): Promise<void> =>
      consented(scope, contactId, { kind: 'marketing-stopped', statement }),
  };

  /** The opposite of a stop of this kind. */
  async function consented(
    scope: ClientScope,
    contactId: Types.ObjectId,
    { kind, statement: { from = {}, ...statement } }: { kind: StopKind; statement: Statement },
  ): Promise<void> {
    const status = kind === 'opted-out' ? 'opted-in' : 'marketing-resumed';
    await deps.addressStops.heard(scope, { from, status, at: statement.at });
    await store(scope, contactId, { ...statement, status, saidAt: numberKeysOf(from) });
    await deps.addressStops.liftedAt(scope, kind, { keys: keysOf(from), at: statement.at, contactId });
  }
}

/** Stops of users: a person waits for the answer. */
const createManualStops = (deps: ConsentDeps) => ({
  /** Applies an opt-out that a user has stored already. Waits for the result, because nothing retries it. */
  async finishOptOut(
    scope: ClientScope,
    contactId: Types.ObjectId,
    optOut: Pick<StoredStop, 'eventId' | 'storedAt'>,
  ): Promise<void> {
    const record = await deps.contacts.findRecord(scope, contactId);
    if (record === null) return;
    const reach = await reachOf(deps.contacts, scope, record);
    const stored = { ...optOut, scope, contactId, reach, provedFor: [contactId] };
    await applyStop(deps, { ...stored, kind: 'opted-out', source: 'manual' }, requestLimits);
  },

  /** Resolves when no call to a contact can begin any more that a user has blocked. */
  async finishBlock(scope: ClientScope, contactId: Types.ObjectId): Promise<void> {
    const record = await deps.contacts.findRecord(scope, contactId);
    if (record !== null) await deps.awaitCalls(scope, await reachOf(deps.contacts, scope, record));
  },
});

/** The keys of an address, each number in its canonical spelling. */
const keysOf = (from: AnyIdentity): string[] => {
  const { businessScopedUserId } = from;
  const id = businessScopedUserId === undefined ? [] : lookupKeysOf({ businessScopedUserId });
  return [...numberKeysOf(from), ...id];
};

export const isStopped = (record: ContactRecord, kind: StopKind): boolean =>
  kind === 'opted-out' ? record.optInStatus === 'opted-out' : record.marketingStopped === true;

/** Cancels the waiting messages, waits for calls in progress, then acknowledges the stop. */
export async function applyStop(
  deps: ConsentDeps,
  stop: StoredStop,
  { maxWaitMs, maxRoundMs }: WaitLimits,
): Promise<StopOutcome> {
  const { messages, clock } = deps;
  const { scope, contactId } = stop;
  if (!(await isAcknowledged(deps, stop))) {
    const startedMs = clock.now().getTime();
    for (;;) {
      const { calling } = await messages.cancelWaiting(scope, stop.reach, withdrawalOf(stop, clock.now()));
      const nowMs = clock.now().getTime();
      // A marketing stop does not wait for calls in progress: it only promises to refuse later messages.
      const isOver = stop.kind !== 'opted-out' || nowMs - stop.storedAt.getTime() >= maxWaitMs;
      if (calling.length === 0 || isOver) break;
      if (nowMs - startedMs >= maxRoundMs) return { kind: 'calling', messageIds: calling };
      await sleep(pollMs);
      const record = await deps.contacts.findRecord(scope, contactId);
      // A contact who opts in again meanwhile must not lose the messages sent from then on.
      if (record === null || !isStopped(record, stop.kind)) break;
    }
  }
  await conclude(deps, stop);
  return { kind: 'acknowledged' };
}

const withdrawalOf = ({ kind, eventId, inheritedFrom }: StoredStop, at: Date): Withdrawal => ({
  statementId: eventId,
  reason: kind,
  at,
  ...(kind === 'marketing-stopped' ? { category: 'marketing' } : {}),
  ...(inheritedFrom === undefined ? {} : { sparesAnswersSince: inheritedFrom }),
});

const isAcknowledged = (
  { audit }: ConsentDeps,
  { scope, contactId, kind, eventId }: Pick<StoredStop, 'scope' | 'contactId' | 'kind' | 'eventId'>,
  session?: ClientSession,
): Promise<boolean> => {
  const fact = { targetId: contactId, action: `contact.${kind}`, field: 'eventId', value: eventId };
  return audit.hasRecorded(scope, fact, session);
};

/** Records the proof once for each contact of the person: the canceled messages, those that may have been sent, and the time of acknowledgement. */
async function conclude(deps: ConsentDeps, stop: StoredStop): Promise<void> {
  const { messages, clock } = deps;
  const { scope, contactId, eventId, source, storedAt } = stop;
  const { canceled, mayHaveLeft } = await messages.findWithdrawn(scope, eventId);
  const after = {
    eventId,
    storedAt,
    acknowledgedAt: clock.now(),
    canceledCount: canceled.length,
    canceledMessageIds: canceled.slice(0, maxProofIds).map((id) => id.toHexString()),
    mayHaveLeftMessageIds: mayHaveLeft.slice(0, maxProofIds).map((id) => id.toHexString()),
  };
  for (const provedFor of stop.provedFor) {
    const isNew = await writeProof(deps, { ...stop, contactId: provedFor }, after);
    const counts = isNew && provedFor.equals(contactId) && stop.inheritedFrom === undefined;
    if (counts) deps.onStopped?.(source, canceled.length);
  }
  await endWorkflows(deps, canceled);
}

/** Whether the proof was written; false if there is one, or no contact any more. */
const writeProof = (
  deps: ConsentDeps,
  stop: StoredStop,
  after: NonNullable<AuditedWrite['after']>,
): Promise<boolean> => {
  const { scope, contactId, kind } = stop;
  return deps.audit.audited(scope, { type: 'system' }, async (session) => {
    // Serialises concurrent acknowledgements of the same stop: the second one finds the proof of the first.
    const contact = await deps.contacts.holdForCopy(scope, contactId, session);
    if (contact === null || (await isAcknowledged(deps, stop, session)))
      return { result: false, write: null };
    const target = { type: 'contact', id: contactId };
    return { result: true, write: { action: `contact.${kind}`, target, before: null, after } };
  });
};
