import { createPace } from './pace.ts';
import { createPermitStock } from './permit-stock.ts';
import { createShareKeeper, type ShareKeeperOptions } from './share-keeper.ts';
import { createWaitingLine } from './waiting-line.ts';

/** The right to make one call to the provider now. */
export interface Permit {
  readonly kind: 'permit';
  /**
   * Check right before the call. False: more time has passed since the permit was granted than its lease allows (the
   * process or the database stalled). Then call `done` and do not call the provider.
   */
  stillHolds(): boolean;
  /** Ends the permit after the answer, or when none will come. Required unless `giveBack` was called; idempotent. */
  done(): void;
  /** Returns an unused permit, so that another caller may have it at once. */
  giveBack(): void;
}

export interface Busy {
  readonly kind: 'busy';
  readonly retryAfterMs: number;
}

export interface PermitRequest {
  /** The lower number goes first. */
  readonly priority: number;
  /** Bulk messages, which nobody waits for, leave evenly spread over time. */
  readonly isBulk?: boolean;
  /** The longest wait; answers `busy` at once if the queue is longer than that. */
  readonly maxWaitMs: number;
  readonly signal?: AbortSignal;
}

export interface TurnstileOptions extends ShareKeeperOptions {
  /** Calls per second by the channel's settings. */
  readonly perSecond: number;
  /** Called when the share was returned and no caller waits. */
  readonly onIdle: () => void;
}

export type Turnstile = ReturnType<typeof createTurnstile>;

const minRetryMs = 250;

const busyFor = (waitMs: number | null): Busy => ({
  kind: 'busy',
  retryAfterMs: Math.ceil(Math.max(waitMs ?? 0, minRetryMs)),
});

/** A permit ends exactly once: used or unused. */
function createPermit(stillHolds: () => boolean, onEnd: (wasUsed: boolean) => void): Permit {
  let isOver = false;
  const end = (wasUsed: boolean) => {
    if (isOver) return;
    isOver = true;
    onEnd(wasUsed);
  };
  return {
    kind: 'permit',
    stillHolds: () => !isOver && stillHolds(),
    done: () => end(true),
    giveBack: () => end(false),
  };
}

/** This process's queue of one channel, and the share of the channel's rate that feeds it. */
export function createTurnstile({ perSecond, onIdle, ...options }: TurnstileOptions) {
  const { monotonicMs } = options;
  const stock = createPermitStock();
  const line = createWaitingLine<Permit | Busy>();
  let limit = perSecond;
  let lastUseMs = monotonicMs();
  let isClosed = false;
  const makePermit = (takenAtMs: number): Permit =>
    createPermit(
      () => stock.stillHolds(monotonicMs()),
      (wasUsed) => {
        lastUseMs = monotonicMs();
        if (wasUsed) stock.answered(lastUseMs, takenAtMs);
        else stock.unused();
        serving.serve();
      },
    );
  const serving = createServing({ stock, line, makePermit, permits: () => limit, monotonicMs });
  const keeper = createShareKeeper(options, {
    stock,
    waiting: line.length,
    limit: () => limit,
    lastUseMs: () => lastUseMs,
    onRenewed: serving.serve,
    onIdle,
  });

  const waitMsAt = (place: number): number | null => stock.waitMs(place, monotonicMs(), limit);

  return {
    /** A permit as soon as one is free, or `busy` if that takes too long. Rejects if the signal aborts. */
    async acquire(limitNow: number, { maxWaitMs, ...ask }: PermitRequest): Promise<Permit | Busy> {
      ask.signal?.throwIfAborted();
      if (isClosed) return busyFor(null);
      if (limitNow !== limit) keeper.renewSoon();
      limit = limitNow;
      lastUseMs = monotonicMs();
      const waitMs = waitMsAt(line.ahead(ask.priority) + 1) ?? 0;
      const onTimeout = () => busyFor(waitMsAt(line.ahead(ask.priority)));
      const answer = waitMs > maxWaitMs ? busyFor(waitMs) : line.join({ ...ask, maxWaitMs, onTimeout });
      serving.serve();
      keeper.use();
      return answer;
    },

    renewSoon: keeper.renewSoon,

    /** Refuses waiting callers and returns unused permits. Permits in use count until the lease ends. */
    async close(): Promise<void> {
      isClosed = true;
      while (line.length() > 0) line.serveFirst(busyFor(null));
      serving.stop();
      await keeper.close();
    },
  };
}

interface ServingOptions {
  readonly stock: ReturnType<typeof createPermitStock>;
  readonly line: ReturnType<typeof createWaitingLine<Permit | Busy>>;
  readonly makePermit: (takenAtMs: number) => Permit;
  /** Permits of the whole channel, used while this process has no share yet. */
  readonly permits: () => number;
  readonly monotonicMs: () => number;
}

/** Hands permits to the line, and sets a timer for the next free one. */
function createServing({ stock, line, makePermit, permits, monotonicMs }: ServingOptions) {
  const pace = createPace();
  let nextTimer: NodeJS.Timeout | undefined;

  /** Serves waiting callers while there are permits and, for bulk, the pace allows. */
  function serve(): void {
    const nowMs = monotonicMs();
    for (let first = line.first(); first !== null; first = line.first()) {
      if (first.isBulk && !pace.isTurn(nowMs)) break;
      if (!stock.take(nowMs)) break;
      if (first.isBulk) pace.took(nowMs, stock.share()?.permits ?? permits());
      line.serveFirst(makePermit(nowMs));
    }
    awaitNext(nowMs);
  }

  /** Schedules the next `serve` for when the first caller's turn and a permit coincide. */
  function awaitNext(nowMs: number): void {
    clearTimeout(nextTimer);
    const first = line.first();
    const freeAtMs = stock.nextFreeAtMs(nowMs);
    if (first === null || freeAtMs === null) return;
    const turnAtMs = first.isBulk ? pace.nextAtMs() : nowMs;
    // A timer may fire slightly early: then nothing is free yet, and `serve` sets the next timer.
    nextTimer = setTimeout(serve, Math.max(1, Math.max(turnAtMs, freeAtMs) - nowMs));
  }

  return { serve, stop: () => clearTimeout(nextTimer) };
}
