import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from '../../scripts/test/patience.ts';

interface WaitOptions {
  /** On an idle machine; a busy one gets `patience` times as long. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Repeats the probe until it returns something other than undefined or false; an error of the probe counts as "not
 * yet". Fails with the description and the last error.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 15_000, everyMs = 50 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs * patience;
  let lastError: unknown;
  for (;;) {
    try {
      lastError = undefined;
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${(timeoutMs * patience) / 1000} s: ${what}`, { cause: lastError });
    }
    await sleep(everyMs);
  }
}
