import { type Bell, createBell } from '../../platform/bell.ts';
import { type ChangeWatch, watchChanges } from '../../platform/change-watch.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Lease } from '../../platform/leases/lease.ts';
import type { Logger } from '../../platform/logger.ts';
import type { BackgroundWork } from '../../platform/loop.ts';
import { isDuplicateKey } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { EventHeadRepository, OutboxRepository, PendingEvent } from '../repository.ts';
import { createTurns } from '../turns.ts';
import { planNumbers } from './plan.ts';

export interface SequencerDeps {
  readonly outbox: OutboxRepository;
  readonly heads: EventHeadRepository;
  readonly lease: Lease;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** Called with the number of events and the age of the oldest of them, after the commit. */
  readonly onNumbered?: (count: number, oldestMs: number) => void;
}

/** Events of one round, and so of one transaction. */
const maxRound = 1_000;

/** A round takes what comes within this time of the first event. */
const gatherMs = 20;

/** Another process has numbered some of the events meanwhile: the round must not leave a gap, so it is undone. */
class Overtaken extends Error {
  constructor() {
    super('Another process has numbered the same events.');
    this.name = 'Overtaken';
  }
}

/**
 * Gives committed events their numbers, 1, 2, 3 … for each client. The lease only saves work: a head moves from the value
 * that was read, in the same transaction as the numbers, so two sequencers can neither leave a gap nor use a number twice.
 */
export function createSequencer(deps: SequencerDeps): BackgroundWork {
  const { lease, logger } = deps;
  const bell = createBell(gatherMs);
  const round = createRound(deps);
  let watch: ChangeWatch | undefined;

  async function letGo(): Promise<void> {
    await watch?.stop();
    watch = undefined;
  }

  return {
    async step() {
      if (!(await lease.hold())) {
        await letGo();
        return 'idle';
      }
      watch ??= watchNew(deps, bell);
      try {
        return (await round()) ? 'more' : 'idle';
      } catch (error) {
        if (!(error instanceof Overtaken) && !isDuplicateKey(error)) throw error;
        logger.warn({ error }, 'events were numbered by another process; nothing was changed');
        return 'idle';
      }
    },
    pause: bell.pause,
    async finish() {
      await letGo();
      await lease.release();
    },
  };
}

const watchNew = ({ outbox, logger }: SequencerDeps, bell: Bell): ChangeWatch =>
  watchChanges({
    name: 'new events',
    open: () => outbox.watchNewAcrossClients(),
    onChange: () => bell.ring(),
    onOpen: () => bell.ring(),
    logger,
  });

/** Numbers up to `maxRound` events; returns whether more may wait. */
function createRound({ outbox, heads, runInTransaction, clock, onNumbered }: SequencerDeps) {
  const takePending = createTurns<PendingEvent>(outbox.listPendingAcrossClients, maxRound);

  return async (): Promise<boolean> => {
    const { taken: pending, isFull } = await takePending();
    if (pending.length === 0) return false;
    const clientIds = [
      ...new Map(pending.map(({ clientId }) => [clientId.toHexString(), clientId])).values(),
    ];
    const numberedAt = clock.now();
    await runInTransaction(async (session) => {
      const { moves, numbers } = planNumbers(pending, await heads.findAcrossClients(clientIds, session));
      if ((await heads.moveAcrossClients(moves, session)) !== moves.length) throw new Overtaken();
      const count = await outbox.numberAcrossClients(numbers, numberedAt, session);
      if (count !== numbers.length) throw new Overtaken();
    });
    const oldest = Math.min(...pending.map(({ at }) => at.getTime()));
    onNumbered?.(pending.length, clock.now().getTime() - oldest);
    return isFull;
  };
}
