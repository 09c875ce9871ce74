import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { AuditActor, AuditService } from '../service.ts';
import type { AuditChainRepository } from './repository.ts';

interface ErasureDeps {
  readonly chains: Pick<AuditChainRepository, 'listUnerased' | 'erase'>;
  readonly audit: Pick<AuditService, 'record' | 'runInTransaction'>;
  readonly clock: Clock;
}

export const erasedAction = 'audit-event.erased';
const maxEventsPerBatch = 500;

export type AuditErasure = ReturnType<typeof createAuditErasure>;

/**
 * Erases what the audit has recorded of an object, for a person's right to be forgotten. Who did what and when stays, and
 * the chain still verifies.
 */
export const createAuditErasure = ({ chains, audit, clock }: ErasureDeps) => ({
  /** Returns how many events lost their values. A repetition erases what has come since. */
  async erase(scope: ClientScope, by: AuditActor, targetId: Types.ObjectId): Promise<number> {
    let erased = 0;
    for (;;) {
      const count = await audit.runInTransaction(async (session) => {
        const wanted = { targetId, except: erasedAction, limit: maxEventsPerBatch };
        const events = await chains.listUnerased(scope, wanted, session);
        const [first] = events;
        if (first === undefined) return 0;
        const ids = events.map(({ _id }) => _id);
        await chains.erase(scope, ids, clock.now(), session);
        const { target } = first;
        const write = { action: erasedAction, target, before: null, after: { events: ids.length } };
        await audit.record(scope, by, write, session);
        return ids.length;
      });
      erased += count;
      if (count < maxEventsPerBatch) return erased;
    }
  },
});
