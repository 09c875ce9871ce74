import { sleep } from '../../platform/clock.ts';
import { createFairQueue } from '../../platform/fair-queue.ts';

/** Not reached: uploads and fetches have smaller bounds of their own. */
const maxWaiting = 200;

export interface Turn<Result> {
  readonly clientId: string;
  readonly job: () => Promise<Result>;
  /** Missing: waits until its turn comes. */
  readonly maxWaitMs?: number | undefined;
}

/** Runs one job at a time. Clients take turns, so that one with many delays another by one. */
export function createPictureTurns() {
  const queue = createFairQueue({
    ...{ maxRunning: 1, maxWaiting, maxPerKey: maxWaiting },
    refusal: () => new Error('Too many pictures wait for their thumbnails.'),
  });

  /** Null if the turn does not come in time: the job is not run then. A job that has begun is waited for. */
  return async function take<Result>({ clientId, job, maxWaitMs }: Turn<Result>): Promise<Result | null> {
    let state: 'waiting' | 'begun' | 'given-up' = 'waiting';
    const done = queue.run(clientId, async () => {
      if (state === 'given-up') return null;
      state = 'begun';
      return job();
    });
    if (maxWaitMs === undefined) return done;
    const end = new AbortController();
    const late = sleep(maxWaitMs, end.signal).then(() => {
      if (state === 'begun') return done;
      state = 'given-up';
      return null;
    });
    try {
      return await Promise.race([done, late]);
    } finally {
      end.abort();
    }
  };
}
