import { setTimeout as sleep } from 'node:timers/promises';

interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Asks again and again until the probe answers something other than undefined or false; errors of the probe count
 * as "not yet". Fails with the description and what was seen last.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 15_000, everyMs = 50 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
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
      throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: lastError });
    }
    await sleep(everyMs);
  }
}
