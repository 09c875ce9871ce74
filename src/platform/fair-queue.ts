export interface FairQueueOptions {
  readonly maxRunning: number;
  /** Of all keys together. */
  readonly maxWaiting: number;
  /** Of one key, running or waiting. */
  readonly maxPerKey: number;
  /** The error of a job that is refused: its key has too many, or all keys together have. */
  readonly refusal: (reason: QueueRefusal) => Error;
}

export type QueueRefusal = 'key' | 'all';

export interface FairQueue {
  /** Runs the job when it is its turn; throws the refusal if it has no place. */
  run<Result>(key: string, job: () => Promise<Result>): Promise<Result>;
}

interface Waiting {
  start(): void;
  refuse(error: Error): void;
}

/**
 * Runs jobs of many callers, a few at a time. Keys take turns, so one with a long queue delays another by one job. When
 * the queue is full, a key that has fewer waiting jobs takes the place of the last job of the one that has the most.
 */
export function createFairQueue({ maxRunning, maxWaiting, maxPerKey, refusal }: FairQueueOptions): FairQueue {
  /** In the order of their turns; no list is empty. */
  const waiting = new Map<string, Waiting[]>();
  const held = new Map<string, number>();
  let [runningCount, waitingCount] = [0, 0];

  function startNext(): void {
    const [next] = waiting;
    if (next === undefined || runningCount >= maxRunning) return;
    const [key, [first, ...rest]] = next;
    waiting.delete(key);
    if (rest.length > 0) waiting.set(key, rest);
    waitingCount -= 1;
    first?.start();
  }

  /** Makes room by refusing the last job of the key that has the most; false if that is not more than `count`. */
  function displace(count: number): boolean {
    const [greediest] = [...waiting].toSorted(([, a], [, b]) => b.length - a.length);
    if (greediest === undefined || greediest[1].length <= count) return false;
    const last = greediest[1].pop();
    waitingCount -= 1;
    last?.refuse(refusal('key'));
    return true;
  }

  function enqueue(key: string, job: Waiting): void {
    const own = waiting.get(key) ?? [];
    if (waitingCount >= maxWaiting && !displace(own.length + 1)) throw refusal('all');
    waiting.set(key, [...own, job]);
    waitingCount += 1;
  }

  function changeHeld(key: string, by: 1 | -1): void {
    const count = (held.get(key) ?? 0) + by;
    if (count === 0) held.delete(key);
    else held.set(key, count);
  }

  async function run<Result>(key: string, job: () => Promise<Result>): Promise<Result> {
    if ((held.get(key) ?? 0) >= maxPerKey) throw refusal('key');
    changeHeld(key, 1);
    try {
      if (runningCount >= maxRunning) {
        await new Promise<void>((resolve, reject) => {
          enqueue(key, {
            start() {
              runningCount += 1;
              resolve();
            },
            refuse: reject,
          });
        });
      } else runningCount += 1;
      try {
        return await job();
      } finally {
        runningCount -= 1;
        startNext();
      }
    } finally {
      changeHeld(key, -1);
    }
  }

  return { run };
}
