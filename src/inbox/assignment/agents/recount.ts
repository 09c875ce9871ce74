import type { Types } from 'mongoose';
import type { Clock } from '../../../platform/clock.ts';
import type { Lease } from '../../../platform/leases/lease.ts';
import { once, type BackgroundWork } from '../../../platform/loop.ts';
import { type ClientScope, scopeOf } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { QueuedConversations } from '../../conversations/queue.ts';
import type { QueueWakeRepository } from '../queue/repository.ts';
import type { AgentStateRepository } from './repository.ts';

export interface RecountDeps {
  readonly agents: Pick<AgentStateRepository, 'find' | 'list' | 'correct' | 'findClientsAcrossClients'>;
  readonly conversations: Pick<QueuedConversations, 'countOpenOf'>;
  readonly wakes: Pick<QueueWakeRepository, 'wakeLater'>;
  readonly lease: Lease;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
  /** Called with the number of slots by which a count was wrong. */
  readonly onCorrected?: (slots: number) => void;
}

const everyMs = 60 * 60 * 1_000;
const clientsAtOnce = 100;

/**
 * Compares the counts of open conversations with the conversations, each hour, and corrects what differs. The counts are
 * exact as long as every write goes through this version; an old version that runs beside it does not count.
 */
export function createRecount(deps: RecountDeps) {
  const { agents, wakes, lease, clock } = deps;
  let nextAtMs = 0;

  /** All clients; returns the number of corrected slots. */
  async function recountAll(): Promise<number> {
    let after: Types.ObjectId | null = null;
    let corrected = 0;
    for (;;) {
      const clients: readonly Types.ObjectId[] = await agents.findClientsAcrossClients(after, clientsAtOnce);
      for (const clientId of clients) {
        if (!(await lease.hold())) return corrected;
        corrected += await recountClient(deps, scopeOf(clientId));
        // What waits is looked at, too, whatever cause may have been missed.
        await wakes.wakeLater(scopeOf(clientId), clock.now());
      }
      after = clients.at(-1) ?? null;
      if (clients.length < clientsAtOnce) return corrected;
    }
  }

  const work: BackgroundWork = {
    step: once(async () => {
      const nowMs = clock.now().getTime();
      if (nowMs < nextAtMs || !(await lease.hold())) return;
      await recountAll();
      nextAtMs = nowMs + everyMs;
    }),
    finish: () => lease.release(),
  };
  return { ...work, recountAll };
}

async function recountClient(deps: RecountDeps, scope: ClientScope): Promise<number> {
  let corrected = 0;
  for (const { userId } of await deps.agents.list(scope)) {
    const slots = await recountAgent(deps, scope, userId);
    if (slots > 0) deps.onCorrected?.(slots);
    corrected += slots;
  }
  return corrected;
}

/** In one transaction: a change at the same moment is a conflict, and the count is repeated. */
const recountAgent = (
  { agents, conversations, runInTransaction }: RecountDeps,
  scope: ClientScope,
  userId: Types.ObjectId,
): Promise<number> =>
  runInTransaction(async (session) => {
    const state = await agents.find(scope, userId, session);
    if (state === null) return 0;
    const counted = await conversations.countOpenOf(scope, userId, session);
    if (counted === state.openCount) return 0;
    await agents.correct(scope, state, counted, session);
    return Math.abs(counted - state.openCount);
  });
