import { type Clock, systemClock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';

interface CheckResult {
  readonly check: { readonly name: string };
  readonly state: 'ok' | 'failed' | 'unknown';
  readonly error?: unknown;
}

/** So long a process that was never ready is only starting. */
const startMs = 10_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Logs what changes between two looks at the checks: probes come every few seconds, and many times a second at a start. A
 * failure during the start is information, and a warning if it lasts.
 */
export function createReadinessLog(logger: Pick<Logger, 'info' | 'warn'>, clock: Clock = systemClock) {
  const startedAt = clock.now().getTime();
  const failing = new Map<string, { readonly cause: string; readonly level: 'info' | 'warn' }>();
  let wasReady = false;

  const noteFailure = (check: string, error: unknown): void => {
    const isStarting = !wasReady && clock.now().getTime() - startedAt < startMs;
    const level = isStarting ? 'info' : 'warn';
    const cause = messageOf(error);
    const known = failing.get(check);
    failing.set(check, { cause, level });
    if (known?.cause === cause && known.level === level) return;
    logger[level]({ check, error }, isStarting ? 'not ready yet' : 'readiness check failed');
  };

  return (results: readonly CheckResult[]): void => {
    for (const { check, state, error } of results) {
      if (state === 'failed') noteFailure(check.name, error);
      if (state === 'ok' && failing.delete(check.name))
        logger.info({ check: check.name }, 'readiness check passes');
    }
    if (results.every(({ state }) => state === 'ok')) wasReady = true;
  };
}
