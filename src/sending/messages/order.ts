import type { GateName } from '../../openings/contract.ts';

/** An unfinished answer of the same conversation that was accepted earlier and has not been overtaken. */
export interface EarlierReply {
  readonly id: string;
  /** The gate at which it waits; null in the queue and in a call. */
  readonly gate: GateName | null;
}

/** For whom a reply waits, and since when. */
export interface TurnWait {
  readonly since: Date;
  /** The first unfinished one before it. */
  readonly head: string;
  readonly headSince: Date;
  /** When it last looked. */
  readonly seenAt: Date;
}

export interface TurnVerdict {
  /** Null: it is its turn. */
  readonly wait: TurnWait | null;
  /** When to look again. */
  readonly delayMs: number;
  /** For these nobody waits any longer. */
  readonly overtaken: readonly string[];
}

/**
 * An earlier answer that has not left after this long no longer holds the later ones. Longer than the sweep needs to find
 * one without a workflow (90 s).
 */
export const maxHeadWaitMs = 120_000;
/** A reply waits for its turn at most this long, however many earlier ones are stuck one after another. */
export const maxTurnWaitMs = 600_000;
/** Without a look for this long no worker was there, for the earlier ones neither: the time does not count. */
export const maxUnseenMs = 10_000;

const minDelayMs = 150;
const maxDelayMs = 5_000;
/** The next look comes after this part of the time that the head has taken. */
const backoff = 4;

/** These gates hold the later answers as well, so overtaking gains nothing. */
const sharedGates: ReadonlySet<GateName | null> = new Set(['channel', 'rate', 'pair', 'portfolio']);

/**
 * Whether it is the turn of a reply. `earlier` in the order of acceptance; `last` is what the reply stored at its last
 * look, null if it has done something else since.
 */
export function decideTurn(earlier: readonly EarlierReply[], last: TurnWait | null, now: Date): TurnVerdict {
  const nowMs = now.getTime();
  const isContinued = last !== null && nowMs - last.seenAt.getTime() <= maxUnseenMs;
  const since = isContinued ? last.since : now;
  if (nowMs - since.getTime() >= maxTurnWaitMs) return yours(earlier.map(({ id }) => id));
  const [head, ...others] = earlier;
  if (head === undefined) return yours([]);
  const headSince = isContinued && last.head === head.id ? last.headSince : now;
  const headMs = nowMs - headSince.getTime();
  const isStuck = headMs >= maxHeadWaitMs && !sharedGates.has(head.gate);
  if (!isStuck) {
    const wait = { since, head: head.id, headSince, seenAt: now };
    return { wait, delayMs: delayOf(earlier.length, headMs), overtaken: [] };
  }
  const [next] = others;
  if (next === undefined) return yours([head.id]);
  const wait = { since, head: next.id, headSince: now, seenAt: now };
  return { wait, delayMs: delayOf(others.length, 0), overtaken: [head.id] };
}

const yours = (overtaken: readonly string[]): TurnVerdict => ({ wait: null, delayMs: 0, overtaken });

/** Soon for the next in line, later for those behind it and while the head takes long. */
const delayOf = (ahead: number, headMs: number): number =>
  Math.min(maxDelayMs, Math.max(minDelayMs * ahead, headMs / backoff, minDelayMs));
