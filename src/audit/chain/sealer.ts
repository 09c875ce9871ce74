import type { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { newSecret, newUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { LoopStep } from '../../platform/loop.ts';
import { type ClientScope, scopeOf } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import { sealEvent } from './links.ts';
import type { AuditChainRepository } from './repository.ts';

export interface SealerDeps {
  readonly chains: AuditChainRepository;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
  /** Called after the commit. Must not throw, and decides nothing. */
  readonly onSealed?: (count: number) => void;
  readonly leaseMs?: number;
}

/** Clients whose events one round seals, at the same time. */
const maxTurns = 8;
/** Events of a client in one turn, and so in one transaction. */
const maxEventsPerTurn = 200;
/** How long a sealer that died keeps a chain from the others. */
const defaultLeaseMs = 5_000;
/** How long after an event an anchor covers it, at the latest. */
export const anchorEveryMs = 60 * 60 * 1_000;

/**
 * Links committed audit events to the chain of their client, clients in turns. An event without a number is found whenever
 * its transaction commits, so a late one is sealed later and never lost. The lease only saves work: the end of the chain is
 * read and moved in the transaction that stores the seals, so two sealers conflict there, and one of them repeats.
 */
export function createSealer(deps: SealerDeps): LoopStep {
  const { chains, logger } = deps;
  let lastClient: Types.ObjectId | null = null;

  /** The clients whose turn it is, from the one after the last turn. */
  async function chooseClients(): Promise<readonly Types.ObjectId[]> {
    const chosen = new Map<string, Types.ObjectId>();
    let after = lastClient;
    let mayWrap = lastClient !== null;
    while (chosen.size < maxTurns) {
      const next: Types.ObjectId | null = await chains.findUnsealedClientAcrossClients(after);
      if (next !== null && chosen.has(next.toHexString())) break;
      if (next !== null) chosen.set(next.toHexString(), next);
      else if (!mayWrap) break;
      else mayWrap = false;
      after = next;
    }
    return [...chosen.values()];
  }

  async function takeTurn(clientId: Types.ObjectId): Promise<number> {
    try {
      return await sealSome(deps, scopeOf(clientId));
    } catch (error) {
      logger.error({ error, clientId }, 'audit events could not be sealed; their turn comes again');
      throw error;
    }
  }

  return async () => {
    const clients = await chooseClients();
    lastClient = clients.at(-1) ?? null;
    // Every turn ends before a failed one fails the round: the clients after it are not kept waiting.
    const turns = await Promise.allSettled(clients.map(takeTurn));
    const failed = turns.find((turn) => turn.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return turns.some((turn) => turn.status === 'fulfilled' && turn.value > 0) ? 'more' : 'idle';
  };
}

/** Seals the next events of a client; returns how many. */
async function sealSome(deps: SealerDeps, scope: ClientScope): Promise<number> {
  const { chains, clock, leaseMs = defaultLeaseMs, onSealed } = deps;
  const now = clock.now();
  const leaseToken = newUuid();
  const leaseUntil = new Date(now.getTime() + leaseMs);
  if (!(await chains.lease(scope, { now, leaseUntil, leaseToken }))) return 0;
  const count = await linkNext(deps, scope, now);
  if (count === 0) await chains.release(scope, leaseToken);
  else onSealed?.(count);
  return count;
}

const linkNext = ({ chains, runInTransaction }: SealerDeps, scope: ClientScope, at: Date): Promise<number> =>
  runInTransaction(async (session) => {
    const from = await chains.findEnd(scope, session);
    const events = await chains.listUnsealed(scope, maxEventsPerTurn, session);
    const sealed = [];
    let to = from;
    for (const event of events) {
      const link = sealEvent(event, to, { at, salt: newSecret() });
      to = { seq: link.seq, hash: link.seal.hash };
      sealed.push(link);
    }
    if (sealed.length === 0) return 0;
    const anchorAt = new Date(at.getTime() + anchorEveryMs);
    const isMoved = await chains.moveEnd(scope, { from, to, anchorAt }, session);
    const count = await chains.storeSealsAcrossClients(sealed, session);
    // All was read in this transaction, so another writer conflicts with it and the transaction is repeated.
    if (!isMoved || count !== sealed.length) throw new Error('The chain changed inside its transaction.');
    return count;
  });
