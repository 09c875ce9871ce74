import { AppError } from '../platform/errors.ts';
import { type BodyPool, type BodySender, pools } from './body-pools.ts';
import { findGreedy, findSlow, type Held, type Victim } from './body-victims.ts';

/**
 * `full`: the pool or the share of the sender. `slow`: given up for others after `slowAfterMs`. `greedy`: given up for a
 * sender that keeps less.
 */
export type BodyRefusal = 'full' | Victim['reason'];

/** Counts bodies for the metrics. */
export interface BodyObserver {
  held(pool: BodyPool, bytes: number): void;
  refused(pool: BodyPool, reason: BodyRefusal): void;
}

/** The memory of one body. */
export interface BodyHold {
  /** Reserves more; throws `overloaded` if there is no room. */
  grow(bytes: number): void;
  /** The whole body has arrived: it is no longer given up for others. */
  complete(): void;
  /** Gives all of it back. May be called twice. */
  release(): void;
}

interface HoldRequest {
  readonly sender: BodySender;
  /** The `Content-Length`; 0 if unknown. */
  readonly declaredBytes: number;
  /** Must drop the body: its memory now belongs to others. */
  readonly onGivenUp: (refusal: AppError) => void;
}

export interface BodyBudget {
  /** Begins a body; throws `overloaded` if its declared size has no room. Nothing is reserved yet. */
  hold(request: HoldRequest): BodyHold;
}

export interface BodyBudgetOptions {
  /** The bytes of all bodies that a process keeps at once. */
  readonly maxBytes: number;
  readonly nowMs: () => number;
  readonly observer?: BodyObserver;
}

/** A body that takes longer is given up, oldest first, when its pool is full. The provider takes far less. */
export const slowAfterMs = 2_000;

const retryAfterSeconds = 5;

/** The bytes that a limit counts, and which bodies it counts. */
interface Account {
  readonly pool: BodyPool;
  readonly isWholePool: boolean;
  readonly name: string;
  readonly maxBytes: number;
  includes(one: Held): boolean;
}

function accountsOf({ pool, key }: BodySender, maxBytes: number): readonly Account[] {
  const poolBytes = Math.floor(maxBytes * pools[pool].share);
  const isOfPool = (one: Held): boolean => one.sender.pool === pool;
  return [
    {
      pool,
      isWholePool: false,
      name: nameOf({ pool, key }),
      maxBytes: Math.floor(poolBytes * pools[pool].sender),
      includes: (one) => isOfPool(one) && one.sender.key === key,
    },
    { pool, isWholePool: true, name: pool, maxBytes: poolBytes, includes: isOfPool },
  ];
}

const nameOf = ({ pool, key }: BodySender): string => `${pool} ${key}`;

const overloaded = (detail: string): AppError => new AppError('overloaded', detail, { retryAfterSeconds });

/** What a sender wants to keep in addition. */
interface Growth {
  readonly sender: BodySender;
  readonly bytes: number;
  /** The body that grows; none if it has only been announced. */
  readonly self?: Held;
}

/** Bounds the bytes of all bodies that are being received or handled. */
export function createBodyBudget({ maxBytes, nowMs, observer }: BodyBudgetOptions): BodyBudget {
  /** In order of their start. */
  const held = new Set<Held>();
  const totals = new Map<string, number>();

  function add(sender: BodySender, bytes: number): void {
    for (const { name } of accountsOf(sender, maxBytes)) {
      const total = (totals.get(name) ?? 0) + bytes;
      if (total === 0) totals.delete(name);
      else totals.set(name, total);
    }
    observer?.held(sender.pool, totals.get(sender.pool) ?? 0);
  }

  /** The bodies to give up before the sender has `bytes` more; throws if that would not be enough. */
  function victimsFor(account: Account, { sender, bytes, self }: Growth): readonly Victim[] {
    const excess = (totals.get(account.name) ?? 0) + bytes - account.maxBytes;
    if (excess <= 0) return [];
    const isCounted = (one: Held): boolean => one !== self && account.includes(one);
    const slow = findSlow(held, excess, { isCounted, startedBeforeMs: nowMs() - slowAfterMs });
    if (slow !== null) return slow;
    const kept = totals.get(nameOf(sender)) ?? 0;
    const greedy = account.isWholePool ? findGreedy(held, excess, { ...sender, bytes: kept + bytes }) : null;
    if (greedy !== null) return greedy;
    observer?.refused(account.pool, 'full');
    throw overloaded('More bodies are arriving than this process can keep.');
  }

  function grow(one: Held, bytes: number): void {
    for (const account of accountsOf(one.sender, maxBytes)) {
      const victims = victimsFor(account, { sender: one.sender, bytes, self: one });
      for (const { body, reason } of victims) body.giveUp(reason);
    }
    one.bytes += bytes;
    add(one.sender, bytes);
  }

  function release(one: Held): void {
    if (held.delete(one)) add(one.sender, -one.bytes);
  }

  function giveUp(one: Held, reason: Victim['reason'], onGivenUp: HoldRequest['onGivenUp']): void {
    release(one);
    observer?.refused(one.sender.pool, reason);
    onGivenUp(overloaded('The body arrived too slowly while others needed the memory.'));
  }

  return {
    hold({ sender, declaredBytes, onGivenUp }) {
      for (const account of accountsOf(sender, maxBytes))
        victimsFor(account, { sender, bytes: declaredBytes });
      const one: Held = {
        sender,
        startedMs: nowMs(),
        bytes: 0,
        isComplete: false,
        giveUp: (reason) => giveUp(one, reason, onGivenUp),
      };
      held.add(one);
      return {
        grow: (bytes) => grow(one, bytes),
        complete() {
          one.isComplete = true;
        },
        release: () => release(one),
      };
    },
  };
}
