/** A caller that waits. The lower priority number goes first; equal ones keep their order of arrival. */
export interface WaitRequest<T> {
  readonly priority: number;
  readonly isBulk?: boolean;
  readonly maxWaitMs: number;
  readonly signal?: AbortSignal;
  /** The caller's result after `maxWaitMs`. */
  readonly onTimeout: () => T;
}

interface Member<T> {
  readonly priority: number;
  readonly isBulk: boolean;
  settle(result: T): void;
}

/**
 * A priority queue whose members leave when their wait times out or their signal aborts. Its length is bounded by the
 * worker's number of concurrent dispatches.
 */
export function createWaitingLine<T>() {
  const members: Member<T>[] = [];

  const placeOf = (priority: number): number =>
    members.findLastIndex((member) => member.priority <= priority) + 1;

  return {
    length: (): number => members.length,

    /** The member served next. */
    first: (): Pick<Member<T>, 'isBulk'> | null => members[0] ?? null,

    /** Number of members served before a newcomer of this priority. */
    ahead: placeOf,

    /** Resolves with what `serveFirst` gives; rejects with the signal's reason. */
    join: ({ priority, isBulk = false, maxWaitMs, signal, onTimeout }: WaitRequest<T>): Promise<T> =>
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
        const timer = setTimeout(() => member.settle(onTimeout()), maxWaitMs);
        signal?.addEventListener('abort', abort, { once: true });
        members.splice(placeOf(priority), 0, member);
      }),

    serveFirst: (result: T): void => members[0]?.settle(result),
  };
}
