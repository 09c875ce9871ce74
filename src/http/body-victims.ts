import type { BodySender } from './body-pools.ts';

/** Why a body was given up for others. */
export const victimReasons = ['slow', 'greedy'] as const;

/** A body that is being received or handled. */
export interface Held {
  readonly sender: BodySender;
  readonly startedMs: number;
  bytes: number;
  /** The whole body has arrived: it is never given up. */
  isComplete: boolean;
  giveUp(reason: Victim['reason']): void;
}

/** A body to give up, so that others get its memory. */
export interface Victim {
  readonly body: Held;
  readonly reason: (typeof victimReasons)[number];
}

interface SlowSearch {
  readonly isCounted: (one: Held) => boolean;
  readonly startedBeforeMs: number;
}

const canGiveUp = ({ isComplete, bytes }: Held): boolean => !isComplete && bytes > 0;

/** Slow bodies with this many bytes in total, oldest first; null if there are too few. `held` is in order of the start. */
export function findSlow(
  held: ReadonlySet<Held>,
  bytes: number,
  { isCounted, startedBeforeMs }: SlowSearch,
): readonly Victim[] | null {
  const found: Victim[] = [];
  let missing = bytes;
  for (const body of held) {
    if (missing <= 0 || body.startedMs > startedBeforeMs) break;
    if (!canGiveUp(body) || !isCounted(body)) continue;
    found.push({ body, reason: 'slow' });
    missing -= body.bytes;
  }
  return missing <= 0 ? found : null;
}

interface Newcomer extends BodySender {
  /** What the sender would keep with the new bytes. */
  readonly bytes: number;
}

/**
 * Unfinished bodies of the pool with this many bytes in total, each the oldest of the sender that keeps the most by then;
 * null if they are not enough without making the newcomer the one that keeps the most.
 */
export function findGreedy(
  held: ReadonlySet<Held>,
  bytes: number,
  newcomer: Newcomer,
): readonly Victim[] | null {
  const others = sharesOf(held, newcomer);
  const found: Victim[] = [];
  let missing = bytes;
  while (missing > 0) {
    const greediest = others
      .filter(({ unfinished, bytes: kept }) => unfinished.length > 0 && kept > newcomer.bytes)
      .reduce<Share | undefined>(
        (most, one) => (most === undefined || one.bytes > most.bytes ? one : most),
        undefined,
      );
    const body = greediest?.unfinished.shift();
    if (greediest === undefined || body === undefined) return null;
    greediest.bytes -= body.bytes;
    missing -= body.bytes;
    found.push({ body, reason: 'greedy' });
  }
  return found;
}

interface Share {
  bytes: number;
  /** Oldest first. */
  readonly unfinished: Held[];
}

/** What the other senders of the newcomer's pool keep. */
function sharesOf(held: ReadonlySet<Held>, { pool, key }: BodySender): readonly Share[] {
  const shares = new Map<string, Share>();
  for (const body of held) {
    if (body.sender.pool !== pool || body.sender.key === key) continue;
    const share = shares.get(body.sender.key) ?? { bytes: 0, unfinished: [] };
    shares.set(body.sender.key, share);
    share.bytes += body.bytes;
    if (canGiveUp(body)) share.unfinished.push(body);
  }
  return [...shares.values()];
}
