/** Who waits: the lower priority number goes first, and among equals who came first. */
export interface WaitAsk<T> {
  readonly priority: number;
  readonly isBulk?: boolean;
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
  /** What the caller gets when its patience is at an end. */
  readonly onImpatient: () => T;
}

interface Member<T> {
  readonly priority: number;
  readonly isBulk: boolean;
  settle(result: T): void;
}

/**
 * A queue by priority whose members leave when their patience ends or their signal aborts. It is as long as there are
 * callers who wait at the same time, which the worker bounds by its number of dispatches.
 */
export function createWaitingLine<T>() {
  const members: Member<T>[] = [];

  const placeOf = (priority: number): number =>
    members.findLastIndex((member) => member.priority <= priority) + 1;

  return {
    length: (): number => members.length,

    /** Who is served next. */
    first: (): Pick<Member<T>, 'isBulk'> | null => members[0] ?? null,

    /** How many would be served before a newcomer of this priority. */
    ahead: placeOf,

    /** Resolves with what `serveFirst` gives; rejects with the signal's reason. */
    join: ({ priority, isBulk = false, patienceMs, signal, onImpatient }: WaitAsk<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        const leave = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          const index = members.indexOf(member);
          if (index !== -1) members.splice(index, 1);
        };
        const member = {
          priority,
          isBulk,
          settle(result: T) {
            leave();
            resolve(result);
          },
        };
        const abort = () => {
          leave();
          reject(signal?.reason as Error);
        };
        const timer = setTimeout(() => member.settle(onImpatient()), patienceMs);
        signal?.addEventListener('abort', abort, { once: true });
        members.splice(placeOf(priority), 0, member);
      }),

    serveFirst: (result: T): void => members[0]?.settle(result),
  };
}
