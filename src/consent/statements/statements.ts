import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { PersonStatement } from '../../people/contacts/consent.ts';
import type { ContactRecord, ContactDirectory } from '../../people/contacts/directory.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Withdrawal, Withdrawn } from './withdrawal.ts';

/** What consent needs of messages; `messages/store/consent-writes.ts` has it. */
export interface WaitingMessages {
  cancelWaiting(
    scope: ClientScope,
    contactId: Types.ObjectId,
    withdrawal: Withdrawal,
  ): Promise<{ readonly calling: readonly Types.ObjectId[] }>;
  findWithdrawn(scope: ClientScope, contactId: Types.ObjectId, statementId: string): Promise<Withdrawn>;
}

export interface ConsentDeps {
  readonly contacts: Pick<ContactDirectory, 'findRecord' | 'hear' | 'holdForCopy'>;
  readonly messages: WaitingMessages;
  /** Lets the workflow of a canceled message end now; the claim refuses it anyway. */
  readonly workflows: { cancel(messageId: string): Promise<void> };
  readonly audit: Pick<AuditService, 'audited' | 'isThere'>;
  /** Told once for each stop that is carried out, where somebody measures it. */
  readonly onStopped?: (source: string, canceledCount: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What somebody said, without what the kind of statement says by itself. */
export type Said = Omit<PersonStatement, 'status'>;

/**
 * What became of a stop. `superseded`: the person has agreed again, later than this stop. `calling`: everything is
 * canceled but these, which are being handed to the provider right now; carry the same stop out again.
 */
export type StopOutcome =
  | { readonly kind: 'acknowledged' | 'superseded' }
  | { readonly kind: 'calling'; readonly messageIds: readonly Types.ObjectId[] };

/** A stop that is stored, on its way to being carried out. */
interface StoredStop {
  readonly scope: ClientScope;
  readonly contactId: Types.ObjectId;
  readonly kind: StopKind;
  readonly eventId: string;
  readonly source: string;
  readonly storedAt: Date;
}

type StopKind = 'opted-out' | 'marketing-stopped';

/** No call takes longer, with all that is tried to store what came of it. */
const maxCallMs = 60_000;
const pollMs = 50;
interface Patience {
  /** After this long a stop is acknowledged as it is. */
  readonly maxWaitMs: number;
  /** After this long whoever carries it out goes on to other work, and comes back to it later. */
  readonly patienceMs: number;
}

/** The processor of events has others to process, and takes an event that is not done up again in half a second. */
const ofProcessor: Patience = { maxWaitMs: maxCallMs, patienceMs: 300 };
/** Somebody waits for the answer, and nobody comes back. */
const ofPeople: Patience = { maxWaitMs: 2_000, patienceMs: 2_000 };

/** Each proof holds this many ids; beyond that it counts. */
const idsInProof = 1_000;

/** The actions under which the proofs of stops stand in the audit. */
export const proofActions = ['contact.opted-out', 'contact.marketing-stopped'] as const;

export type ConsentStatements = ReturnType<typeof createConsentStatements>;

/**
 * What people say about messages from a business, and what follows from it. Every function may be called again with the
 * same statement, and has to be when it has failed: it goes on where it was.
 */
export function createConsentStatements(deps: ConsentDeps) {
  const { contacts } = deps;

  async function hear(
    scope: ClientScope,
    contactId: Types.ObjectId,
    statement: PersonStatement,
  ): Promise<ContactRecord> {
    const record = await contacts.hear(scope, contactId, statement);
    if (record === null) throw notFound('contact');
    return record;
  }

  async function stop(
    scope: ClientScope,
    contactId: Types.ObjectId,
    { kind, said }: { kind: StopKind; said: Said },
  ): Promise<StopOutcome> {
    const record = await hear(scope, contactId, { ...said, status: kind });
    const entry = record.consentLog.find(
      ({ status, eventId }) => status === kind && eventId === said.eventId,
    );
    const storedAt = entry?.storedAt ?? record.updatedAt;
    const stored = { scope, contactId, kind, eventId: said.eventId, source: said.source, storedAt };
    if (isStopped(record, kind)) return carryOut(deps, stored, ofProcessor);
    // It was carried out in part, perhaps, before the person agreed again.
    const { canceled } = await deps.messages.findWithdrawn(scope, contactId, said.eventId);
    if (canceled.length > 0) await conclude(deps, stored);
    return { kind: 'superseded' };
  }

  return {
    /** STOP: stored first; then nothing that waits leaves any more, and it is written down what was canceled. */
    stop: (scope: ClientScope, contactId: Types.ObjectId, said: Said): Promise<StopOutcome> =>
      stop(scope, contactId, { kind: 'opted-out', said }),

    /** The same for an opt-out that a person at work has stored. It answers whoever waits: nobody comes back for it. */
    async finishOptOut(
      scope: ClientScope,
      contactId: Types.ObjectId,
      optOut: Pick<StoredStop, 'eventId' | 'storedAt'>,
    ): Promise<void> {
      await carryOut(deps, { ...optOut, scope, contactId, kind: 'opted-out', source: 'manual' }, ofPeople);
    },

    /** The person's own switch at WhatsApp: only marketing stops. */
    stopMarketing: (scope: ClientScope, contactId: Types.ObjectId, said: Said): Promise<StopOutcome> =>
      stop(scope, contactId, { kind: 'marketing-stopped', said }),

    /** START: holds if nothing later says stop. */
    async start(scope: ClientScope, contactId: Types.ObjectId, said: Said): Promise<void> {
      await hear(scope, contactId, { ...said, status: 'opted-in' });
    },

    /** The switch at WhatsApp turned back. Who has said STOP stays out. */
    async resumeMarketing(scope: ClientScope, contactId: Types.ObjectId, said: Said): Promise<void> {
      await hear(scope, contactId, { ...said, status: 'marketing-resumed' });
    },
  };
}

const isStopped = (record: ContactRecord, kind: StopKind): boolean =>
  kind === 'opted-out' ? record.optInStatus === 'opted-out' : record.marketingStopped === true;

/** Steps two to four of a stop that is stored: cancel, wait for calls under way, acknowledge. */
async function carryOut(
  deps: ConsentDeps,
  stop: StoredStop,
  { maxWaitMs, patienceMs }: Patience,
): Promise<StopOutcome> {
  const { messages, clock } = deps;
  const { scope, contactId } = stop;
  if (!(await isAcknowledged(deps, stop))) {
    const startedMs = clock.now().getTime();
    for (;;) {
      const { calling } = await messages.cancelWaiting(scope, contactId, withdrawalOf(stop, clock.now()));
      const nowMs = clock.now().getTime();
      // Marketing that is being handed over is not waited for: only its refusal is promised from now on.
      const isOver = stop.kind !== 'opted-out' || nowMs - stop.storedAt.getTime() >= maxWaitMs;
      if (calling.length === 0 || isOver) break;
      if (nowMs - startedMs >= patienceMs) return { kind: 'calling', messageIds: calling };
      await sleep(pollMs);
      const record = await deps.contacts.findRecord(scope, contactId);
      // Who agrees again in this moment must not lose what is sent to them from then on.
      if (record === null || !isStopped(record, stop.kind)) break;
    }
  }
  await conclude(deps, stop);
  return { kind: 'acknowledged' };
}

const withdrawalOf = ({ kind, eventId }: StoredStop, at: Date): Withdrawal => ({
  statementId: eventId,
  reason: kind,
  at,
  ...(kind === 'marketing-stopped' ? { category: 'marketing' } : {}),
});

const isAcknowledged = (
  { audit }: ConsentDeps,
  { scope, contactId, kind, eventId }: StoredStop,
  session?: ClientSession,
): Promise<boolean> => {
  const fact = { targetId: contactId, action: `contact.${kind}`, field: 'eventId', value: eventId };
  return audit.isThere(scope, fact, session);
};

/** Writes the proof down, once: what was canceled, what may have left, and from when on nothing leaves. */
async function conclude(deps: ConsentDeps, stop: StoredStop): Promise<void> {
  const { audit, contacts, messages, clock } = deps;
  const { scope, contactId, kind, eventId, source, storedAt } = stop;
  const { canceled, mayHaveLeft } = await messages.findWithdrawn(scope, contactId, eventId);
  const after = {
    eventId,
    storedAt,
    acknowledgedAt: clock.now(),
    canceledCount: canceled.length,
    canceledMessageIds: canceled.slice(0, idsInProof).map((id) => id.toHexString()),
    mayHaveLeftMessageIds: mayHaveLeft.slice(0, idsInProof).map((id) => id.toHexString()),
  };
  const written = await audit.audited<'written' | undefined>(scope, { type: 'system' }, async (session) => {
    // Of two who acknowledge the same stop at once, one waits here and then finds the other's proof.
    const contact = await contacts.holdForCopy(scope, contactId, session);
    if (contact === null || (await isAcknowledged(deps, stop, session)))
      return { result: undefined, write: null };
    const target = { type: 'contact', id: contactId };
    return { result: 'written', write: { action: `contact.${kind}`, target, before: null, after } };
  });
  if (written !== undefined) deps.onStopped?.(source, canceled.length);
  await endWorkflows(deps, canceled);
}

/** To tell workflows is a courtesy: what is not done in this time goes on beside other work. */
const tellingMs = 1_000;
/** Workflows told at once: enough to hide the round trip, few enough to leave room for sends. */
const concurrency = 16;

async function endWorkflows(
  { workflows, logger }: ConsentDeps,
  messageIds: readonly Types.ObjectId[],
): Promise<void> {
  const waiting = messageIds.map((id) => id.toHexString());
  const work = async (): Promise<void> => {
    for (let messageId = waiting.pop(); messageId !== undefined; messageId = waiting.pop()) {
      await workflows.cancel(messageId).catch((error: unknown) => {
        // The claim finds the message canceled anyway; only the workflow ends later.
        logger.warn({ messageId, error }, 'canceled by a stop without telling the workflow');
      });
    }
  };
  const isDone = new AbortController();
  const all = Promise.all(Array.from({ length: concurrency }, work)).finally(() => isDone.abort());
  await Promise.race([all, sleep(tellingMs, isDone.signal)]);
}
