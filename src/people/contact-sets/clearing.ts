import type { ClientSession, Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { TimerHandler, TimerHandlers, Timers } from '../../timers/timers.ts';
import type { SetKind } from './use-cases.ts';

export interface SetClearingDeps {
  readonly kind: SetKind['type'];
  /** Takes the set from at most `limit` contacts; returns from how many. A port, because sets must not import contacts. */
  clearContacts(scope: ClientScope, id: Types.ObjectId, limit: number): Promise<number>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

const batchSize = 500;
/** Far below the 15 s that a timer has. */
const maxBatches = 10;

/** A transaction that has not seen the deletion may still give the set to a contact; the database ends it after a minute. */
const settleMs = 2 * 60_000;

/**
 * Takes a deleted set from the contacts that have it, in batches: there may be a million. It looks once more when no
 * transaction can give the set to a contact any more, so that those who give it need not hold it.
 */
export function createSetClearing(deps: SetClearingDeps) {
  const { kind, clearContacts, timers, runInTransaction, clock } = deps;
  const kinds = { now: `${kind}.clear`, late: `${kind}.clear-late` } as const;

  const clear: TimerHandler = async ({ scope, kind: own, subjectId, complete }) => {
    for (let batch = 0; batch < maxBatches; batch += 1) {
      if ((await clearContacts(scope, subjectId, batchSize)) < batchSize) return;
    }
    await runInTransaction(async (session) => {
      if (await complete(session))
        await timers.arm(scope, { kind: own, subjectId, dueAt: clock.now() }, session);
    });
  };

  const handlers: TimerHandlers = { [kinds.now]: clear, [kinds.late]: clear };
  return {
    async clearLater(scope: ClientScope, subjectId: Types.ObjectId, session: ClientSession): Promise<void> {
      const now = clock.now();
      await timers.arm(scope, { kind: kinds.now, subjectId, dueAt: now }, session);
      const dueAt = new Date(now.getTime() + settleMs);
      await timers.arm(scope, { kind: kinds.late, subjectId, dueAt }, session);
    },
    handlers,
  };
}
