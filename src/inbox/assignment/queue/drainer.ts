import type { Types } from 'mongoose';
import { type Clock, sleep } from '../../../platform/clock.ts';
import type { Lease } from '../../../platform/leases/lease.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { BackgroundWork } from '../../../platform/loop.ts';
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
/** While turns run, clients with new causes are looked for this often. */
const pollMs = 50;
/** The wait after a failed turn, and while another process has the queue. */
const retryMs = 500;

/**
 * Drains the queues of clients that have a cause, each by one process at a time. The lease saves work; the conditions of
 * the assignment guard it. A cause is removed after the turn that began after it, so a process that dies loses none.
 */
export function createDrainer(deps: DrainerDeps) {
  const { wakes, clock, logger } = deps;
  const running = new Map<string, Promise<void>>();
  let lastClient: Types.ObjectId | null = null;

  async function chooseClients(): Promise<readonly Types.ObjectId[]> {
    const places = maxTurns - running.size;
    if (places === 0) return [];
    const now = clock.now();
    const next = await wakes.findDueClientsAcrossClients(now, lastClient, maxTurns);
    const isEnd = next.length < maxTurns && lastClient !== null;
    const wrapped = isEnd ? await wakes.findDueClientsAcrossClients(now, null, maxTurns) : [];
    const byId = new Map([...next, ...wrapped].map((id) => [id.toHexString(), id]));
    return [...byId].flatMap(([key, id]) => (running.has(key) ? [] : [id])).slice(0, places);
  }

  function startTurn(clientId: Types.ObjectId): Promise<void> {
    const key = clientId.toHexString();
    const turn = takeTurn(deps, scopeOf(clientId))
      .then(async (isMine) => {
        if (!isMine) await sleep(retryMs);
      })
      .catch(async (error: unknown) => {
        logger.error({ error, clientId: key }, 'draining a queue failed; it is repeated');
        await sleep(retryMs);
      })
      .finally(() => running.delete(key));
    running.set(key, turn);
    return turn;
  }

  const work: BackgroundWork = {
    async step() {
      const clients = await chooseClients();
      lastClient = clients.at(-1) ?? lastClient;
      for (const client of clients) void startTurn(client);
      if (running.size === 0) return 'idle';
      await Promise.race([...running.values(), sleep(pollMs)]);
      return 'more';
    },
    async finish() {
      await Promise.all(running.values());
    },
  };
  return {
    ...work,
    /** Drains the queues that have a cause now; returns how many there were. */
    async drainDue(): Promise<number> {
      const clients = await chooseClients();
      await Promise.all(clients.map(startTurn));
      return clients.length;
    },
  };
}

/** False if another process has the queue. */
async function takeTurn({ wakes, drain, leaseOf, clock }: DrainerDeps, scope: ClientScope): Promise<boolean> {
  const lease = leaseOf(scope);
  if (!(await lease.hold())) return false;
  try {
    const causes = await wakes.listDue(scope, clock.now());
    const { isCut, retryAt } = await drain(scope, () => lease.hold());
    if (isCut) return true;
    if (retryAt !== null) await wakes.wakeLater(scope, retryAt);
    await wakes.remove(scope, causes);
    return true;
  } finally {
    await lease.release();
  }
}
