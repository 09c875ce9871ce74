import type { Types } from 'mongoose';
import { sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { PermitStock } from './permit-stock.ts';
import type { ChannelRateRepository } from './repository.ts';
import { leaseMs, wantedShare } from './rules.ts';

export interface ShareKeeperOptions {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  /** Identifies this process among those that share the channel. */
  readonly holder: string;
  readonly rates: Pick<ChannelRateRepository, 'renew'>;
  readonly logger: Logger;
  /** A monotonic clock, in milliseconds. */
  readonly monotonicMs: () => number;
}

/** The permit queue that the keeper serves. */
export interface ShareUser {
  readonly stock: PermitStock;
  /** Number of callers waiting for a permit. */
  readonly waiting: () => number;
  /** Calls per second by the channel's settings. */
  readonly limit: () => number;
  /** When a permit was last requested or used, by the monotonic clock. */
  readonly lastUseMs: () => number;
  /** Called after a renewal: there may be more permits. */
  readonly onRenewed: () => void;
  /** Called when the share was returned and no caller waits. */
  readonly onIdle: () => void;
}

const pause = { settledMs: 1_000, unsettledMs: 250, minMs: 100 } as const;
/** Time after which an unused share is returned. */
const idleMs = 2_000;

const failedRenewal = 'share of the channel rate not renewed: sending stops when the lease ends';

/** Keeps this process's share of a channel's rate while it is in use, and sized to that use. */
export function createShareKeeper(options: ShareKeeperOptions, user: ShareUser) {
  const { scope, channelId, holder, rates, logger, monotonicMs } = options;
  const { stock, waiting, limit } = user;
  const closing = new AbortController();
  let nap = new AbortController();
  let lastWanted = 0;
  let isFailing = false;
  let keeping: Promise<void> | null = null;

  const wanted = (): number => wantedShare(limit(), stock.held(monotonicMs()) + waiting());

  /** Whether the last request was granted in full and more is wanted by now. */
  const hasOutgrown = (): boolean =>
    waiting() > 0 && (stock.share()?.permits ?? 0) >= lastWanted && wanted() > lastWanted;

  async function renew(): Promise<void> {
    const nowMs = monotonicMs();
    const ask = { holder, limit: limit(), keeps: stock.keeps(nowMs), wanted: lastWanted };
    try {
      stock.renew(await rates.renew(scope, channelId, ask), nowMs, leaseMs);
      isFailing = false;
    } catch (error) {
      // The write may or may not have happened. The reported `keeps` covers all permits handed out meanwhile.
      if (!isFailing) logger.warn({ error, channelId }, failedRenewal);
      isFailing = true;
    }
  }

  function isIdle(): boolean {
    const nowMs = monotonicMs();
    return waiting() === 0 && stock.held(nowMs) === 0 && nowMs - user.lastUseMs() >= idleMs;
  }

  async function rest(): Promise<void> {
    await sleep(pause.minMs, closing.signal);
    if (hasOutgrown()) return;
    const share = stock.share();
    const isSettled = share !== null && share.permits === share.target;
    await sleep((isSettled ? pause.settledMs : pause.unsettledMs) - pause.minMs, nap.signal);
    nap = new AbortController();
  }

  async function keep(): Promise<void> {
    while (!closing.signal.aborted && !isIdle()) {
      lastWanted = wanted();
      await renew();
      user.onRenewed();
      await rest();
    }
    // Permits still in use stay in the record until the lease ends.
    stock.drop();
    lastWanted = 0;
    await renew();
    stock.drop();
    keeping = null;
    if (closing.signal.aborted) return;
    if (waiting() > 0) start();
    else user.onIdle();
  }

  function start(): void {
    keeping ??= keep();
  }

  return {
    /** Call when permits are needed: gets a share if there is none, and soon a larger one if it is too small. */
    use(): void {
      start();
      if (hasOutgrown()) nap.abort();
    },

    /** Renews soon, because the rate changed. */
    renewSoon: (): void => nap.abort(),

    async close(): Promise<void> {
      closing.abort();
      nap.abort();
      await keeping;
    },
  };
}
