import { sleep } from '../platform/clock.ts';
import type { BackgroundWork } from '../platform/loop.ts';
import { largeTurnMs, type BodyPlace, type LargeBodies } from './large-bodies.ts';
import type { DueSource, Lease } from './repository.ts';
import { isUnverifiedSource } from './source.ts';
import type { SourceUsage } from './source-usage.ts';
import { runTurn, type TurnDeps } from './turn.ts';

export type ProcessorLane = 'all' | 'urgent';

/** Messages of contacts are handled one after the other, and a STOP waits for those of the batch before it. */
const maxEvents: Readonly<Record<ProcessorLane, number>> = { all: 200, urgent: 20 };

/**
 * Sources whose events a lane handles at the same time: enough that a few slow ones hold up nobody, few enough that each
 * gets on fast when all of them are busy.
 */
const maxTurns: Readonly<Record<ProcessorLane, number>> = { all: 8, urgent: 4 };

/** How many of these unverified sources may have at most: anyone may sign up and make more of them. */
const maxUnverifiedTurns: Readonly<Record<ProcessorLane, number>> = { all: 2, urgent: 1 };

/** How long a source may go on while others wait for its place: with 8 places, forty sources share a second. */
const sharedTurnMs = {
  small: 200,
  large: largeTurnMs,
} as const;
/** How long a source may go on while nobody waits. */
const maxTurnMs = 10_000;
/** While turns run, sources that become due are looked for this often. */
const pollMs = 50;
/** The wait after a failed turn. */
const retryMs = 500;

export interface LaneDeps extends TurnDeps {
  readonly largeBodies: LargeBodies;
  readonly usage: SourceUsage;
}

export interface Lane extends BackgroundWork {
  /** Gives one turn to the sources that are due, as many as have a place; returns the number of events taken. */
  processBatch(): Promise<number>;
}

/**
 * One lane of the processor: the sources with due events take turns, first the one that used the least time lately.
 * A source has one turn at a time in each lane, so its events keep their order.
 */
export function createLane(deps: LaneDeps, lane: ProcessorLane): Lane {
  const { events, clock, logger, largeBodies, usage } = deps;
  const isUrgentOnly = lane === 'urgent';
  const wish = { limit: maxEvents[lane], leaseMs: deps.leaseMs, isUrgentOnly };
  const running = new Map<string | null, Promise<number>>();
  let isCrowded = false;
  let isStopping = false;

  async function startTurns(): Promise<readonly Promise<number>[]> {
    const due = await events.dueSources({ now: clock.now(), isUrgentOnly });
    const now = clock.now();
    largeBodies.refresh(due, now);
    const waiting = due.filter(
      ({ source }) => !running.has(source) && !largeBodies.keepsWaiting(source, now),
    );
    const places = placesBeside([...running.keys()], lane);
    isCrowded = waiting.length > places.all;
    const called = largeBodies.called(now);
    return chooseTurns(usage.sort(waiting, now), { places, called }).map(startTurn);
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
    return turn;
  }

  async function takeTurn(source: string | null): Promise<number> {
    const lease = await events.lease({ ...wish, now: clock.now(), source });
    if (lease.events.length === 0) return 0;
    const place = largeBodies.enter(source, lease.events, clock.now());
    if (place === null) {
      await events.release(lease.token, lease.events.map(toUnfinished));
      return lease.events.length;
    }
    const startedAt = clock.now().getTime();
    try {
      await runTurn(deps, lease, () => {
        const now = clock.now();
        const isWanted = isCrowded || place.isWanted(now);
        return isStopping || now.getTime() - startedAt >= turnMsIn(place, isWanted);
      });
    } finally {
      const now = clock.now();
      place.leave(now);
      usage.add(source, now.getTime() - startedAt, now);
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

const turnMsIn = ({ size }: BodyPlace, isWanted: boolean): number =>
  isWanted ? sharedTurnMs[size] : maxTurnMs;

const placesBeside = (running: readonly (string | null)[], lane: ProcessorLane) => ({
  all: maxTurns[lane] - running.length,
  unverified: maxUnverifiedTurns[lane] - running.filter(isUnverifiedSource).length,
});

interface FreePlaces {
  readonly places: { readonly all: number; readonly unverified: number };
  /** The source whose large body is next; its place is free. */
  readonly called: string | null | undefined;
}

/** The sources that get a turn now: the called one, then the others in their order. */
export function chooseTurns(
  sorted: readonly DueSource[],
  { places, called }: FreePlaces,
): readonly DueSource[] {
  const isCalled = ({ source }: DueSource): boolean => called !== undefined && source === called;
  const inOrder = [...sorted.filter(isCalled), ...sorted.filter((one) => !isCalled(one))];
  let left = places.unverified;
  const allowed = inOrder.filter(({ source }) => {
    if (!isUnverifiedSource(source)) return true;
    left -= 1;
    return left >= 0;
  });
  return allowed.slice(0, Math.max(0, places.all));
}

const toUnfinished = ({ _id, nextAttemptAt, receivedAt }: Lease['events'][number]) => ({
  eventId: _id,
  dueAt: nextAttemptAt ?? receivedAt,
  progress: null,
});
