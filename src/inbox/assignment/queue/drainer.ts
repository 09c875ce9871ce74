import { createClientTurns } from '../../../platform/client-turns.ts';
import { type Clock, sleep } from '../../../platform/clock.ts';
import type { Lease } from '../../../platform/leases/lease.ts';
import type { Logger } from '../../../platform/logger.ts';
import { type ClientScope, scopeOf } from '../../../platform/mongo.ts';
import type { Drain } from './drain.ts';
import type { QueueWakeRepository } from './repository.ts';

export interface DrainerDeps {
  readonly wakes: QueueWakeRepository;
  readonly drain: Drain;
  /** The lease of a client's queue. */
  readonly leaseOf: (scope: ClientScope) => Lease;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

/** Clients whose queues this process drains at the same time. */
const maxTurns = 4;
/** The wait after a failed turn, and while another process has the queue. */
const retryMs = 500;

/**
 * Drains the queues of clients that have a cause, each by one process at a time. The lease saves work; the conditions of
 * the assignment guard it. A cause is removed after the turn that began after it, so a process that dies loses none.
 */
export function createDrainer(deps: DrainerDeps) {
  const { wakes, clock, logger } = deps;
  const { takeDue, ...work } = createClientTurns({
    findDue: wakes.findDueClientsAcrossClients,
    async takeTurn(clientId): Promise<void> {
      try {
        if (!(await takeTurn(deps, scopeOf(clientId)))) await sleep(retryMs);
      } catch (error) {
        const fields = { error, clientId: clientId.toHexString() };
        logger.error(fields, 'draining a queue failed; it is repeated');
        await sleep(retryMs);
      }
    },
    ...{ maxTurns, clock },
  });
  return {
    ...work,
    /** Drains the queues that have a cause now; returns how many there were. */
    drainDue: async (): Promise<number> => (await takeDue()).length,
  };
}

/** False if another process has the queue. */
async function takeTurn({ wakes, drain, leaseOf, clock }: DrainerDeps, scope: ClientScope): Promise<boolean> {
  const lease = leaseOf(scope);
  if (!(await lease.hold())) return false;
  try {
    const causes = await wakes.listDue(scope, clock.now());
    const { isCut, retryAt } = await drain(scope, () => lease.hold());
    if (isCut) {
      // One is enough for another turn; a long queue would heap them up.
      await wakes.remove(scope, causes.slice(1));
      return true;
    }
    if (retryAt !== null) await wakes.wakeLater(scope, retryAt);
    await wakes.remove(scope, causes);
    return true;
  } finally {
    await lease.release();
  }
}
