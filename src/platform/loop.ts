import { sleep } from './clock.ts';
import type { Logger } from './logger.ts';

export interface LoopOptions {
  readonly name: string;
  /** One round of work; answers whether more may be waiting, in which case the next round follows at once. */
  readonly step: () => Promise<'more' | 'idle'>;
  /** The wait after an idle round, which doubles up to `longestIdleMs` while nothing happens. */
  readonly idleMs: number;
  readonly longestIdleMs: number;
  readonly logger: Logger;
}

export interface Loop {
  /** Resolves when the round under way is over; no other begins. */
  stop(): Promise<void>;
}

/** Runs a step again and again until it is stopped. A failed round is logged and tried again after the longest wait. */
export function startLoop({ name, step, idleMs, longestIdleMs, logger }: LoopOptions): Loop {
  const stopping = new AbortController();
  async function run(): Promise<void> {
    let waitMs = idleMs;
    while (!stopping.signal.aborted) {
      try {
        const result = await step();
        if (result === 'more') {
          waitMs = idleMs;
          continue;
        }
      } catch (error) {
        logger.error({ loop: name, error }, 'a round failed; it is tried again');
        waitMs = longestIdleMs;
      }
      await sleep(waitMs, stopping.signal);
      waitMs = Math.min(waitMs * 2, longestIdleMs);
    }
  }
  const ended = run();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
