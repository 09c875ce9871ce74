import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { maxCounted } from '../platform/metrics.ts';
import type { DeadLetterRepository } from './dead-letter-repository.ts';

/** Operators are warned this long before a dead letter is deleted. */
export const warnBeforeMs = 48 * 60 * 60 * 1_000;

interface KeepingDeps {
  readonly deadLetters: Pick<DeadLetterRepository, 'keepFor' | 'countExpiring'>;
  readonly keptMs: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Gives every dead letter its end by the current setting, and warns before the first of them ends. */
export const createDeadLetterKeeping =
  ({ deadLetters, keptMs, clock, logger }: KeepingDeps) =>
  async (): Promise<void> => {
    const now = clock.now();
    await deadLetters.keepFor(keptMs, now);
    const count = await deadLetters.countExpiring(new Date(now.getTime() + warnBeforeMs), maxCounted);
    if (count > 0) logger.warn({ count }, 'dead letters expire within two days; see npm run dead-letters');
  };
