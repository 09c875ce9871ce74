import { sleep } from '../platform/clock.ts';
import type { BackgroundWork } from '../platform/loop.ts';
import { createFairOrder } from './fair-order.ts';
import { chooseTurns, laneBounds, type ProcessorLane } from './lane-bounds.ts';
import { maxSharedBytes } from './lease-size.ts';
import type { Lease } from './repository.ts';
import type { DueSource } from './source.ts';
import { runTurn, type TurnDeps } from './turn.ts';

/** How long a source may go on while nobody waits. */
const maxTurnMs = 10_000;
/** While turns run, sources that become due are looked for this often. */
const pollMs = 50;
/** The wait after a failed turn. */
const retryMs = 500;

export interface Lane extends BackgroundWork {
  /** Gives one turn to the sources that are due, as many as have a place; returns the number of events taken. */
  processBatch(): Promise<number>;
}

/**
 * One lane of the processor: the sources with due events take turns in a fair order. A source has one turn at a time in
 * each lane, so its events keep their order; large bodies have one of their own, and are passed by small ones.
 */
export function createLane(deps: TurnDeps, lane: ProcessorLane): Lane {
  const { events, clock, logger } = deps;
  const { maxEvents, maxTurns, sharedTurnMs } = laneBounds[lane];
  const order = createFairOrder({ maxTurnMs: sharedTurnMs });
  const running = new Map<string | null, Promise<number>>();
  let waitingCount = 0;
  let isStopping = false;

  const freePlaces = (): number => maxTurns - running.size;

  async function startTurns(): Promise<readonly Promise<number>[]> {
    const due = await events.dueSources({ now: clock.now(), lane });
    const waiting = due.filter(({ source }) => !running.has(source));
    waitingCount = waiting.length;
    return chooseTurns(order.sort(waiting), [...running.keys()], laneBounds[lane]).map(startTurn);
  }

  function startTurn({ source }: DueSource): Promise<number> {
    const turn = takeTurn(source)
      .catch(async (error: unknown) => {
        logger.error({ error }, 'turn of webhook events failed; they are due again when their lease ends');
        await sleep(retryMs);
        return 0;
      })
      .finally(() => running.delete(source));
    running.set(source, turn);
    waitingCount -= 1;
    return turn;
  }

  async function takeTurn(source: string | null): Promise<number> {
    const wish = { limit: maxEvents, leaseMs: deps.leaseMs, now: clock.now(), lane, source };
    const lease = await events.lease(wish);
    if (lease.events.length === 0) return 0;
    if (lane !== 'large' && lease.events.some(({ bytes }) => bytes > maxSharedBytes)) {
      await events.moveToLarge(lease);
      await events.release(lease.token, lease.events.map(toUnfinished));
      return lease.events.length;
    }
    const startedAt = clock.now().getTime();
    const tookMs = (): number => clock.now().getTime() - startedAt;
    try {
      await runTurn(deps, lease, () => {
        const isCrowded = waitingCount > freePlaces();
        return isStopping || tookMs() >= (isCrowded ? sharedTurnMs : maxTurnMs);
      });
    } finally {
      order.add(source, tookMs(), waitingCount + running.size);
    }
    return lease.events.length;
  }

  return {
    async processBatch() {
      const counts = await Promise.all(await startTurns());
      return counts.reduce((sum, count) => sum + count, 0);
    },

    async step() {
      const started = await startTurns();
      if (started.length === 0 && running.size === 0) return 'idle';
      await Promise.race([...running.values(), sleep(pollMs)]);
      return 'more';
    },

    async finish() {
      isStopping = true;
      await Promise.all(running.values());
    },
  };
}

const toUnfinished = ({ _id, nextAttemptAt, receivedAt }: Lease['events'][number]) => ({
  eventId: _id,
  dueAt: nextAttemptAt ?? receivedAt,
  progress: null,
});
