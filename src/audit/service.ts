import type { ClientSession, Types } from 'mongoose';
import type { EventRecorder } from '../events/recorder.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { RunInTransaction } from '../platform/transaction.ts';
import type { AuditActor, AuditRepository } from './repository.ts';
import { changeBetween } from './rules.ts';

export type { AuditActor, AuditEventDoc } from './repository.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A write to record. `before` is null for a new object, `after` for a deleted one. */
export interface AuditedWrite {
  readonly action: string;
  readonly target: { readonly type: string; readonly id: Types.ObjectId };
  readonly before: Fields | null;
  readonly after: Fields | null;
}

export type AuditService = ReturnType<typeof createAuditService>;

export interface AuditDeps {
  readonly repository: AuditRepository;
  /** The live events, recorded beside the audit. */
  readonly events: EventRecorder;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

export function createAuditService({ repository, events, runInTransaction, clock }: AuditDeps) {
  /** Records the writes in the caller's transaction, without those that changed no field. */
  async function recordAll(
    scope: ClientScope,
    actor: AuditActor,
    writes: readonly AuditedWrite[],
    session: ClientSession,
  ): Promise<void> {
    const recorded = writes.flatMap(({ action, target, before, after }) => {
      const change = changeBetween(before ?? {}, after ?? {});
      if (Object.keys(change.after).length === 0) return [];
      return [{ _id: newId(), ...scope, at: clock.now(), actor, action, target, ...change }];
    });
    await repository.insertMany(scope, recorded, session);
  }

  const record = (scope: ClientScope, actor: AuditActor, write: AuditedWrite, session: ClientSession) =>
    recordAll(scope, actor, [write], session);

  return {
    record,
    recordAll,
    events,
    runInTransaction,
    listOfTarget: repository.listOfTarget,
    hasRecorded: repository.hasRecorded,

    /**
     * Stores a write and its event in one transaction. `work` may run more than once, so its only effects must be
     * database operations with the given session.
     */
    async audited<T>(
      scope: ClientScope,
      actor: AuditActor,
      work: (session: ClientSession) => Promise<{ result: T; write: AuditedWrite | null }>,
    ): Promise<T> {
      return runInTransaction(async (session) => {
        const { result, write } = await work(session);
        if (write !== null) await record(scope, actor, write, session);
        return result;
      });
    },
  };
}
