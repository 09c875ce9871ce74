import type { mongo } from 'mongoose';
import { sleep } from './clock.ts';
import type { Logger } from './logger.ts';

interface ChangeWatchOptions {
  /** For the log. */
  readonly name: string;
  open(): mongo.ChangeStream;
  onChange(change: mongo.ChangeStreamDocument): void;
  /** Called after each opening: changes may have passed unseen before it. */
  onOpen(): void;
  readonly logger: Pick<Logger, 'warn'>;
}

export interface ChangeWatch {
  stop(): Promise<void>;
}

const firstWaitMs = 1_000;
const maxWaitMs = 30_000;

/**
 * Follows a change stream, and opens a new one when it ends or fails. It only wakes loops that also poll, so it needs no
 * position: what it misses, the next poll finds.
 */
export function watchChanges({ name, open, onChange, onOpen, logger }: ChangeWatchOptions): ChangeWatch {
  const stopping = new AbortController();
  let stream: mongo.ChangeStream | undefined;
  async function follow(): Promise<void> {
    let waitMs = firstWaitMs;
    while (!stopping.signal.aborted) {
      try {
        stream = open();
        onOpen();
        for await (const change of stream) {
          waitMs = firstWaitMs;
          onChange(change);
        }
      } catch (error) {
        if (!isStopped())
          logger.warn({ watch: name, error }, 'change stream failed; polling until it is open again');
      } finally {
        await stream?.close();
      }
      await sleep(waitMs, stopping.signal);
      waitMs = Math.min(waitMs * 2, maxWaitMs);
    }
  }
  const isStopped = (): boolean => stopping.signal.aborted;
  const ended = follow();
  return {
    async stop() {
      stopping.abort();
      await stream?.close();
      await ended;
    },
  };
}
