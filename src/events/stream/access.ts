import type { Actor } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventStream } from './stream.ts';

export interface AccessDeps {
  /** Those of the actors who have lost their access or have another role now. */
  readonly findEnded: (actors: readonly Actor[]) => Promise<ReadonlySet<Actor>>;
  /** The sessions of all clients that have ended since then; null if there are too many to name. */
  readonly findSessionsEnded: (since: Date) => Promise<ReadonlySet<string> | null>;
  readonly clock: Clock;
}

export const heartbeatMs = 15_000;
/** A listener who cannot be checked for this long is sent away. */
const maxUncheckedMs = 30_000;
/** The end of a session is seen this much later than its time says: another process stores it, by another clock. */
const settledMs = 10_000;

/** Ends the streams whose listeners have lost their access. */
export function createAccessCheck(
  { findEnded, findSessionsEnded, clock }: AccessDeps,
  open: ReadonlySet<EventStream>,
) {
  /** Those who must be asked about: they are new, or their user has changed. */
  let doubtful = new Set<Actor>();
  let checkedAtMs = clock.now().getTime();
  let allCheckedAtMs = checkedAtMs;

  async function findDoubtful(doubted: ReadonlySet<Actor>): Promise<readonly EventStream[]> {
    if (open.size === 0) return [];
    const ended = await findSessionsEnded(new Date(checkedAtMs - settledMs));
    // An operator's access is no session.
    const isDoubtful = ({ actor }: EventStream): boolean =>
      doubted.has(actor) ||
      actor.operatorAccessId !== undefined ||
      ended === null ||
      ended.has(actor.sessionId);
    return [...open].filter(isDoubtful);
  }

  return {
    /** The next check asks about this listener. */
    doubt: (actor: Actor): void => void doubtful.add(actor),

    /** Asks about those who may have lost their access, and about everybody at each heartbeat. */
    async check(nowMs: number): Promise<void> {
      const doubted = doubtful;
      doubtful = new Set();
      try {
        const isForAll = nowMs - allCheckedAtMs >= heartbeatMs;
        const checked = isForAll ? [...open] : await findDoubtful(doubted);
        const lost = checked.length === 0 ? new Set() : await findEnded(checked.map(({ actor }) => actor));
        checkedAtMs = nowMs;
        if (isForAll) allCheckedAtMs = nowMs;
        for (const stream of checked) if (lost.has(stream.actor)) stream.end('closed');
      } catch (error) {
        doubtful = new Set([...doubtful, ...doubted]);
        if (nowMs - checkedAtMs > maxUncheckedMs) for (const stream of open) stream.end('closed');
        throw error;
      }
    },
  };
}
