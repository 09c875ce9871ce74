import { sleep } from './clock.ts';
import type { Logger } from './logger.ts';

interface DatabaseWaitOptions {
  /** Throws while the database is away or lacks migrations of this version. */
  readonly assertFits: () => Promise<void>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly minWaitMs?: number;
  readonly maxWaitMs?: number;
}

export interface DatabaseWait {
  /** `assertFits`; the first success opens the process for work. */
  check(): Promise<void>;
  /** Whether the database has fitted. Later failures do not close the process again: its requests report them. */
  isOpen(): boolean;
  /** Resolves to true once the database fits, to false if `stop` came first. */
  readonly opened: Promise<boolean>;
  stop(): void;
}

/**
 * Holds a process back from work until the database fits its version. It asks once before it returns; then it asks again
 * and again, with growing pauses, because both a start of everything at once and a restart after an outage need no order.
 */
export async function createDatabaseWait({
  assertFits,
  logger,
  minWaitMs = 500,
  maxWaitMs = 5_000,
}: DatabaseWaitOptions): Promise<DatabaseWait> {
  const stopping = new AbortController();
  let isOpen = false;
  let settle: (value: boolean) => void = () => undefined;
  const opened = new Promise<boolean>((resolve) => (settle = resolve));
  stopping.signal.addEventListener('abort', () => settle(false), { once: true });

  let lastCause = '';
  const check = async (): Promise<void> => {
    await assertFits();
    if (isOpen || stopping.signal.aborted) return;
    isOpen = true;
    if (lastCause !== '') logger.info({}, 'the database fits');
    settle(true);
  };

  const tryOnce = async (): Promise<void> => {
    try {
      await check();
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (cause !== lastCause) logger.warn({ error }, 'waiting for the database');
      lastCause = cause;
    }
  };
  const keepTrying = async (): Promise<void> => {
    let waitMs = minWaitMs;
    while (!isOpen && !stopping.signal.aborted) {
      await sleep(waitMs, stopping.signal);
      waitMs = Math.min(waitMs * 2, maxWaitMs);
      if (!isOpen && !stopping.signal.aborted) await tryOnce();
    }
  };

  await tryOnce();
  if (!isOpen) void keepTrying();
  return { check, isOpen: () => isOpen, opened, stop: () => stopping.abort() };
}
