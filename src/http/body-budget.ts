import { AppError } from '../platform/errors.ts';

/**
 * The callers that send bodies, each with a share of the memory that no other pool can use, so that anonymous callers
 * starve neither users nor the provider. One sender (a user, a channel, a network) gets a part of its pool; in the pools
 * of webhooks that part is at least the largest body.
 */
const pools = {
  /** Events signed with an app secret of the deployment. Judged by the whole body, so anybody can send them. */
  provider: { share: 3 / 8, sender: 1 / 2 },
  /** Events on the secret address of a channel. */
  channel: { share: 2 / 8, sender: 1 / 2 },
  user: { share: 2 / 8, sender: 1 / 4 },
  anonymous: { share: 1 / 8, sender: 1 / 4 },
} as const;

export type BodyPool = keyof typeof pools;
export const bodyPools = ['provider', 'channel', 'user', 'anonymous'] as const satisfies readonly BodyPool[];

/** Who sends a body. */
export interface BodySender {
  readonly pool: BodyPool;
  /** Identifies the sender within the pool. */
  readonly key: string;
}

/** `full`: the pool or the share of the sender. `slow`: given up for others. */
export type BodyRefusal = 'full' | 'slow';

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

interface Held {
  readonly sender: BodySender;
  readonly startedMs: number;
  bytes: number;
  isComplete: boolean;
  giveUp(): void;
}

/** The bytes that a limit counts, and which bodies it counts. */
interface Account {
  readonly pool: BodyPool;
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
      name: `${pool} ${key}`,
      maxBytes: Math.floor(poolBytes * pools[pool].sender),
      includes: (one) => isOfPool(one) && one.sender.key === key,
    },
    { pool, name: pool, maxBytes: poolBytes, includes: isOfPool },
  ];
}

interface Search {
  readonly account: Account;
  readonly startedBeforeMs: number;
  /** The body that needs the memory. */
  readonly self: Held | undefined;
}

/** Slow bodies of the account with this many bytes in total, oldest first; null if there are too few. */
function findSlow(held: ReadonlySet<Held>, bytes: number, search: Search): readonly Held[] | null {
  const { account, startedBeforeMs, self } = search;
  const found: Held[] = [];
  let missing = bytes;
  for (const one of held) {
    if (missing <= 0 || one.startedMs > startedBeforeMs) break;
    if (one === self || one.isComplete || one.bytes === 0 || !account.includes(one)) continue;
    found.push(one);
    missing -= one.bytes;
  }
  return missing <= 0 ? found : null;
}

const overloaded = (detail: string): AppError => new AppError('overloaded', detail, { retryAfterSeconds });

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

  /** The bodies to give up before `bytes` more fit; throws if that would not be enough. */
  function victimsFor(account: Account, bytes: number, self?: Held): readonly Held[] {
    const excess = (totals.get(account.name) ?? 0) + bytes - account.maxBytes;
    const startedBeforeMs = nowMs() - slowAfterMs;
    const victims = findSlow(held, excess, { account, startedBeforeMs, self });
    if (victims !== null) return victims;
    observer?.refused(account.pool, 'full');
    throw overloaded('More bodies are arriving than this process can keep.');
  }

  function grow(one: Held, bytes: number): void {
    for (const account of accountsOf(one.sender, maxBytes))
      for (const victim of victimsFor(account, bytes, one)) victim.giveUp();
    one.bytes += bytes;
    add(one.sender, bytes);
  }

  function release(one: Held): void {
    if (held.delete(one)) add(one.sender, -one.bytes);
  }

  function giveUp(one: Held, onGivenUp: HoldRequest['onGivenUp']): void {
    release(one);
    observer?.refused(one.sender.pool, 'slow');
    onGivenUp(overloaded('The body arrived too slowly while others needed the memory.'));
  }

  return {
    hold({ sender, declaredBytes, onGivenUp }) {
      for (const account of accountsOf(sender, maxBytes)) victimsFor(account, declaredBytes);
      const one: Held = {
        sender,
        startedMs: nowMs(),
        bytes: 0,
        isComplete: false,
        giveUp: () => giveUp(one, onGivenUp),
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
